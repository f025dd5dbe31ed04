"""The history of a training run, which a checkpoint holds."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.training.loop import Interval


class History(tf.train.experimental.PythonState):
    """The rows of metrics of a run, one for each record."""

    def __init__(self) -> None:
        self.rows: list[dict[str, np.ndarray]] = []

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
        """Returns the values of every metric, [records, *P], by name."""
        names = self.rows[0] if self.rows else {}
        return {name: np.stack([row[name] for row in self.rows]) for name in names}

    def serialize(self) -> bytes:
        """Returns the rows as the bytes of an npz file."""
        file = io.BytesIO()
        arrays: dict[str, Any] = {**self.arrays()}
        np.savez(file, **arrays)
        return file.getvalue()

    def deserialize(self, string_value: bytes) -> None:
        """Restores serialised rows."""
        with np.load(io.BytesIO(string_value)) as stored:
            arrays = {name: stored[name] for name in stored.files}
        count = len(arrays["env_steps"]) if arrays else 0
        self.rows = [{name: array[i] for name, array in arrays.items()} for i in range(count)]
