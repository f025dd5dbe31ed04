"""The history of a training run, which a checkpoint holds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.training.best import Best
from maxent_tf.training.loop import Interval

# Of the arrays in the serialised form. An earlier form has the bare names of metrics.
_ROW, _BEST = "row/", "best/"


class History(tf.train.experimental.PythonState):
    """The rows of metrics of a run, one for each record, and the best state of its evaluations.

    Attributes:
      rows: For each record, the metrics by name. A row lacks what was not measured at its record.
      best: The best state.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, np.ndarray]] = []
        self.best = Best()

    def add(self, env_steps: int, interval: Interval) -> dict[str, np.ndarray]:
        """Adds a row and returns it.

        Args:
          env_steps: The number of steps that each learner has taken.
          interval: The metrics and episodes since the last row.

        Returns:
          The row: "env_steps", [], int64; and the learner's own metrics, "episode_return" and
          "episode_length", [*P] each, which are means since the last row; NaN where there were no
          updates or episodes.
        """
        count = np.asarray(interval.episodes.count)
        some = np.where(count > 0, count, np.nan)
        self.rows.append(
            {
                "env_steps": np.asarray(env_steps),
                **interval.metrics,
                "episode_return": interval.episodes.total_return / some,
                "episode_length": interval.episodes.total_length / some,
            }
        )
        return self.rows[-1]

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the values of every metric, [records, *P], by name; NaN where there is none."""
        kinds = {name: value for row in self.rows for name, value in row.items()}
        return {
            name: np.stack(
                [row[name] if name in row else np.full_like(kind, np.nan) for row in self.rows]
            )
            for name, kind in kinds.items()
        }

    def serialize(self) -> bytes:
        """Returns the rows and the best state as the bytes of an npz file."""
        file = io.BytesIO()
        arrays: dict[str, Any] = {_ROW + name: array for name, array in self.arrays().items()}
        arrays.update({f"{_BEST}{i}": array for i, array in enumerate(self.best.arrays)})
        np.savez(file, **arrays)
        return file.getvalue()

    def deserialize(self, string_value: bytes) -> None:
        """Restores serialised rows, and the best state."""
        with np.load(io.BytesIO(string_value)) as stored:
            arrays = {name: stored[name] for name in stored.files}
        self.best.arrays = [arrays.pop(name) for name in stored.files if name.startswith(_BEST)]
        count = len(next(iter(arrays.values()))) if arrays else 0
        self.rows = [
            {name.removeprefix(_ROW): array[i] for name, array in arrays.items()}
            for i in range(count)
        ]
