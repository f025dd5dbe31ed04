"""Records of a training run, shown live: the progress bar, TensorBoard, a CSV file."""

from __future__ import annotations

import contextlib
import csv
import math
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np
import tensorflow as tf

Row = dict[str, np.ndarray]


def boundaries(start: int, total: int, records: int) -> Iterator[int]:
    """Yields the counts between `start` and `total` after which to record.

    They divide 0 to `total` evenly, wherever `start` lies.

    Raises:
      ValueError: if `records` is not positive.
    """
    if records < 1:
        raise ValueError(f"records must be at least 1, not {records}.")
    size = math.ceil(total / records)
    while start < total:
        start = min((start // size + 1) * size, total)
        yield start


class Recorder:
    """Shows what a run reports.

    Use it as a context manager, which closes the bar and the files.

    Args:
      num_steps: the steps each learner will have taken at the end, the bar's length.
      progress: whether to show a tqdm bar with the metrics' means over all learners.
      log_dir: where to write TensorBoard scalars, likewise averaged, and `metrics.csv`, with a line
        for each record and learner; None writes neither.
      earlier: the rows that a continued run made before; the CSV file begins with them.

    Raises:
      ImportError: if tqdm or TensorBoard is asked for but not installed.
    """

    def __init__(
        self,
        num_steps: int,
        progress: bool = False,
        log_dir: str | pathlib.Path | None = None,
        earlier: Sequence[Row] = (),
    ):
        self._bar: Any = None
        self._writer: Any = None
        self._file: TextIO | None = None
        self._open = contextlib.ExitStack()
        if progress:
            done = int(earlier[-1]["env_steps"]) if earlier else 0
            self._bar = _tqdm()(total=num_steps, initial=done, unit="step", unit_scale=True)
            self._open.callback(self._bar.close)
        if log_dir is not None:
            _require_tensorboard()
            self._writer = tf.summary.create_file_writer(str(log_dir))
            self._open.callback(self._writer.close)
            # Written anew: a killed run may have left lines that the continued one makes again.
            path = pathlib.Path(log_dir) / "metrics.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._open.enter_context(path.open("w", newline=""))
            for row in earlier:
                self._write_lines(row)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def show(self, row: Row) -> None:
        """Shows a record, a row of `History`."""
        env_steps = int(row["env_steps"])
        means = {name: _mean_of_finite(x) for name, x in row.items() if name != "env_steps"}
        if self._bar is not None:
            self._bar.set_postfix({k: f"{v:.3g}" for k, v in means.items()}, refresh=False)
            self._bar.update(min(env_steps, self._bar.total) - self._bar.n)
        if self._writer is not None:
            with self._writer.as_default(step=env_steps):
                for name, value in means.items():
                    tf.summary.scalar(name, value)
            self._writer.flush()
        if self._file is not None:
            self._write_lines(row)
            self._file.flush()

    def _write_lines(self, row: Row) -> None:
        """One line for each learner, numbered in row-major order."""
        assert self._file is not None
        writer = csv.writer(self._file, lineterminator="\n")
        names = [name for name in row if name != "env_steps"]
        if self._file.tell() == 0:
            writer.writerow(["env_steps", "learner", *names])
        for learner, values in enumerate(zip(*(np.ravel(row[n]) for n in names), strict=True)):
            writer.writerow([int(row["env_steps"]), learner, *(float(x) for x in values)])


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
