"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.temperature_control.sweep import AutomaticSweep, FixedSweep
from experiments.temperature_control.worlds import make_world
from maxent_tf import draws
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed

Arrays = dict[str, np.ndarray]

_HISTORY = ("episode_return", "alpha", "entropy")


def make_learner(sweep: FixedSweep | AutomaticSweep) -> mx.learners.SAC:
    """Returns the learners of a sweep, of batch shape [targets, alphas, seeds]."""
    spec = make_world(sweep.world).spec
    alpha: Any = np.float32(sweep.alphas)[:, None]
    if isinstance(sweep, AutomaticSweep):
        targets = np.float32(sweep.targets) * spec.action.shape[0] + scaling(sweep)
        alpha = mx.temperature.AutoTemperature(
            tf.constant(targets[:, None, None]),
            initial_alpha=tf.constant(alpha),
            learning_rate=sweep.learning_rate,
        )
    period = sweep.seed_period
    config = mx.learners.SACConfig(
        hidden_sizes=sweep.hidden_sizes,
        actor_optimizer=Adam(sweep.learning_rate),
        critic_optimizer=Adam(sweep.learning_rate),
        tau=sweep.tau,
        alpha=alpha,
        batch_size=sweep.batch_size,
        replay_capacity=sweep.steps,
        learning_starts=sweep.learning_starts,
        exploration=None if period == 1 else StateDependentExploration(period),
    )
    shape = (len(sweep.targets), len(sweep.alphas), sweep.seeds)
    return mx.learners.SAC(spec, config, batch_shape=shape)


def scaling(sweep: FixedSweep | AutomaticSweep) -> np.float32:
    """Returns what the scaling from [-1, 1] to the bounds adds to an action's entropy, in nats."""
    low, high = make_world(sweep.world).spec.action.bounds()
    return np.float32(np.sum(np.log((high - low) / 2)))


def run(sweep: FixedSweep | AutomaticSweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      "value", [targets, alphas, seeds], the mean return of the final policies' median actions. The
      history has "steps", [records], and "episode_return", "alpha" and "entropy",
      [records, targets, alphas, seeds]. Entropies are those of the action scaled to [-1, 1], in
      nats.
    """
    world, learner = make_world(sweep.world), make_learner(sweep)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = mx.train(
        learner,
        world,
        sweep.steps,
        seed=train_seed,
        num_envs=sweep.num_envs,
        records=sweep.records,
        progress=progress,
    )
    outcome = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
    history = {name: result.history[name] for name in _HISTORY}
    history["entropy"] = history["entropy"] - scaling(sweep)
    return {
        "value": outcome.returns.mean(axis=-1),
        "steps": result.history["env_steps"],
        **history,
    }
