"""Running means and variances, exact over the whole history, by the pairwise update of batches.

Shape letters: `P` is the batch shape of the learners, `N` the number of values in one batch, `F`
the shape of one value.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maxent_tf.axes import expand_like


class Moments(NamedTuple):
    """The count, the mean and the sum of squared deviations of all values so far, in float64.

    Attributes:
      count: [*P], the number of values.
      mean: [*P, *F], their mean.
      squares: [*P, *F], the sum of (x - mean)^2.
    """

    count: tf.Tensor
    mean: tf.Tensor
    squares: tf.Tensor


def no_moments(learners: tuple[int, ...], shape: tuple[int, ...]) -> Moments:
    """Returns the moments of no values of `shape`, F, for learners of batch shape `learners`."""
    zeros = tf.zeros([*learners, *shape], tf.float64)
    return Moments(tf.zeros(learners, tf.float64), zeros, zeros)


def add_values(moments: Moments, values: tf.Tensor, valid: tf.Tensor) -> Moments:
    r"""Returns the moments of all values so far and a batch of new ones.

    With :math:`\delta` the mean of the :math:`m` new values minus that of the :math:`n` old ones,

    .. math::
       \mu \leftarrow \mu + \delta \frac{m}{n + m}, \qquad
       S \leftarrow S + S_{\mathrm{new}} + \delta^2 \frac{n m}{n + m}

    This update subtracts no large numbers from each other, as the difference of sums of squares
    would.

    Args:
      moments: The moments of the values so far.
      values: [*P, N, *F], the new values.
      valid: [*P, N], bool, which values count. The other values must be finite.

    References:
      T. Chan, G. Golub, R. LeVeque (1983), "Algorithms for computing the sample variance: analysis
      and recommendations", equation 2.1, https://doi.org/10.1080/00031305.1983.10483115

    >>> values, every = tf.constant([[1.0], [2.0], [6.0]]), tf.ones([3], tf.bool)
    >>> moments = add_values(no_moments((), (1,)), values, every)
    >>> moments.mean.numpy().tolist(), moments.squares.numpy().tolist()
    ([3.0], [14.0])
    """
    axis = moments.count.shape.rank
    values = tf.cast(values, tf.float64)
    weight = expand_like(tf.cast(valid, tf.float64), values)
    added = tf.reduce_sum(tf.cast(valid, tf.float64), axis=axis)
    count = moments.count + added
    share = expand_like(added / tf.maximum(count, 1), moments.mean)
    mean = tf.reduce_sum(weight * values, axis) / expand_like(tf.maximum(added, 1), moments.mean)
    squares = tf.reduce_sum(weight * (values - tf.expand_dims(mean, axis)) ** 2, axis)
    delta = mean - moments.mean
    return Moments(
        count=count,
        mean=moments.mean + share * delta,
        squares=moments.squares + squares + expand_like(moments.count, mean) * share * delta**2,
    )


# A quantity that varies less than this has no scale to divide by.
_LEAST_STDDEV = 1e-4


def scale(moments: Moments) -> tf.Tensor:
    """Returns the standard deviation, [*P, *F], or 1 where the values have hardly varied yet."""
    count = expand_like(tf.maximum(moments.count, 1), moments.mean)
    stddev = tf.sqrt(moments.squares / count)
    return tf.where(stddev < _LEAST_STDDEV, tf.ones_like(stddev), stddev)


def standardized(moments: Moments, values: tf.Tensor, clip: float) -> tf.Tensor:
    """Returns values minus their means, in standard deviations, clipped.

    Args:
      moments: The moments of values of the same kind so far.
      values: [*P, N, *F], or with further axes in front.
      clip: The largest size of the result, in standard deviations.

    Returns:
      A tensor of the shape of `values`, float32.
    """
    axis = moments.count.shape.rank
    # In float64: a mean far from 0 would leave few digits of the difference.
    centred = tf.cast(values, tf.float64) - tf.expand_dims(moments.mean, axis)
    scaled = centred / tf.expand_dims(scale(moments), axis)
    return tf.cast(tf.clip_by_value(scaled, -clip, clip), tf.float32)
