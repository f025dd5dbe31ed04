"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

import tensorflow as tf

import maxent_tf as mx
from experiments import exact
from experiments.frame import Arrays
from experiments.learning import configure, entropy_of_scaling, train
from experiments.tanh_correction.learner import corrected_sac, start_at
from experiments.tanh_correction.sweep import Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments import ContinuousTrap
from maxent_tf.seeds import as_seed

_HISTORY = ("episode_return", "alpha", "entropy", "true_entropy", "saturation")


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Returns:
      "value", [corrections, starts, seeds], the final policies' expected return (the trap) or the
      mean return of their median actions (the pendulum). The history has "steps", [records], and
      for each quantity [records, corrections, starts, seeds]. Entropies are those of the action
      scaled to [-1, 1], in nats.
    """
    world = make_world(sweep.world)
    shape = (len(sweep.corrections), len(sweep.starts), sweep.seeds)
    target = mx.temperature.target_entropy(world.spec.action, "minus_dim")
    alpha = mx.temperature.AutoTemperature(target, learning_rate=sweep.learning_rate)
    config = configure(mx.learners.SACConfig, sweep, alpha=alpha, log_std_range=sweep.log_std_range)
    learner = corrected_sac(world.spec, sweep.corrections, config, shape)
    init_seed, train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 3))
    state = start_at(learner.init(init_seed), tf.constant(sweep.starts)[None, :, None])
    result = train(learner, world, sweep, progress, seed=train_seed, state=state, compile="xla")
    if isinstance(world, ContinuousTrap):
        value = exact.learned_on_trap(learner, result.state, world)[0].value
    else:
        outcome = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
        value = outcome.returns.mean(axis=-1)
    history = {name: result.history[name] for name in _HISTORY}
    for name in ("entropy", "true_entropy"):
        history[name] = history[name] - entropy_of_scaling(world.spec.action)
    return {"value": value, "steps": result.history["env_steps"], **history}
