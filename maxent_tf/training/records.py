"""The display of a training run's records: a progress bar, TensorBoard, a CSV file."""

from __future__ import annotations

import contextlib
import csv
import math
import pathlib
import time
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np
import tensorflow as tf

from maxent_tf.training.compilation import tell_compiled
from maxent_tf.training.log_directory import RECORDS
from maxent_tf.training.progress import ProgressBar

Row = dict[str, np.ndarray]


def boundaries(start: int, total: int, records: int) -> Iterator[int]:
    """Yields the counts between `start` and `total` after which to make a record.

    The counts divide the range from 0 to `total` evenly, for any `start`.

    Raises:
      ValueError: If `records` is not positive.
    """
    if records < 1:
        raise ValueError(f"records must be at least 1, not {records}.")
    size = math.ceil(total / records)
    while start < total:
        start = min((start // size + 1) * size, total)
        yield start


_GROUPS = {
    "episode_return": "rollout",
    "episode_length": "rollout",
    "steps_per_second": "time",
}


def tag(name: str) -> str:
    """Returns the name of a metric among TensorBoard's scalars, which is grouped.

    >>> tag("episode_return"), tag("eval_return"), tag("critic_loss")
    ('rollout/episode_return', 'eval/eval_return', 'train/critic_loss')
    """
    if "/" in name:  # of a callback, which groups its metrics itself
        return name
    group = "eval" if name.startswith("eval_") else _GROUPS.get(name, "train")
    return f"{group}/{name}"


class Recorder:
    """Displays and writes the records of a run.

    Use a recorder as a context manager, which closes the progress bar and the files.

    Args:
      num_steps: The number of steps that each learner will have taken at the end, which is the
        length of the bar.
      progress: Whether to show a progress bar, with the most important metrics' means over all
        learners, and the name of the program that is being compiled.
      log_dir: The directory for TensorBoard scalars, averaged over all learners, and for
        `metrics.csv`, with a line for each record and learner; None writes neither.
      earlier: The rows of records that a resumed run made before. The CSV file begins with them.

    Raises:
      ImportError: If tqdm or TensorBoard is needed but not installed.
    """

    def __init__(
        self,
        num_steps: int,
        progress: bool = False,
        log_dir: str | pathlib.Path | None = None,
        earlier: Sequence[Row] = (),
    ):
        self._bar: ProgressBar | None = None
        self._writer: Any = None
        self._file: TextIO | None = None
        self._rows: list[Row] = []
        self._columns: dict[str, None] = {}
        self._open = contextlib.ExitStack()
        self._done = int(earlier[-1]["env_steps"]) if earlier else 0
        if progress:
            self._bar = ProgressBar(num_steps, self._done)
            self._open.callback(self._bar.close)
            self._open.enter_context(tell_compiled(self._bar.tell_compiled))
        if log_dir is not None:
            _require_tensorboard()
            self._writer = tf.summary.create_file_writer(str(log_dir))
            self._open.callback(self._writer.close)
            # Written anew: a killed run may have left lines that the continued one makes again.
            path = pathlib.Path(log_dir) / RECORDS
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._open.enter_context(path.open("w", newline=""))
            self._rows = [*earlier]
            self._write_lines(self._rows)
        self._since = time.perf_counter()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def show(self, row: Row) -> None:
        """Displays and writes a record, a row of `History`."""
        env_steps = int(row["env_steps"])
        means = {name: _mean_of_finite(x) for name, x in row.items() if name != "env_steps"}
        now = time.perf_counter()
        means["steps_per_second"] = (env_steps - self._done) / (now - self._since)
        self._done, self._since = env_steps, now
        if self._bar is not None:
            self._bar.show(env_steps, means)
        if self._writer is not None:
            with self._writer.as_default(step=env_steps):
                for name, value in means.items():
                    tf.summary.scalar(tag(name), value)
            self._writer.flush()
        if self._file is not None:
            self._rows.append(row)
            if row.keys() - {"env_steps"} <= self._columns.keys():
                self._write_lines([row])
            else:  # the header is on the first line
                self._file.seek(0)
                self._file.truncate()
                self._write_lines(self._rows)
            self._file.flush()

    def _write_lines(self, rows: Sequence[Row]) -> None:
        """Writes one line for each learner; learners are numbered in row-major order."""
        assert self._file is not None
        writer = csv.writer(self._file, lineterminator="\n")
        if self._file.tell() == 0 and rows:
            self._columns = {name: None for row in rows for name in row if name != "env_steps"}
            writer.writerow(["env_steps", "learner", *self._columns])
        for row in rows:
            steps, size = int(row["env_steps"]), max(np.size(value) for value in row.values())
            absent = np.full(size, np.nan)
            values = zip(*(np.ravel(row.get(name, absent)) for name in self._columns), strict=True)
            for learner, each in enumerate(values):
                writer.writerow([steps, learner, *(float(x) for x in each)])


def _mean_of_finite(value: np.ndarray) -> float:
    finite = value[np.isfinite(value)]
    return float(finite.mean()) if finite.size else math.nan


def _require_tensorboard() -> None:
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise ImportError(
            "log_dir needs TensorBoard: pip install 'maxent_tf[experiments]'."
        ) from None
