"""The measurements: learning curves of learners that explore in one way."""

from __future__ import annotations

from typing import Any

import numpy as np

import maxent_tf as mx
from experiments.exploration import bandits
from experiments.exploration.learners import make_learner
from experiments.exploration.sweep import BanditSweep, Sweep
from experiments.exploration.worlds import SideBySide, finite_worlds
from maxent_tf.environments import DoorKey, MountainCar

DOOR_KEY_SIZE = 5


def make_world(sweep: Sweep) -> Any:
    """Returns the environment of a sweep."""
    if sweep.world == "finite":
        return SideBySide(list(finite_worlds(sweep.sizes).values()))
    if sweep.world == "mountain_car":
        return MountainCar(sparse_reward=True)
    return DoorKey(DOOR_KEY_SIZE)


def run(sweep: Sweep | BanditSweep, progress: bool = False) -> dict[str, np.ndarray]:
    """Trains the learners of a sweep, or plays its bandit.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      `steps` [records], the steps of each learner so far; and `return` [records, environments,
      settings, seeds], the mean return of the episodes since the last record, NaN where none ended.
      Of a bandit, `steps` and `regret` [records, rules, seeds].
    """
    if isinstance(sweep, BanditSweep):
        return bandits.run(sweep)
    world = make_world(sweep)
    result = mx.train(
        make_learner(sweep, world),
        world,
        sweep.steps,
        seed=sweep.seed,
        num_envs=sweep.num_envs,
        records=sweep.records,
        progress=progress,
        normalize_observation=sweep.world != "finite",
    )
    return {"steps": result.history["env_steps"], "return": result.history["episode_return"]}
