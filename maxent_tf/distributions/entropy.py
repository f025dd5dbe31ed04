r"""Entropies as generic functions over distributions, which are exact or raise an error.

Shannon's entropy is that of TFP, whose own methods are closed forms or raise errors. Rényi's and
Tsallis's entropies need the integral of a power of the density, which has a closed form for
discrete and Gaussian distributions. Further types are added with `entropy.register` and
`renyi_entropy.register`.
"""

from __future__ import annotations

import functools
import math

import tensorflow as tf
from tensorflow_probability import distributions as tfd


@functools.singledispatch
def entropy(distribution: tfd.Distribution) -> tf.Tensor:
    r"""Returns the exact entropy of a distribution, or raises.

    .. math:: H = -E \log p(X)

    Args:
      distribution: Any TFP distribution.

    Returns:
      The entropy, [...], float, of the batch shape, in nats. For a discrete distribution it is the
      entropy of the probabilities, at least 0. For a continuous distribution it is the differential
      entropy, of any sign.

    Raises:
      NotImplementedError: If no closed form is known. `entropy_estimate` estimates from samples.
      TypeError: If `distribution` is not a TFP distribution.

    >>> round(float(entropy(tfd.Categorical(logits=[0.0, 0.0]))), 4)
    0.6931
    """
    if not isinstance(distribution, tfd.Distribution):
        raise TypeError(f"distribution must be a TFP distribution, not {distribution!r}.")
    try:
        return distribution.entropy()
    except (NotImplementedError, ValueError) as error:
        # A joint distribution whose parts depend on each other refuses with ValueError.
        if isinstance(error, ValueError) and not isinstance(distribution, tfd.JointDistribution):
            raise
        raise _no_closed_form(distribution, "entropy") from error


@entropy.register(tfd.OneHotCategorical)
def _entropy_of_one_hot(distribution: tfd.OneHotCategorical) -> tf.Tensor:
    # TFP's own is NaN in value or gradient where an outcome is impossible; the categorical's not.
    return tfd.Categorical(logits=distribution.logits_parameter()).entropy()


def renyi_entropy(distribution: tfd.Distribution, order: float) -> tf.Tensor:
    r"""Returns the Rényi entropy of a discrete or Gaussian distribution.

    .. math:: H_a = \frac{1}{1 - a} \log \int p(x)^a \, dx

    Order 1 is Shannon's entropy. Order 0 is the logarithm of the size of the support (Hartley).
    Order infinity is minus the logarithm of the largest probability. The entropy falls as the order
    rises.

    Args:
      distribution: A categorical (one-hot too), Bernoulli, normal or multivariate normal
        distribution, or independent ones of these.
      order: The order `a`, at least 0; may be `math.inf`.

    Returns:
      The entropy, [...], float, of the batch shape, in nats.

    Raises:
      NotImplementedError: If no closed form is known.
      ValueError: If `order` is negative or NaN.

    References:
      A. Rényi (1961), "On measures of entropy and information", section 1,
      https://projecteuclid.org/euclid.bsmsp/1200512181

    >>> round(float(renyi_entropy(tfd.Categorical(probs=[0.5, 0.25, 0.25]), math.inf)), 4)
    0.6931
    """
    if not order >= 0:
        raise ValueError(f"order must be at least 0, not {order}.")
    return entropy(distribution) if order == 1 else _renyi(distribution, order)


def tsallis_entropy(distribution: tfd.Distribution, index: float) -> tf.Tensor:
    r"""Returns the Tsallis entropy of a discrete or Gaussian distribution.

    .. math:: S_k = \frac{1}{k - 1} \left(1 - \int p(x)^k \, dx\right)

    Index 1 is Shannon's entropy. For discrete distributions, the Tsallis entropy is `k` times the
    value of the regulariser `maxent_tf.regularizers.Tsallis(k)`.

    Args:
      distribution: A distribution of a type that `renyi_entropy` accepts.
      index: The index `k`, at least 0 and finite.

    Returns:
      The entropy, [...], float, of the batch shape.

    Raises:
      NotImplementedError: If no closed form is known.
      ValueError: If `index` is negative, infinite or NaN.

    References:
      C. Tsallis (1988), "Possible generalization of Boltzmann-Gibbs statistics", equation 1,
      https://doi.org/10.1007/BF01016429

    >>> round(float(tsallis_entropy(tfd.Categorical(probs=[0.5, 0.5]), 2.0)), 4)
    0.5
    """
    if not 0 <= index < math.inf:
        raise ValueError(f"index must be finite and at least 0, not {index}.")
    if index == 1:
        return entropy(distribution)
    # The integral is exp((1 - k) H_k); expm1 keeps the digits as k approaches 1.
    return tf.math.expm1((1 - index) * renyi_entropy(distribution, index)) / (1 - index)


@functools.singledispatch
def _renyi(distribution: tfd.Distribution, order: float) -> tf.Tensor:
    raise _no_closed_form(distribution, f"Rényi entropy of order {order}")


@_renyi.register(tfd.Categorical)
@_renyi.register(tfd.OneHotCategorical)
def _renyi_of_categorical(distribution: tfd.Categorical, order: float) -> tf.Tensor:
    return _renyi_of_log_probs(tf.nn.log_softmax(distribution.logits_parameter()), order)


@_renyi.register(tfd.Bernoulli)
def _renyi_of_bernoulli(distribution: tfd.Bernoulli, order: float) -> tf.Tensor:
    logits = distribution.logits_parameter()
    log_probs = tf.stack([tf.math.log_sigmoid(-logits), tf.math.log_sigmoid(logits)], -1)
    return _renyi_of_log_probs(log_probs, order)


@_renyi.register(tfd.Normal)
def _renyi_of_normal(distribution: tfd.Normal, order: float) -> tf.Tensor:
    log_scale = tf.math.log(distribution.scale) + tf.zeros_like(distribution.loc)
    return log_scale + _renyi_of_standard_normal(order)


@_renyi.register(tfd.MultivariateNormalLinearOperator)
def _renyi_of_multivariate_normal(
    distribution: tfd.MultivariateNormalLinearOperator, order: float
) -> tf.Tensor:
    dimension = tf.cast(distribution.event_shape_tensor()[0], distribution.dtype)
    volume = distribution.scale.log_abs_determinant()
    volume += tf.zeros(distribution.batch_shape_tensor(), volume.dtype)
    return volume + dimension * _renyi_of_standard_normal(order)


@_renyi.register(tfd.Independent)
def _renyi_of_independent(distribution: tfd.Independent, order: float) -> tf.Tensor:
    # The integral over a product is the product of the integrals.
    each = renyi_entropy(distribution.distribution, order)
    rank = tf.rank(each) - tf.size(distribution.batch_shape_tensor())
    return tf.reduce_sum(each, tf.range(-rank, 0))


def _renyi_of_log_probs(log_probs: tf.Tensor, order: float) -> tf.Tensor:
    if math.isinf(order):
        return -tf.reduce_max(log_probs, -1)
    if abs(order - 1) > 0.5:
        possible = log_probs > -math.inf
        powers = tf.where(possible, order * tf.where(possible, log_probs, 0), -math.inf)
        return tf.reduce_logsumexp(powers, -1) / (1 - order)
    # Near order 1, log(sum p^a) = log1p(sum p expm1((a - 1) log p)) is a small number divided by a
    # small number. Terms of p below exp(-80), which are no part of the sum, must not overflow.
    excess = (order - 1) * tf.maximum(log_probs, -80)
    change = tf.reduce_sum(tf.exp(log_probs) * tf.math.expm1(excess), -1)
    return tf.math.log1p(change) / (1 - order)


def _renyi_of_standard_normal(order: float) -> float:
    if order == 0:
        return math.inf
    half_log = 0.5 * math.log(2 * math.pi)
    return half_log if math.isinf(order) else half_log + 0.5 * math.log(order) / (order - 1)


def _no_closed_form(distribution: tfd.Distribution, name: str) -> NotImplementedError:
    return NotImplementedError(
        f"{type(distribution).__name__} has no closed-form {name}: use "
        "maxent_tf.entropy_estimate(distribution, num_samples, seed=seed) for its Shannon entropy."
    )
