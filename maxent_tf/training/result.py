"""What a training run returns, and the errors that stop one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class TrainResult(NamedTuple):
    """The outcome of `train`.

    Attributes:
      state: the learners' final state.
      history: from each metric's name to its values [records, *P], float32: the learner's own
        metrics, averaged over the updates since the last record, and "episode_return" and
        "episode_length", averaged over the episodes that ended since then (NaN where none did).
        "env_steps", [records], int64, counts the steps each learner had taken.
      env_steps: the steps each learner took.
      updates: the updates each learner made.
      wall_time: seconds, compilation included.
    """

    state: Any
    history: dict[str, np.ndarray]
    env_steps: int
    updates: int
    wall_time: float


class NonFiniteError(FloatingPointError):
    """A metric of a learner became NaN or infinite.

    Attributes:
      quantity: the metric's name.
      update: the number of the first update where it happened, counted from 1.
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
