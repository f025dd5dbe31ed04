"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import exact
from experiments.tanh_correction.learner import corrected_sac, start_at
from experiments.tanh_correction.sweep import Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments import ContinuousTrap
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed

Arrays = dict[str, np.ndarray]

_HISTORY = ("episode_return", "alpha", "entropy", "true_entropy", "saturation")


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      "value", [corrections, starts, seeds], the final policies' expected return (the trap) or the
      mean return of their median actions (the pendulum). The history has "steps", [records], and
      for each quantity [records, corrections, starts, seeds]. Entropies are those of the action
      scaled to [-1, 1], in nats.
    """
    world = make_world(sweep.world)
    shape = (len(sweep.corrections), len(sweep.starts), sweep.seeds)
    target = mx.temperature.target_entropy(world.spec.action, "minus_dim")
    scaling = target + world.spec.action.shape[0]
    config = mx.learners.SACConfig(
        hidden_sizes=sweep.hidden_sizes,
        actor_optimizer=Adam(sweep.learning_rate),
        critic_optimizer=Adam(sweep.learning_rate),
        tau=sweep.tau,
        alpha=mx.temperature.AutoTemperature(target, learning_rate=sweep.learning_rate),
        batch_size=sweep.batch_size,
        replay_capacity=sweep.steps,
        learning_starts=sweep.learning_starts,
        log_std_range=sweep.log_std_range,
    )
    learner = corrected_sac(world.spec, sweep.corrections, config, shape)
    init_seed, train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 3))
    starts = tf.constant(sweep.starts)[None, :, None]
    result = mx.train(
        learner,
        world,
        sweep.steps,
        seed=train_seed,
        state=start_at(learner.init(init_seed), starts),
        records=sweep.records,
        compile="xla",
        progress=progress,
    )
    if isinstance(world, ContinuousTrap):
        policy = learner.policy(result.state, tf.ones([*shape, 1, 1]))
        loc, scale = (x.numpy()[..., 0, 0] for x in (policy.loc, policy.scale))
        value = exact.evaluate_trap(world, loc, scale).value
    else:
        outcome = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
        value = outcome.returns.mean(axis=-1)
    history = {name: result.history[name] for name in _HISTORY}
    for name in ("entropy", "true_entropy"):
        history[name] = history[name] - np.float32(scaling)
    return {"value": value, "steps": result.history["env_steps"], **history}
