"""The measurements: the learners of one preset, trained and evaluated as one batch."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Arrays
from experiments.learning import train
from experiments.zoo.optimum import optimum
from experiments.zoo.sweep import Sweep
from maxent_tf import draws, presets
from maxent_tf.seeds import as_seed

# The arguments of MiniGrid's DoorKey-5x5, the only environment whose class needs an argument.
_ARGUMENTS = {"DoorKey": (5,)}


def make_world(sweep: Sweep) -> Any:
    """Returns the environment, as `train` takes it."""
    if not sweep.in_graph:
        return sweep.environment
    return getattr(mx.environments, sweep.in_graph)(*_ARGUMENTS.get(sweep.in_graph, ()))


def make_learner(sweep: Sweep, world: Any) -> mx.learners.Learner:
    """Returns the learners, of batch shape [seeds]."""
    spec = mx.gymnasium_spec(world) if isinstance(world, str) else world.spec
    return presets.make_learner(
        sweep.algo, sweep.config, spec, sweep.steps, sweep.num_envs, (sweep.seeds,)
    )


def run(sweep: Sweep, progress: bool, folder: pathlib.Path) -> Arrays:
    """Trains the learners of a preset, or goes on where a killed run stopped, and evaluates them.

    The folder holds the checkpoints.

    Returns:
      "returns", [seeds, episodes], the returns of greedy episodes at the end; "steps", [records];
      "episode_return", [records, seeds], the mean return of the episodes of training since the
      record before, NaN where none ended; "wall_time" and "cpu_time", the seconds of training,
      without those that a killed run lost; "optimum", the largest expected return, NaN where it is
      not known exactly.
    """
    world = make_world(sweep)
    learner = make_learner(sweep, world)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = train(
        learner,
        world,
        sweep,
        progress,
        seed=train_seed,
        callback=_stopwatch(),
        normalize_observation=sweep.normalize_observation,
        normalize_reward=sweep.normalize_reward,
        checkpoint_dir=folder,
    )
    evaluation = mx.evaluate(learner, result, world, sweep.episodes, seed=test_seed)
    best = optimum(gymnasium.make(world)) if isinstance(world, str) else None
    history = result.history
    return {
        "returns": evaluation.returns,
        "steps": history["env_steps"],
        "episode_return": history["episode_return"],
        "wall_time": history["wall_time"][:, 0].sum(),
        "cpu_time": history["cpu_time"][:, 0].sum(),
        "optimum": np.array(np.nan if best is None else best),
    }


def _stopwatch() -> Callable[..., dict[str, float]]:
    """Returns a callback that adds the seconds since the last record to the record."""

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    last = now()

    def lap(*_: Any) -> dict[str, float]:
        nonlocal last
        before, last = last, now()
        return {"wall_time": last[0] - before[0], "cpu_time": last[1] - before[1]}

    return lap
