"""Runs a sweep: one compiled program for all of its learners, evaluated as they learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.sample_efficiency.sweep import (
    PPOSweep,
    RolloutSweep,
    Sweep,
    make_world,
)
from maxent_tf import draws
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed

Arrays = dict[str, np.ndarray]


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
    adam = Adam(rate)
    config: dict[str, Any] = {"hidden_sizes": sweep.hidden_sizes}
    if isinstance(sweep, RolloutSweep):
        names = ["rollout_length", "discount", "gae_lambda", "alpha"]
        names += ["num_epochs", "num_minibatches"] if isinstance(sweep, PPOSweep) else []
    else:
        names = ["tau", "batch_size", "learning_starts"]
        config["replay_capacity"] = sweep.steps
    config |= {name: getattr(sweep, name) for name in names}
    config |= {"actor_optimizer": adam, "critic_optimizer": adam}
    if sweep.learner == "sac":
        return mx.learners.SAC(spec, mx.learners.SACConfig(**config), shape)
    if sweep.learner == "discrete_sac":
        target = mx.temperature.target_entropy(spec.action, 0.3)
        alpha = mx.temperature.AutoTemperature(target, learning_rate=1e-3)
        settings = mx.learners.DiscreteSACConfig(alpha=alpha, **config)
        return mx.learners.DiscreteSAC(spec, settings, shape)
    if sweep.learner == "a2c":
        return mx.learners.A2C(spec, mx.learners.A2CConfig(**config), shape)
    return mx.learners.PPO(spec, mx.learners.PPOConfig(**config), shape)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep and evaluates them at every record.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

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

    result = mx.train(
        learner,
        world,
        sweep.steps,
        seed=train_seed,
        num_envs=sweep.num_envs,
        records=sweep.records,
        progress=progress,
        callback=evaluate,
    )
    return {"steps": result.history["env_steps"], "return": np.stack(returns)}
