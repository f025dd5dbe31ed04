"""The density of a squashed Gaussian, computed from values that are not rounded by tanh."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions.bounds import Bounds, event_dimension
from maxent_tf.distributions.tanh import log_sech_squared

_LOG_SQRT_TWO_PI = 0.5 * math.log(2 * math.pi)


class SquashedSample(NamedTuple):
    """A draw, with the values that cannot be recomputed from its rounded action.

    Attributes:
      action: [..., D], the action, within the bounds.
      log_prob: [...], its log-density, in nats.
      gaussian: [..., D], the pre-tanh value, for `log_prob_from_gaussian`.
    """

    action: tf.Tensor
    log_prob: tf.Tensor
    gaussian: tf.Tensor


def squashed_log_prob(
    u: tf.Tensor, noise: tf.Tensor, scale: tf.Tensor, bounds: Bounds
) -> tf.Tensor:
    r"""Returns the log-density of the action of `u = loc + scale * noise`, exact at saturation too.

    .. math::
        \sum_i -\tfrac12 \epsilon_i^2 - \log \sigma_i - \tfrac12 \log 2\pi
        - \log(1 - \tanh(u_i)^2) - \log\frac{\mathrm{high}_i - \mathrm{low}_i}{2}

    Args:
      u: [..., D], float, the pre-tanh value.
      noise: [..., D], float, `(u - loc) / scale`.
      scale: [..., D], float, positive.
      bounds: The bounds of the action.

    Returns:
      The log-density, [...], float, in nats.
    """
    return _sum(_terms(u, noise, scale), bounds)


def stored_log_likelihood(
    action: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor, bounds: Bounds
) -> tf.Tensor:
    """Returns the log-likelihood of a stored action, see `distributions.log_likelihood`.

    Args:
      action: [..., D], float, the stored action.
      loc: [..., D], float, the mean of the pre-tanh Gaussian.
      scale: [..., D], float, its standard deviation, positive.
      bounds: The bounds of the action.

    Returns:
      The log-likelihood, [...], float, in nats.
    """
    u, resolved = bounds.unsquash(action), bounds.resolved(action.dtype)
    told = tf.abs(u) < resolved
    distance = tf.where(u < 0, -loc, loc) - resolved
    # Each branch divides by the scale: where the other is taken it divides nothing, since zero
    # times an overflowed derivative is NaN.
    noise = tf.where(told, u - loc, 0) / scale
    inside = _terms(u, noise, scale)
    beyond = _log_normal_cdf(tf.where(told, tf.zeros_like(distance), distance), scale)
    # What `_sum` takes from every term, for a probability has no units.
    beyond += _LOG_SQRT_TWO_PI + np.log(bounds.half_width(u.dtype))
    return _sum(tf.where(told, inside, beyond), bounds)


# From this many standard deviations on the tail is its leading term, to relative 1e-8 of a
# logarithm of 5e7; TFP's series raises the distance to powers that overflow not far beyond.
_FAR = 1e4


def _log_normal_cdf(distance: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    r"""Returns the logarithm of the normal distribution function at `z = distance / scale`.

    .. math:: \log \Phi(z) \approx -\tfrac12 z^2 - \log(-z) - \tfrac12 \log 2\pi

    is used far below 0, and the value 0 with gradient 0 far above. All three branches have finite
    derivatives where the true derivatives are finite.
    """
    below, above = distance < -_FAR * scale, distance > _FAR * scale
    near = tfd.Normal(tf.zeros([], scale.dtype), 1.0).log_cdf(
        tf.where(below | above, tf.zeros_like(distance), distance) / scale
    )
    z = tf.where(below, distance, -scale) / scale
    tail = -0.5 * tf.square(z) - tf.math.log(-z) - _LOG_SQRT_TWO_PI
    return tf.where(below, tail, tf.where(above, tf.zeros_like(near), near))


def _terms(u: tf.Tensor, noise: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    return -0.5 * tf.square(noise) - tf.math.log(scale) - log_sech_squared(u)


def _sum(terms: tf.Tensor, bounds: Bounds) -> tf.Tensor:
    dimension = event_dimension(terms)
    return tf.reduce_sum(terms, -1) - (dimension * _LOG_SQRT_TWO_PI + bounds.log_volume(dimension))
