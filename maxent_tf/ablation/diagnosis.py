"""Columns that say why learners are stuck: when and to what they committed, and what alpha did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from maxent_tf.ablation.history import first_steps, held
from maxent_tf.ablation.result import Ablation
from maxent_tf.ablation.table import Cell, table
from maxent_tf.checks import number


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """The columns of `diagnose`. Printing a diagnosis prints its table.

    Attributes:
      rows: A dict for each setting, whose entries `diagnose` describes.
      committed_below: The entropy, in nats, below which a policy counted as committed.
    """

    rows: list[dict[str, Any]]
    committed_below: float

    def __repr__(self) -> str:
        """Returns the table."""
        columns: dict[str, Cell] = {
            "alpha": "{alpha}",
            f"committed (entropy below {self.committed_below:.3g})": "{committed:.2f}",
            "at step": lambda row: _known(row["commitment_steps"], ",.0f"),
            "return then": lambda row: _known(row["return_then"]),
            "return at the end": lambda row: _known(row["return_at_end"]),
            "alpha at low bound": "{at_low_bound:.2f}",
            "at high bound": "{at_high_bound:.2f}",
        }
        if not all(np.isnan(row["covariance"]) for row in self.rows):
            columns["covariance until commitment"] = lambda row: _known(row["covariance"])
        return table(self.rows, columns)


def diagnose(
    result: Ablation | Mapping[str, np.ndarray], committed_below: float | None = None
) -> Diagnosis:
    r"""Returns, for each setting, when learners committed, to what, and what their alpha could do.

    A learner has *committed* at the first record at which the mean entropy of its policy is below a
    threshold. In an `Ablation` the threshold is half of the largest entropy, :math:`\log A`, for A
    discrete actions. For d continuous ones it is the entropy of a uniform policy on a tenth of the
    range of each: :math:`\sum_i \log((high_i - low_i) / 10)`. A softmax policy changes its entropy
    by

    .. math:: \Delta H \approx -\eta \, \mathrm{Cov}_{a \sim \pi}(\log \pi(a), A(a))

    in a step of natural policy gradient of size :math:`\eta`, where the covariance is with the
    advantage. So the entropy falls as long as the actions that are likely already are those that
    look better. Once it is gone, nothing else is tried, and the return that was had then is kept.
    Learners with `measure_covariance` in their configuration measure that covariance.

    The entries of a row are:

    - "alpha": the label of the setting, or the index of the learners within the batch shape.
    - "committed": the fraction of learners that have ever committed.
    - "commitment_steps": the median of the steps at commitment; NaN if no learner has committed, as
      the next two.
    - "return_then" and "return_at_end": the mean return in training at commitment and at the last
      record, both of the learners that have committed, as far as an episode had ended. A stuck
      learner has the same return at both.
    - "covariance": the mean of the metric "covariance", in reward times nats, of all learners up to
      their commitment, or up to the end if they have not committed; NaN if it was not measured. The
      larger it is, the faster the learners lose their entropy, unless alpha holds against it.
    - "at_low_bound" and "at_high_bound": the fraction of the records, of all learners, at which an
      automatic alpha sat on a bound at every update. On the low bound its target has no effect; on
      the high bound the target is not met.

    Args:
      result: An `Ablation`, or the history of a `TrainResult`, [records, *P], whose last axis of
        `P` are the seeds of a setting.
      committed_below: The threshold, in nats, in the place of that of the ablation. A history needs
        it, because it does not say what the actions are.

    Raises:
      ValueError: If the history has no "entropy", or there is no threshold.

    References:
      G. Cui et al. (2025), "The entropy mechanism of reinforcement learning for reasoning language
      models", theorem 2, https://arxiv.org/abs/2505.22617

    >>> history = {
    ...     "env_steps": np.array([100, 200]),
    ...     "entropy": np.array([[0.6, 0.5], [0.2, 0.4]]),
    ...     "episode_return": np.array([[1.0, 1.0], [1.0, 2.0]]),
    ... }
    >>> row = diagnose(history, committed_below=0.3).rows[0]
    >>> row["committed"], row["return_then"], row["return_at_end"]
    (0.5, 1.0, 1.0)
    """
    history = result.history if isinstance(result, Ablation) else result
    if "entropy" not in history:
        raise ValueError(
            'result must hold the metric "entropy", which this learner does not measure, not only '
            f"{sorted(history)}."
        )
    if committed_below is None and isinstance(result, Ablation):
        committed_below = result.committed_below
    if committed_below is None:
        raise ValueError(
            "committed_below must be given, in nats, for a history and for actions without bounds: "
            "for A discrete actions, half of log A is a choice."
        )
    committed_below = number("committed_below", committed_below)
    steps = np.asarray(history["env_steps"])
    values = {
        name: _grouped(history[name])
        for name in ("entropy", "episode_return", "alpha_bound", "covariance")
        if name in history
    }
    entropy, returns = values["entropy"], held(values["episode_return"])
    low = np.asarray(entropy < committed_below)
    bound = values.get("alpha_bound", np.zeros_like(entropy))
    covariance = values.get("covariance", np.full_like(entropy, np.nan))
    rows = []
    for i, label in enumerate(_labels(result, history["entropy"].shape[1:])):
        at = first_steps(low[:, i], steps)
        committed = np.isfinite(at)
        place = low[:, i].argmax(axis=0)[committed]
        before = steps[:, None] <= at  # commitment, or the end
        learned = ~np.isnan(entropy[:, i])
        rows.append(
            {
                "alpha": label,
                "committed": float(committed.mean()),
                "commitment_steps": float(np.median(at[committed])) if committed.any() else np.nan,
                "return_then": _mean(returns[place, i, np.flatnonzero(committed)]),
                "return_at_end": _mean(returns[-1, i, committed]),
                "covariance": _mean(covariance[:, i][before]),
                "at_low_bound": float((bound[:, i][learned] <= -1).mean()),
                "at_high_bound": float((bound[:, i][learned] >= 1).mean()),
            }
        )
    return Diagnosis(rows, committed_below)


def _grouped(values: Any) -> np.ndarray:
    """Returns values [records, *P] as [records, settings, seeds]."""
    values = np.asarray(values)
    seeds = values.shape[-1] if values.ndim > 1 else 1
    return values.reshape(len(values), -1, seeds)


def _labels(result: Any, shape: tuple[int, ...]) -> list[str]:
    if isinstance(result, Ablation):
        return [setting.label for setting in result.settings]
    return [", ".join(map(str, index)) for index in np.ndindex(shape[:-1])]


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _known(value: float, form: str = ".4g") -> str:
    return "" if np.isnan(value) else f"{value:{form}}"
