"""The result of an ablation: its arrays, its table, and its comparisons."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from maxent_tf.ablation import store
from maxent_tf.ablation.history import first_steps, held
from maxent_tf.ablation.settings import Setting, label_of
from maxent_tf.ablation.table import Cell, table
from maxent_tf.statistics import (
    IntervalEstimate,
    bootstrap_difference,
    bootstrap_interval,
    interquartile_mean,
    probability_of_improvement,
    wilson_interval,
)


class Comparison(NamedTuple):
    """How the final returns of two settings compare, with 95% intervals.

    Attributes:
      improvement: The probability that a learner at the first setting has a higher return than one
        at the second; see `statistics.probability_of_improvement`.
      difference: How much higher the interquartile mean of the returns is at the first setting; see
        `statistics.bootstrap_difference`.
    """

    improvement: IntervalEstimate
    difference: IntervalEstimate


@dataclass(frozen=True, eq=False, repr=False)
class Ablation:
    """Learners at several temperatures: their evaluations, their histories, and statistics of both.

    Printing an ablation prints its table; see `rows`.

    Attributes:
      env: The name of the environment.
      learner: The name of the learner.
      num_steps: The steps of each learner that were asked for.
      settings: The settings, in the order of the first axis of all arrays.
      returns: [settings, seeds, episodes], float32, the undiscounted returns of the evaluation of
        every learner after training, without exploring.
      stuck: [settings, seeds], bool, the learners that are stuck; None if nothing says which are.
      history: The values of every metric by its name, [records, settings, seeds], as in
        `TrainResult`; "env_steps" is [records].
      measured: What the argument `measure` of `ablate` returned, [settings, seeds, ...], by name.
      level: The return below which a learner is stuck; None if no number says so.
      committed_below: The entropy, in nats, below which a policy counts as committed; see
        `diagnose`. None where no such entropy is known.
      chunks: The number of seeds in each program.
      configuration: The description of all arguments, with which a folder is compared.
    """

    env: str
    learner: str
    num_steps: int
    settings: tuple[Setting, ...]
    returns: np.ndarray
    stuck: np.ndarray | None
    history: dict[str, np.ndarray]
    measured: dict[str, np.ndarray]
    level: float | None
    committed_below: float | None
    chunks: tuple[int, ...]
    configuration: str

    @classmethod
    def of(cls, about: Mapping[str, Any], chunks: Sequence[Mapping[str, np.ndarray]]) -> Ablation:
        """Returns the ablation whose chunks of seeds have these arrays; see `load`."""
        joined = {
            name: _joined(name, [np.asarray(chunk[name]) for chunk in chunks]) for name in chunks[0]
        }
        about = dict(about)
        settings = tuple(Setting(**setting) for setting in about.pop("settings"))
        return cls(
            **{**about, "settings": settings, "chunks": tuple(about["chunks"])},
            returns=joined["returns"],
            stuck=joined.get("stuck"),
            history=_part(joined, "history/"),
            measured=_part(joined, "measured/"),
        )

    @classmethod
    def load(cls, folder: str | pathlib.Path) -> Ablation:
        """Returns the ablation in a folder, which `save` or the `folder` of `ablate` filled.

        Raises:
          ValueError: If the folder holds no ablation, or one that was interrupted.
        """
        path = pathlib.Path(folder)
        about = store.read_about(path)
        return cls.of(about, store.read_chunks(path, len(about["chunks"])))

    def save(self, folder: str | pathlib.Path) -> None:
        """Stores the ablation in a new folder, which `load` reads and `ablate` takes as `folder`.

        Raises:
          ValueError: If the folder is not empty.
        """
        about = {
            "env": self.env,
            "learner": self.learner,
            "num_steps": self.num_steps,
            "settings": [setting._asdict() for setting in self.settings],
            "level": self.level,
            "committed_below": self.committed_below,
            "chunks": self.chunks,
            "configuration": self.configuration,
        }
        path = pathlib.Path(folder)
        store.begin(path, about)
        arrays = {"returns": self.returns}
        arrays |= {} if self.stuck is None else {"stuck": self.stuck}
        arrays |= {f"history/{name}": values for name, values in self.history.items()}
        arrays |= {f"measured/{name}": values for name, values in self.measured.items()}
        kept, ends = store.Folder(path), np.cumsum(self.chunks)
        for index, (end, size) in enumerate(zip(ends, self.chunks, strict=True)):
            seeds = range(end - size, end)
            part = {
                name: values if (axis := _seed_axis(name)) is None else values.take(seeds, axis)
                for name, values in arrays.items()
            }
            kept.chunk(index, {index: part}.__getitem__)

    def rows(self) -> list[dict[str, Any]]:
        """Returns a row of statistics for each setting, each with its 95% interval.

        The entries are:

        - "alpha": the label of the setting; "schedule"; and "seeds", the number of learners.
        - "return_iqm": the interquartile mean over learners of their mean final returns, with its
          bootstrap interval, "return_low" and "return_high".
        - "stuck_fraction": the fraction of learners that are stuck, with Wilson's interval,
          "stuck_low" and "stuck_high". Only if `stuck` is known.
        - "policy_entropy": the mean entropy of the policies at the last record, in nats. Only if
          the learner measures it.
        - "steps_to_level": the median over learners of the steps after which the returns of
          training first reached `level`; infinity if half of them never did. Only if `level` is
          known.
        """
        entropy = self.history.get("entropy")
        reached = None
        if self.level is not None:
            returns = held(self.history["episode_return"])
            reached = first_steps(returns >= self.level, self.history["env_steps"])
        rows = []
        for i, setting in enumerate(self.settings):
            scores = self.returns[i].mean(axis=-1)
            row: dict[str, Any] = {
                "alpha": setting.label,
                "schedule": setting.schedule,
                "seeds": len(scores),
                "return_iqm": interquartile_mean(scores),
            }
            row["return_low"], row["return_high"] = bootstrap_interval(scores)
            if self.stuck is not None:
                row["stuck_fraction"] = float(self.stuck[i].mean())
                interval = wilson_interval(int(self.stuck[i].sum()), len(scores))
                row["stuck_low"], row["stuck_high"] = interval
            if entropy is not None:
                row["policy_entropy"] = float(entropy[-1, i].mean())
            if reached is not None:
                row["steps_to_level"] = float(np.median(reached[i]))
            rows.append(row)
        return rows

    def __repr__(self) -> str:
        """Returns the table."""
        rows = self.rows()
        columns: dict[str, Cell] = {
            "alpha": "{alpha}",
            "return [95% interval]": "{return_iqm:.4g} [{return_low:.4g}, {return_high:.4g}]",
        }
        if "stuck_fraction" in rows[0]:
            columns["stuck [95% interval]"] = (
                "{stuck_fraction:.2f} [{stuck_low:.2f}, {stuck_high:.2f}]"
            )
        if "policy_entropy" in rows[0]:
            columns["entropy (nats)"] = "{policy_entropy:.2f}"
        if "steps_to_level" in rows[0]:
            columns[f"steps to {self.level:g}"] = _steps
        seeds = self.returns.shape[1]
        title = f"{self.learner} on {self.env}, {self.num_steps:,} steps, {seeds} seeds"
        return f"{title}\n\n{table(rows, columns)}"

    def to_frame(self) -> Any:
        """Returns the `rows` as a pandas DataFrame.

        Raises:
          ImportError: If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "to_frame needs pandas: pip install pandas, or use rows(), which returns the same "
                "numbers as a list of dicts."
            ) from None
        return pandas.DataFrame(self.rows())

    def compare(self, first: str | float, second: str | float) -> Comparison:
        """Returns how the final returns at one setting compare with those at another.

        Args:
          first: The label of a setting, or its number.
          second: The label of another setting, or its number.

        Raises:
          ValueError: If there is no such setting.
        """
        scores = [self.returns[self.index(label)].mean(axis=-1) for label in (first, second)]
        return Comparison(probability_of_improvement(*scores), bootstrap_difference(*scores))

    def index(self, label: str | float) -> int:
        """Returns the place of a setting on the first axis of the arrays.

        Args:
          label: The label of the setting, or its number.

        Raises:
          ValueError: If there is no such setting.
        """
        labels = [setting.label for setting in self.settings]
        if label_of(label) not in labels:
            raise ValueError(f"label must be one of {labels}, not {label!r}.")
        return labels.index(label_of(label))

    def plot(self, path: str | pathlib.Path | None = None) -> Any:
        """Draws learning curves, final returns, stuck fractions and entropies; needs matplotlib.

        Args:
          path: The file to write, such as "figure.png"; None writes none.

        Returns:
          The figure, a `matplotlib.figure.Figure`.

        Raises:
          ImportError: If matplotlib is not installed.
        """
        from maxent_tf.ablation.figure import draw

        figure = draw(self)
        if path is not None:
            figure.savefig(path)
        return figure


def _steps(row: Mapping[str, Any]) -> str:
    steps = row["steps_to_level"]
    return f"{steps:,.0f}" if np.isfinite(steps) else "never"


def _seed_axis(name: str) -> int | None:
    """Returns the axis of the seeds in an array of a chunk; None if it has none."""
    if name == "history/env_steps":
        return None
    return 2 if name.startswith("history/") else 1


def _joined(name: str, arrays: list[np.ndarray]) -> np.ndarray:
    axis = _seed_axis(name)
    return arrays[0] if axis is None else np.concatenate(arrays, axis)


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): x for k, x in arrays.items() if k.startswith(prefix)}
