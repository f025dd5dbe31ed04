"""The distribution function and the quantile of the standard normal, accurate in the tails."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf


def normal_cdf(z: tf.Tensor) -> tf.Tensor:
    r"""Returns the standard normal's distribution function, to relative accuracy in the lower tail.

    .. math:: \Phi(z) = \tfrac12 \mathrm{erfc}(-z / \sqrt 2)

    Args:
      z: [...], float, any real number.

    Returns:
      The probability, [...], float, in [0, 1].

    >>> round(float(normal_cdf(tf.constant(-1.96))), 4)
    0.025
    """
    return 0.5 * tf.math.erfc(-math.sqrt(0.5) * z)


@tf.custom_gradient
def normal_quantile(p: tf.Tensor) -> Any:
    r"""Returns the quantile of the standard normal, the inverse of `normal_cdf`.

    `tf.math.ndtri` is infinite under XLA for `p` below 1e-8 (float32) or 1e-17 (float64), because
    XLA computes it from `2p - 1`. This function improves a first guess by two steps of Halley's
    method, which need only the residual of the smaller tail.

    Args:
      p: [...], float, the probability, strictly between 0 and 1.

    Returns:
      The quantile z, [...], float. Its gradient is `sqrt(2 pi) exp(z^2 / 2)`.

    >>> round(float(normal_quantile(tf.constant(0.975))), 3)
    1.96
    """
    tail = tf.minimum(p, 1 - p)
    far = tail < 1e-3
    # The leading terms of the tail's asymptotic expansion, good to 3% at 1e-3.
    size = -2 * tf.math.log(tf.where(far, tail, tf.cast(1e-3, p.dtype)))
    size -= tf.math.log(2 * math.pi * (size - tf.math.log(2 * math.pi * size)))
    guess = tf.where(far, -tf.sqrt(size), tf.math.ndtri(tf.where(far, tf.cast(0.5, p.dtype), tail)))
    for _ in range(2):
        density = math.sqrt(0.5 / math.pi) * tf.exp(-0.5 * tf.square(guess))
        cdf = normal_cdf(guess)
        # As a ratio: the difference of two tiny tails would underflow.
        newton = (1 - tail / cdf) * (cdf / density)
        guess -= newton / (1 + 0.5 * guess * newton)
    z = tf.where(p < 0.5, guess, -guess)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        density = math.sqrt(2 * math.pi) * tf.exp(0.5 * tf.square(normal_quantile(p)))
        return upstream * density

    return z, gradient
