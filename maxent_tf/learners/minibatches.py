"""Shuffled minibatches of the steps of a rollout, for on-policy learners that reuse a rollout.

`N` is the size of a minibatch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws, losses, replicas


def shuffled_indices(count: int, epochs: int, minibatches: int, seed: Any) -> tf.Tensor:
    """Returns which steps make up each minibatch; every epoch has its own order.

    Args:
      count: The number of steps.
      epochs: The number of times that all steps are used.
      minibatches: The number of minibatches in an epoch.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The indices of the steps, [epochs * minibatches, N], int32.

    Raises:
      ValueError: If the steps cannot be divided evenly.
    """
    if count % minibatches:
        raise ValueError(
            f"num_minibatches={minibatches} must divide the {count} steps of an update, which are "
            "the rollout length times the number of environments of a learner: change "
            "num_minibatches, rollout_length or num_envs."
        )
    orders = [draws.permutation(count, s) for s in tf.unstack(draws.split(seed, epochs))]
    return tf.reshape(tf.stack(orders), [epochs * minibatches, -1])


def shuffled_worlds(
    length: int, worlds: int, epochs: int, minibatches: int, seed: Any
) -> tf.Tensor:
    """Returns which steps make up each minibatch, if steps of one environment stay together.

    Args:
      length: T, the number of steps of a rollout.
      worlds: B, the number of environments.
      epochs: The number of times that all steps are used.
      minibatches: The number of minibatches in an epoch.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The indices of the steps, [epochs * minibatches, N], int32, among T B steps with time before
      environments. The steps of a minibatch are in the same order.

    Raises:
      ValueError: If the environments cannot be divided evenly.
    """
    if worlds % minibatches:
        raise ValueError(
            f"num_minibatches={minibatches} must divide the {worlds} environments of a learner, "
            "because a learner with a memory keeps their rollouts whole: change num_minibatches or "
            "num_envs."
        )
    world = shuffled_indices(worlds, epochs, minibatches, seed)
    steps = tf.range(length)[:, None] * worlds + world[:, None, :]
    return tf.reshape(steps, [epochs * minibatches, -1])


# Numbers that differ by less than this part of what they were computed from differ by rounding: a
# few units in the last place of float32, for sums over a rollout.
_ROUNDING = 16 * float(np.finfo(np.float32).eps)


def normalize(x: tf.Tensor, valid: tf.Tensor, magnitude: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Shifts and scales each learner's numbers to mean 0 and standard deviation 1.

    Numbers that are equal up to rounding become 0, because their differences mean nothing.

    Args:
      x: [*P, N], float32, the numbers.
      valid: [*P, N], bool, which numbers count.
      magnitude: [*P, N], float32, the size of the numbers that `x` was computed from, which says
        how large the rounding errors of `x` are.

    Returns:
      The normalised numbers, [*P, N], float32, and the divisor, [*P]: the standard deviation plus
      1e-8, or 1 where all numbers are equal.
    """
    mean = losses.masked_mean(x, valid)
    variance = losses.masked_mean(tf.square(x - mean[..., None]), valid)
    largest = tf.reduce_max(tf.where(valid, magnitude, 0), axis=-1)
    mean, variance, largest = replicas.moments(mean, variance, largest, valid)
    deviation, stddev = x - mean[..., None], tf.sqrt(variance)
    varies = stddev > _ROUNDING * largest
    divisor = tf.where(varies, stddev + 1e-8, 1)
    return tf.where(varies[..., None], deviation / divisor[..., None], 0), divisor
