"""The learning curves of a run, from its CSV file."""

from __future__ import annotations

import csv
import pathlib
from typing import NamedTuple

import numpy as np

from maxent_tf.cli import runs


class Curve(NamedTuple):
    """One metric over the steps of a run.

    Attributes:
      steps: [records], int64, the steps of each learner.
      values: [records, learners], float64; NaN where a learner has no value.
    """

    steps: np.ndarray
    values: np.ndarray


def read(run: pathlib.Path) -> dict[str, Curve]:
    """Returns the curves of a run by the names of their metrics.

    Records at which no learner has a value, such as those between evaluations, are left out.

    Raises:
      ValueError: If the folder holds no learning curves.
    """
    path = run / runs.METRICS
    if not path.is_file() or not path.stat().st_size:
        raise ValueError(
            f"RUN={str(run)!r} holds no {runs.METRICS} with a record: name a folder that `train` "
            "has made."
        )
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    table = np.array(lines, np.float64)
    learners = int(table[:, 1].max()) + 1
    by_record = table.reshape(-1, learners, len(header))
    curves = {}
    for column, name in enumerate(header[2:], start=2):
        values = by_record[..., column]
        some = np.isfinite(values).any(axis=-1)
        curves[name] = Curve(by_record[some, 0, 0].astype(np.int64), values[some])
    return curves
