"""The measurements: training, evaluation, and the gradients of the trained learners."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import exact
from experiments.exact_entropy.gradients import moments_program, visited_states
from experiments.exact_entropy.learner import ManyEstimators
from experiments.exact_entropy.sweep import ESTIMATORS, Sweep, make_world
from experiments.frame import Arrays
from experiments.learning import configure, train
from maxent_tf import draws
from maxent_tf.environments import ContinuousTrap
from maxent_tf.seeds import as_seed

PLACES = ("near", "away")


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep, and measures its gradients.

    The gradients are those of the learners trained with the first estimator: with their trained
    actors ("near" equilibrium), and with fresh actors beside the trained critics ("away").

    Returns:
      "value" and "entropy", [estimators, alphas, seeds]: on the trap, the expected return and the
      entropy of the final policies; elsewhere the mean return of the median actions, and the last
      entropy that training saw. "best", [estimators, alphas, seeds], on the trap: the probability
      of the higher hill. "steps", [records], and "episode_return",
      [records, estimators, alphas, seeds]. "variance" and "mean_squared",
      [places, estimators, alphas, seeds]: the variance of the actor's gradient over draws, summed
      over parameters, and the squared norm of its mean, without bias.
    """
    world = make_world(sweep.world)
    in_graph = not isinstance(world, str)
    spec = world.spec if in_graph else mx.gymnasium_spec(world)
    alpha = np.asarray(sweep.alphas, np.float32)[:, None]
    config = configure(mx.learners.SACConfig, sweep, alpha=alpha)
    shape = (len(sweep.alphas), sweep.seeds)
    many = dataclasses.replace(config, entropy_estimator=ManyEstimators(ESTIMATORS))
    learner = mx.learners.SAC(spec, many, (len(ESTIMATORS), *shape))
    parts = [
        mx.learners.SAC(spec, dataclasses.replace(config, entropy_estimator=name), shape)
        for name in ESTIMATORS
    ]
    train_seed, *seeds = tf.unstack(draws.split(as_seed(sweep.seed), 5))
    compiled = "xla" if in_graph else "auto"
    result = train(learner, world, sweep, progress, seed=train_seed, compile=compiled)
    if isinstance(world, ContinuousTrap):
        outcome, entropy = exact.learned_on_trap(learner, result.state, world)
        arrays = {"value": outcome.value, "best": outcome.best, "entropy": entropy}
    else:
        evaluation = mx.evaluate(learner, result.state, world, sweep.episodes, seed=seeds[0])
        entropy = result.history["entropy"][-1]
        arrays = {"value": evaluation.returns.mean(axis=-1), "entropy": entropy}
    arrays["steps"] = result.history["env_steps"]
    arrays["episode_return"] = result.history["episode_return"]

    first = parts[0]
    # The schedule's counter has no axes of learners.
    trained = tf.nest.map_structure(lambda x: x[0] if x.shape.rank else x, result.state)
    moments_of = moments_program(parts, sweep.draws)
    variances, squares = [], []
    for actor in (trained.actor, first.init(seeds[1]).actor):
        state = trained._replace(actor=actor)
        observed = visited_states(first, state, world, sweep.states, sweep.horizon, seeds[2])
        mean, variance = moments_of(state, observed, tf.broadcast_to(alpha, shape), seeds[3])
        variances.append(variance.numpy().sum(axis=-1))
        # The squared norm of a noisy mean is too large by the variance of that mean.
        squares.append(np.square(mean).sum(axis=-1) - variances[-1] / sweep.draws)
    return {**arrays, "variance": np.stack(variances), "mean_squared": np.stack(squares)}
