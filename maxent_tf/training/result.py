"""What a training run returns, and the errors that stop one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class TrainResult(NamedTuple):
    """The outcome of `train`.

    Attributes:
      state: the learners' final state.
      history: from each metric's name to its values [records, *P], float32: the learner's own
        metrics, averaged over the updates since the last record, and "episode_return" and
        "episode_length", averaged over the episodes that ended since then; NaN where there were
        none. "env_steps", [records], int64, counts the steps each learner had taken.
      env_steps: the steps each learner took; a call in which a Gymnasium world only resets is one.
      updates: the updates each learner made.
      wall_time: seconds, compilation included.
    """

    state: Any
    history: dict[str, np.ndarray]
    env_steps: int
    updates: int
    wall_time: float


class NonFiniteError(FloatingPointError):
    """A metric or a parameter of a learner became NaN or infinite.

    Attributes:
      quantity: the metric's name, or the part of the state that holds the parameter.
      update: the number of the update, counted from 1. For a metric the first at which it happened,
        or the last of those made in the same call; for a parameter that no metric showed, the last
        before the record at which it was noticed.
      state: the learners' last state known to be finite: where training stood at the last record.
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


class CheckpointError(RuntimeError):
    """A checkpoint could not be written, none could be read, or it belongs to another run."""


def check_finite(
    quantities: Mapping[str, Any], batch_shape: tuple[int, ...], update: int, last_good: Any
) -> None:
    """Raises NonFiniteError unless all numbers are finite.

    Args:
      quantities: from names to structures of arrays or tensors [*P, ...]; integers do not matter.
      batch_shape: `P`.
      update: how many updates have been made.
      last_good: the state for the error to carry.
    """
    for name, structure in quantities.items():
        for leaf in tf.nest.flatten(structure):
            value = np.asarray(leaf)
            if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                finite = np.isfinite(value).reshape(*batch_shape, -1).all(axis=-1)
                raise NonFiniteError(name, update, ~finite, last_good)
