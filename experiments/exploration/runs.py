"""The measurements: learning curves of learners that explore in one way."""

from __future__ import annotations

from typing import Any

from experiments.exploration import bandits
from experiments.exploration.learners import make_learner
from experiments.exploration.sweep import BanditSweep, Sweep
from experiments.exploration.worlds import SideBySide, finite_worlds
from experiments.frame import Arrays
from experiments.learning import train
from maxent_tf.environments import DoorKey, MountainCar

DOOR_KEY_SIZE = 5


def make_world(sweep: Sweep) -> Any:
    """Returns the environment of a sweep."""
    if sweep.world == "finite":
        return SideBySide(list(finite_worlds(sweep.sizes).values()))
    if sweep.world == "mountain_car":
        return MountainCar(sparse_reward=True)
    return DoorKey(DOOR_KEY_SIZE)


def run(sweep: Sweep | BanditSweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep, or plays its bandit.

    Returns:
      `steps` [records], the steps of each learner so far; and `return` [records, environments,
      settings, seeds], the mean return of the episodes since the last record, NaN where none ended.
      Of a bandit, `steps` and `regret` [records, rules, seeds].
    """
    if isinstance(sweep, BanditSweep):
        return bandits.run(sweep)
    world = make_world(sweep)
    learner, normalized = make_learner(sweep, world), sweep.world != "finite"
    result = train(learner, world, sweep, progress, normalize_observation=normalized)
    return {"steps": result.history["env_steps"], "return": result.history["episode_return"]}
