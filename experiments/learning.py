"""The learners of a sweep: hyperparameters by the names of its fields, and their training."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

import maxent_tf as mx
from maxent_tf.optimizers import Adam
from maxent_tf.specs import Box

_Config = TypeVar("_Config")


def configure(kind: type[_Config], sweep: Any, **settings: Any) -> _Config:
    """Returns a learner's hyperparameters, which a sweep and settings give.

    A field of the sweep that has the name of a hyperparameter is its value. `learning_rate` is the
    learning rate of Adam for every optimiser, and a replay buffer holds all `steps`.

    Args:
      kind: The configuration of a learner, such as `SACConfig`.
      sweep: A frozen dataclass.
      **settings: Hyperparameters by name, which come before the fields of the sweep.
    """
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    found = {
        field.name: getattr(sweep, field.name)
        for field in dataclasses.fields(sweep)
        if field.name in names
    }
    if hasattr(sweep, "learning_rate"):
        adam = Adam(sweep.learning_rate)
        found |= {name: adam for name in names if name.endswith("optimizer")}
    if "replay_capacity" in names:
        found["replay_capacity"] = sweep.steps
    return kind(**found | settings)


def train(
    learner: mx.learners.Learner, world: Any, sweep: Any, progress: bool, **options: Any
) -> mx.training.TrainResult:
    """Trains the learners of a sweep for its `steps`.

    Args:
      learner: The learners.
      world: The environment, as `maxent_tf.train` takes it.
      sweep: A sweep, whose fields `seed`, `num_envs` and `records` count if it has them.
      progress: Whether to show a progress bar.
      **options: Options of `maxent_tf.train`, which come before the fields of the sweep.
    """
    names = [name for name in ("seed", "num_envs", "records") if hasattr(sweep, name)]
    own = {name: getattr(sweep, name) for name in names}
    return mx.train(learner, world, sweep.steps, **own | {"progress": progress} | options)


def entropy_of_scaling(action: Box) -> np.float32:
    """Returns what the scaling from [-1, 1] to its bounds adds to an action's entropy, in nats."""
    low, high = action.bounds()
    return np.float32(np.sum(np.log((high - low) / 2)))
