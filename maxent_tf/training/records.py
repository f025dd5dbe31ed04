"""Records of a training run: the history, the progress bar, TensorBoard."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.training.rollout import Episodes


class Recorder:
    """Gathers what a run reports at evenly spaced points and shows it live.

    Use it as a context manager, which closes the bar and the event file.

    Args:
      records: how many points, at least 1.
      num_steps: the steps each learner will take, the bar's length.
      progress: whether to show a tqdm bar with the metrics' means over all learners.
      log_dir: where to write TensorBoard scalars, likewise averaged; None writes none.

    Raises:
      ValueError: if `records` is not positive.
      ImportError: if tqdm or TensorBoard is asked for but not installed.
    """

    def __init__(
        self,
        records: int,
        num_steps: int,
        progress: bool = False,
        log_dir: str | pathlib.Path | None = None,
    ):
        if records < 1:
            raise ValueError(f"records must be at least 1, not {records}.")
        self._records = records
        self._rows: list[dict[str, np.ndarray]] = []
        self._bar: Any = None
        self._writer: Any = None
        if progress:
            self._bar = _tqdm()(total=num_steps, unit="step", unit_scale=True)
        if log_dir is not None:
            _require_tensorboard()
            self._writer = tf.summary.create_file_writer(str(log_dir))

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._writer is not None:
            self._writer.close()

    def boundaries(self, total: int) -> Iterator[int]:
        """Yields the counts, of `total` iterations, after which to record."""
        size = math.ceil(total / self._records)
        for start in range(0, total, size):
            yield min(start + size, total)

    def add(self, env_steps: int, metrics: dict[str, np.ndarray], episodes: Episodes) -> None:
        """Adds a record.

        Args:
          env_steps: the steps each learner has taken.
          metrics: each [*P].
          episodes: those that ended since the last record, each [*P].
        """
        count = np.asarray(episodes.count)
        some = np.where(count > 0, count, np.nan)
        row = dict(metrics)
        row["episode_return"] = episodes.total_return / some
        row["episode_length"] = episodes.total_length / some
        self._rows.append({"env_steps": np.asarray(env_steps), **row})
        means = {name: _mean_of_finite(value) for name, value in row.items()}
        if self._bar is not None:
            self._bar.set_postfix({k: f"{v:.3g}" for k, v in means.items()}, refresh=False)
            self._bar.update(min(env_steps, self._bar.total) - self._bar.n)
        if self._writer is not None:
            with self._writer.as_default(step=env_steps):
                for name, value in means.items():
                    tf.summary.scalar(name, value)
            self._writer.flush()

    def history(self) -> dict[str, np.ndarray]:
        """Returns every metric's values, [records, *P]."""
        names = self._rows[0] if self._rows else {}
        return {name: np.stack([row[name] for row in self._rows]) for name in names}


def _mean_of_finite(value: np.ndarray) -> float:
    finite = value[np.isfinite(value)]
    return float(finite.mean()) if finite.size else math.nan


def _tqdm() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError(
            "progress=True needs tqdm: pip install 'maxent_tf[experiments]'."
        ) from None
    return tqdm


def _require_tensorboard() -> None:
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise ImportError(
            "log_dir needs TensorBoard: pip install 'maxent_tf[experiments]'."
        ) from None
