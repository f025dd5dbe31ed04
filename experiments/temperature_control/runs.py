"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Arrays
from experiments.learning import configure, entropy_of_scaling, train
from experiments.temperature_control.sweep import AutomaticSweep, FixedSweep
from experiments.temperature_control.worlds import make_world
from maxent_tf import draws
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.seeds import as_seed

_HISTORY = ("episode_return", "alpha", "entropy")


def make_learner(sweep: FixedSweep | AutomaticSweep) -> mx.learners.SAC:
    """Returns the learners of a sweep, of batch shape [targets, alphas, seeds]."""
    spec = make_world(sweep.world).spec
    alpha: Any = np.float32(sweep.alphas)[:, None]
    if isinstance(sweep, AutomaticSweep):
        targets = np.float32(sweep.targets) * spec.action.shape[0]
        targets += entropy_of_scaling(spec.action)
        alpha = mx.temperature.AutoTemperature(
            tf.constant(targets[:, None, None]),
            initial_alpha=tf.constant(alpha),
            learning_rate=sweep.learning_rate,
        )
    period = sweep.seed_period
    exploration = None if period == 1 else StateDependentExploration(period)
    config = configure(mx.learners.SACConfig, sweep, alpha=alpha, exploration=exploration)
    shape = (len(sweep.targets), len(sweep.alphas), sweep.seeds)
    return mx.learners.SAC(spec, config, batch_shape=shape)


def run(sweep: FixedSweep | AutomaticSweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Returns:
      "value", [targets, alphas, seeds], the mean return of the final policies' median actions. The
      history has "steps", [records], and "episode_return", "alpha" and "entropy",
      [records, targets, alphas, seeds]. Entropies are those of the action scaled to [-1, 1], in
      nats.
    """
    world, learner = make_world(sweep.world), make_learner(sweep)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = train(learner, world, sweep, progress, seed=train_seed)
    outcome = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
    history = {name: result.history[name] for name in _HISTORY}
    history["entropy"] = history["entropy"] - entropy_of_scaling(world.spec.action)
    return {"value": outcome.returns.mean(axis=-1), "steps": result.history["env_steps"], **history}
