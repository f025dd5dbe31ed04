"""Shuffled minibatches of the steps of a rollout, for on-policy learners that use them repeatedly.

`N` is the size of a minibatch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws, losses


def shuffled_indices(count: int, epochs: int, minibatches: int, seed: Any) -> tf.Tensor:
    """Which steps make up each minibatch; every epoch has an order of its own.

    Args:
      count: the number of steps.
      epochs: how many times all steps are used.
      minibatches: how many there are in an epoch.
      seed: an integer or [2], int32.

    Returns:
      [epochs * minibatches, N], int32.

    Raises:
      ValueError: if the steps cannot be divided evenly.
    """
    if count % minibatches:
        raise ValueError(
            f"num_minibatches={minibatches} must divide the {count} steps of an update, the rollout"
            " length times the worlds of a learner: change num_minibatches, rollout_length or "
            "num_envs."
        )
    orders = [draws.permutation(count, s) for s in tf.unstack(draws.split(seed, epochs))]
    return tf.reshape(tf.stack(orders), [epochs * minibatches, -1])


def shuffled_worlds(
    length: int, worlds: int, epochs: int, minibatches: int, seed: Any
) -> tf.Tensor:
    """Which steps make up each minibatch, if those of one world stay together.

    Args:
      length: T, the steps of a rollout.
      worlds: B.
      epochs: how many times all steps are used.
      minibatches: how many there are in an epoch.
      seed: an integer or [2], int32.

    Returns:
      [epochs * minibatches, N], int32, among T B steps, time before worlds, as they are there.

    Raises:
      ValueError: if the worlds cannot be divided evenly.
    """
    if worlds % minibatches:
        raise ValueError(
            f"num_minibatches={minibatches} must divide the {worlds} worlds of a learner, whose "
            "rollouts a memory keeps whole: change num_minibatches or num_envs."
        )
    world = shuffled_indices(worlds, epochs, minibatches, seed)
    steps = tf.range(length)[:, None] * worlds + world[:, None, :]
    return tf.reshape(steps, [epochs * minibatches, -1])


# Numbers that differ by less than this part of what they were computed from differ by rounding: a
# few units in the last place of float32, for sums over a rollout.
_ROUNDING = 16 * float(np.finfo(np.float32).eps)


def normalize(x: tf.Tensor, valid: tf.Tensor, magnitude: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Shifts and scales each learner's numbers to mean 0 and standard deviation 1.

    Numbers that are all the same, up to rounding, become 0: their differences mean nothing.

    Args:
      x: [*P, N], float32.
      valid: [*P, N], bool, what counts.
      magnitude: [*P, N], float32, the size of the numbers that `x` was computed from, which says
        how far rounding moves `x`.

    Returns:
      [*P, N], float32; and [*P], what was divided by: the standard deviation, plus 1e-8, or 1
      where there is none.

    Raises:
      ValueError: if N is 1: a number less its own mean is 0.
    """
    if x.shape[-1] == 1:
        raise ValueError(
            "normalize_advantage=True needs minibatches of 2 steps or more, not of 1: lower "
            "num_minibatches, or set it to False."
        )
    deviation = x - losses.masked_mean(x, valid)[..., None]
    stddev = tf.sqrt(losses.masked_mean(tf.square(deviation), valid))
    largest = tf.reduce_max(tf.where(valid, magnitude, 0), axis=-1)
    varies = stddev > _ROUNDING * largest
    divisor = tf.where(varies, stddev + 1e-8, 1)
    return tf.where(varies[..., None], deviation / divisor[..., None], 0), divisor
