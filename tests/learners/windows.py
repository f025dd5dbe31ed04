"""Steps in a row for learners from replay, and their returns by a loop."""

import numpy as np
import tensorflow as tf

from maxent_tf.specs import Discrete, EnvironmentSpec
from maxent_tf.types import Transition


def random_window(spec: EnvironmentSpec, n_step: int, learners: int, count: int) -> Transition:
    """What replay gives: [n, learners, count, ...]; episodes end in every way, or not at all."""
    rng = np.random.default_rng(1)
    shape = (n_step, learners, count)
    # One column for each kind of end: none, terminated, truncated, both; at any of the steps.
    kind = np.where(rng.random(shape) < 0.6 / n_step, rng.integers(1, 4, size=shape), 0)
    kind[-1, :, :4] = np.arange(4)
    if isinstance(spec.action, Discrete):
        action = tf.constant(rng.integers(spec.action.num_values, size=shape), tf.int32)
    else:
        bounds = spec.action.bounds()
        action = tf.constant(rng.uniform(*bounds, (*shape, *spec.action.shape)), tf.float32)
    observed = (2, *shape, *spec.observation.shape)
    observation, next_observation = tf.unstack(tf.constant(rng.normal(size=observed), tf.float32))
    return Transition(
        observation=observation,
        action=action,
        reward=tf.constant(rng.normal(size=shape), tf.float32),
        next_observation=next_observation,
        terminated=tf.constant(np.isin(kind, (1, 3))),
        truncated=tf.constant(np.isin(kind, (2, 3))),
        valid=tf.ones(shape, tf.bool),
    )


def as_batch(window: Transition) -> Transition:
    """What a learner's update takes: a single step has no axis of time."""
    if window.reward.shape[0] > 1:
        return window
    return tf.nest.map_structure(lambda x: x[0], window)


def naive_return(
    window: Transition, learner: int, discount: float, bonus: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The soft returns of one learner's window, by a loop in float64.

    Args:
      window: [n, learners, B, ...].
      learner: which.
      discount: gamma.
      bonus: [n, B], what the entropy adds to the reward of each step; not to that of the first.

    Returns:
      The discounted rewards, what the value at the end counts for, and the step that ends, [B].
    """
    length, _, count = window.reward.shape
    reward, terminated, truncated = (
        x.numpy()[:, learner] for x in (window.reward, window.terminated, window.truncated)
    )
    total, factor, last = np.zeros(count), np.ones(count), np.zeros(count, int)
    for b in range(count):
        for k in range(length):
            total[b] += factor[b] * (float(reward[k, b]) + (bonus[k, b] if k else 0.0))
            factor[b] *= discount
            last[b] = k
            if terminated[k, b]:
                factor[b] = 0.0
            if terminated[k, b] or truncated[k, b]:
                break
    return total, factor, last
