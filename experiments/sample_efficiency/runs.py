"""Runs a sweep: one compiled program for all of its learners, evaluated as they learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Arrays
from experiments.learning import configure, train
from experiments.sample_efficiency.sweep import PPOSweep, RolloutSweep, Sweep, make_world
from maxent_tf import draws
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed

_LEARNERS = {
    "sac": (mx.learners.SAC, mx.learners.SACConfig),
    "discrete_sac": (mx.learners.DiscreteSAC, mx.learners.DiscreteSACConfig),
    "a2c": (mx.learners.A2C, mx.learners.A2CConfig),
    "ppo": (mx.learners.PPO, mx.learners.PPOConfig),
}


def gradient_steps(sweep: Sweep) -> int:
    """Returns the number of gradient steps that each learner makes."""
    if not isinstance(sweep, RolloutSweep):
        return sweep.steps
    updates = math.ceil(sweep.steps / (sweep.num_envs * sweep.rollout_length))
    if isinstance(sweep, PPOSweep):
        return updates * sweep.num_epochs * sweep.num_minibatches
    return updates


def make_learner(sweep: Sweep) -> mx.learners.Learner:
    """Returns the learners of a sweep, of batch shape [factors, seeds]."""
    spec, shape = make_world(sweep.world).spec, (len(sweep.factors), sweep.seeds)
    rate: Any = np.float32(sweep.learning_rate * np.asarray(sweep.factors))[:, None]
    if sweep.annealed:
        rate = mx.temperature.linear(rate, 0 * rate, gradient_steps(sweep))
    settings: dict[str, Any] = {"actor_optimizer": Adam(rate), "critic_optimizer": Adam(rate)}
    if sweep.learner == "discrete_sac":
        target = mx.temperature.target_entropy(spec.action, 0.3)
        settings["alpha"] = mx.temperature.AutoTemperature(target, learning_rate=1e-3)
    kind, config = _LEARNERS[sweep.learner]
    return kind(spec, configure(config, sweep, **settings), shape)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep and evaluates them at every record.

    Returns:
      "steps", [records], the steps that each learner had taken; and "return",
      [records, factors, seeds], the mean return of the preferred actions of its policy.
    """
    world, learner = make_world(sweep.world), make_learner(sweep)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    returns = []

    def evaluate(steps: int, metrics: Any, state: Any) -> None:
        del steps, metrics
        outcome = mx.evaluate(learner, state, world, sweep.episodes, seed=test_seed)
        returns.append(outcome.returns.mean(axis=-1))

    result = train(learner, world, sweep, progress, seed=train_seed, callback=evaluate)
    return {"steps": result.history["env_steps"], "return": np.stack(returns)}
