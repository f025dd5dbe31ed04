"""The variance of the actor's gradient under repeated draws of the actions, at fixed states."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws, losses
from maxent_tf.learners import SAC, SACState
from maxent_tf.learners.entropy_estimators import draw
from maxent_tf.seeds import as_seed
from maxent_tf.training import rollout
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from maxent_tf.types import Acted


def actor_gradient(
    learner: SAC, state: SACState, observation: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Returns one draw of the gradient of the actor's loss.

    Args:
      learner: The learners, whose estimator of the entropy is used.
      state: The state of the learners.
      observation: [*P, B, *O], float32, the observations.
      alpha: [*P], float32, the temperatures, in reward per nat.
      seed: [2], int32, the seed.

    Returns:
      [*P, parameters], float32, the gradient.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(state.actor)
        estimator = learner.config.entropy_estimator
        action, entropy = draw(learner.policy(state, observation), estimator, seed)
        loss = losses.soft_actor_loss(learner.q(state, observation, action), entropy, alpha)
        total = tf.reduce_sum(loss)
    grads = tf.nest.flatten(tape.gradient(total, state.actor))
    return tf.concat([tf.reshape(g, [*learner.batch_shape, -1]) for g in grads], axis=-1)


def moments_program(
    learners: Sequence[SAC], num_draws: int
) -> Callable[[SACState, tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Returns a compiled function to mean and variance of `actor_gradient` over draws.

    Args:
      learners: The learners, one batch for each estimator, of the same `P`; all see the same noise.
      num_draws: The number of draws, at least 2.

    Returns:
      A function from the state of all learners, observations [*P, B, *O], alpha [*P] and a seed [2]
      to the mean and the unbiased variance, [estimators, *P, parameters], float64.
    """

    @tf.function(autograph=False, jit_compile=True)
    def program(state: SACState, observation: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor) -> Any:
        def gradients(i: tf.Tensor) -> tf.Tensor:
            own = draws.fold_in(seed, i)
            each = [actor_gradient(x, state, observation, alpha, own) for x in learners]
            return tf.cast(tf.stack(each), tf.float64)

        # Moments about the first draw do not cancel where the mean is large.
        origin = gradients(tf.constant(0))

        def body(i: tf.Tensor, first: tf.Tensor, second: tf.Tensor) -> Any:
            shifted = gradients(i) - origin
            return i + 1, first + shifted, second + tf.square(shifted)

        zeros = tf.zeros_like(origin)
        _, first, second = tf.while_loop(lambda i, *_: i < num_draws, body, (1, zeros, zeros))
        mean = first / num_draws
        return origin + mean, (second - num_draws * tf.square(mean)) / (num_draws - 1)

    return program


def visited_states(
    learner: SAC, state: SACState, world: Any, count: int, horizon: int, seed: Any
) -> tf.Tensor:
    """Returns states that the policies visit, spread evenly over time.

    Each state is of an environment of its own.

    Args:
      learner: The learners whose policy acts.
      state: The state of the learners.
      world: An environment of this package, or a Gymnasium id.
      count: B, the number of states for each learner.
      horizon: The number of steps that the policies take; the last state is from before this step.
      seed: The seed, an integer or [2], int32.

    Returns:
      [*P, B, *O], float32, the observations of the states.
    """
    seed = as_seed(seed)
    shape = (*learner.batch_shape, count)

    @tf.function(autograph=False)
    def act(observation: tf.Tensor, t: tf.Tensor) -> Acted:
        return learner.act(state, (), observation, seed=draws.fold_in(seed, t))

    def observations() -> Any:
        if not isinstance(world, str):
            worlds = rollout.begin(learner, world, count, seed)
            step = tf.function(functools.partial(rollout.step, learner, world), autograph=False)
            for t in range(horizon):
                yield worlds.observation
                acted = act(worlds.observation, tf.constant(t))
                worlds, *_ = step(worlds, acted, draws.fold_in(seed, -1 - t))
            return
        vector = GymnasiumWorlds(world, int(np.prod(shape)))
        try:
            flat = vector.reset(0)
            for t in range(horizon):
                observation = tf.constant(flat.reshape(*shape, *learner.spec.observation.shape))
                yield observation
                action = act(observation, tf.constant(t)).action.numpy()
                flat = vector.step(action.reshape(-1, *learner.spec.action.shape)).observation
        finally:
            vector.close()

    chosen = np.arange(count) * horizon // count
    axis = len(learner.batch_shape)
    kept = []
    for t, observation in enumerate(observations()):
        kept += [tf.gather(observation, i, axis=axis) for i in np.flatnonzero(chosen == t)]
    return tf.stack(kept, axis=axis)
