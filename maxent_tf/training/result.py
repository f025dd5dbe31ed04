"""The result of a training run, and the errors that stop a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class TrainResult(NamedTuple):
    """The outcome of `train`.

    Attributes:
      state: The final state of the learners.
      history: The values [records, *P], float32, of every metric by its name. The metrics are the
        learner's own, averaged over the updates since the last record, and "episode_return" and
        "episode_length", averaged over the episodes that ended since the last record. A value is
        NaN if there were no updates or episodes. "env_steps", [records], int64, is the number of
        steps that each learner had taken. With evaluations, "eval_return" and
        "eval_return_sampled" are the mean returns of the greedy policy and of the sampled one, NaN
        at records without an evaluation. What a callback measured is there by its own name.
      env_steps: The number of steps that each learner took. A call in which a Gymnasium environment
        only resets counts as a step.
      updates: The number of updates that each learner made.
      wall_time: The duration of the run in seconds, compilation included.
      best_state: The state of the learners at the evaluation with the highest "eval_return", chosen
        for each learner by itself; None if the run was never evaluated. What all learners share,
        such as a count of updates, is that of the newest of these evaluations.
    """

    state: Any
    history: dict[str, np.ndarray]
    env_steps: int
    updates: int
    wall_time: float
    best_state: Any = None

    def __repr__(self) -> str:
        """Returns a short table; the tensors are in `state`.

        For each metric it has the last value that is finite. Of several learners it has the mean,
        and the range.
        """
        rows: list[tuple[str, str]] = [
            (name, _summary(self.history[name]))
            for name in ("episode_return", "eval_return", "entropy", "alpha")
            if name in self.history
        ]
        rows += [
            ("steps", f"{self.env_steps:,}"),
            ("updates", f"{self.updates:,}"),
            ("wall time", f"{self.wall_time:.1f} s"),
        ]
        return "\n".join(["TrainResult", *(f"  {name:<14}  {text}" for name, text in rows)])


class Loaded(NamedTuple):
    """The contents of a checkpoint, except for what only training needs.

    Attributes:
      state: The state of the learners, as `TrainResult` has it.
      history: The values [records, *P] of every metric by its name, as `TrainResult` has it.
      env_steps: The number of steps that each learner had taken.
      best_state: The state with the highest greedy return in the run's evaluations, as
        `TrainResult` has it; None if there were no evaluations.
    """

    state: Any
    history: dict[str, np.ndarray]
    env_steps: int
    best_state: Any = None


def state_of(given: Any) -> Any:
    """Returns the state of the learners in a result; anything else is a state already."""
    return given.state if isinstance(given, TrainResult | Loaded) else given


def _summary(values: np.ndarray) -> str:
    """Returns the last finite value of every learner in words: [records, *P], float."""
    records = values.reshape(len(values), -1)
    finite = np.isfinite(records)
    last = [
        column[there][-1] for column, there in zip(records.T, finite.T, strict=True) if there.any()
    ]
    if not last:
        return "none yet"
    text = f"{np.mean(last):.4g}"
    if records.shape[1] == 1:
        return text
    return f"{text} on average, {min(last):.4g} to {max(last):.4g} over {len(last)} learners"


class NonFiniteError(FloatingPointError):
    """A metric or a parameter of a learner became NaN or infinite.

    Attributes:
      quantity: The name of the metric, or of the part of the state that holds the parameter.
      update: The number of the update, counted from 1. For a metric, it is the first update with a
        non-finite value, or the last update made in the same call. For a parameter that no metric
        showed, it is the last update before the record at which the parameter was noticed.
      state: The last state of the learners that is known to be finite, at the last record.
    """

    def __init__(self, quantity: str, update: int, learners: np.ndarray, state: Any):
        first = [tuple(int(i) for i in index) for index in np.argwhere(learners)[:3]]
        where = f" in learners {first} of the batch" if learners.ndim else ""
        super().__init__(
            f"{quantity} became NaN or infinite at update {update}{where}. Lower the learning "
            "rate, clip the gradients, or look for huge rewards; the error's `state` holds the "
            "learners as they were at the last record."
        )
        self.quantity = quantity
        self.update = update
        self.state = state
        self._learners = learners

    def __reduce__(self) -> Any:
        # Between processes: an exception is otherwise made again from its message alone.
        return NonFiniteError, (self.quantity, self.update, self._learners, self.state)


class CheckpointError(RuntimeError):
    """A checkpoint could not be written, none could be read, or it belongs to another run."""


def check_finite(
    quantities: Mapping[str, Any], batch_shape: tuple[int, ...], update: int, last_good: Any
) -> None:
    """Raises NonFiniteError unless all numbers are finite.

    Args:
      quantities: Structures of arrays or tensors [*P, ...] by their names; integers are not
        checked.
      batch_shape: The batch shape `P` of the learners.
      update: The number of updates that have been made.
      last_good: The state that the error carries.
    """
    for name, structure in quantities.items():
        for leaf in tf.nest.flatten(structure):
            value = np.asarray(leaf)
            if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                finite = np.isfinite(value).reshape(*batch_shape, -1).all(axis=-1)
                raise NonFiniteError(name, update, ~finite, last_good)
