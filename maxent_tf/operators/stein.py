"""Stein variational gradient descent, which moves particles towards a density."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf


def stein_direction(particles: tf.Tensor, score: tf.Tensor) -> tf.Tensor:
    r"""Returns the direction in which particles reduce their divergence from a density p fastest.

    .. math::
       \phi(x_i) = \frac1K \sum_j k(x_j, x_i) \nabla \log p(x_j) + \nabla_{x_j} k(x_j, x_i),
       \qquad k(x, y) = e^{-|x - y|^2 / h}

    The first term pulls every particle along the scores of its neighbours. The second term pushes
    neighbours apart. The kernel's width h is the median squared distance between two particles,
    divided by log K.

    Args:
      particles: [..., K, D], float, the particles, K at least 2.
      score: [..., K, D], float, the gradient of log p at each particle.

    Returns:
      The directions, [..., K, D], float, in the unit of the score. Particles that all coincide do
      not repel each other.

    Raises:
      ValueError: If there are fewer than two particles.

    References:
      Q. Liu and D. Wang (2016), "Stein variational gradient descent: a general purpose Bayesian
      inference algorithm", equation 8 and section 5, https://arxiv.org/abs/1608.04471
    """
    count = particles.shape[-2]
    if count < 2:
        raise ValueError(f"particles must be at least 2, not {count}.")
    difference = particles[..., :, None, :] - particles[..., None, :, :]  # x_i - x_j
    squared = tf.reduce_sum(tf.square(difference), axis=-1)
    width = _median_distance(squared) / math.log(count)
    # Coinciding particles have width 0: any positive one gives the same, k = 1 and no repulsion.
    width = tf.where(width > 0, width, tf.ones_like(width))[..., None, None]
    kernel = tf.exp(-squared / width)
    attraction = kernel @ score
    repulsion = tf.reduce_sum((2 * kernel / width)[..., None] * difference, axis=-2)
    return (attraction + repulsion) / count


def _median_distance(squared: tf.Tensor) -> tf.Tensor:
    """Returns the median over pairs of different particles: [..., K, K] -> [...]."""
    count = squared.shape[-1]
    pairs = np.flatnonzero(np.triu(np.ones([count, count]), 1))
    flat = tf.reshape(squared, [*squared.shape[:-2], count * count])
    ordered = tf.sort(tf.gather(flat, pairs, axis=-1), axis=-1)
    low, high = (len(pairs) - 1) // 2, len(pairs) // 2
    return (ordered[..., low] + ordered[..., high]) / 2
