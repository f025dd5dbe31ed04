"""Monte Carlo estimates of entropy and divergence, each with its standard error.

Shapes: `n` is the number of samples, `...` the batch shape.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions.entropy import entropy
from maxent_tf.seeds import as_seed

METHODS = ("plain", "antithetic", "rao_blackwell")

# Symmetric about their means, and independent or jointly Gaussian.
_SYMMETRIC = (tfd.Normal, tfd.Laplace, tfd.Logistic, tfd.MultivariateNormalLinearOperator)


class Estimate(NamedTuple):
    """An unbiased estimate, with its standard error.

    Attributes:
      value: [...], float, the estimate, in nats.
      standard_error: [...], float, the estimated standard deviation of `value`.
    """

    value: tf.Tensor
    standard_error: tf.Tensor


def entropy_estimate(
    distribution: tfd.Distribution, num_samples: int, *, seed: Any, method: str = "plain"
) -> Estimate:
    r"""Estimates the entropy of a distribution from samples, where `entropy` has no closed form.

    .. math:: H \approx -\frac{1}{n} \sum_{i=1}^n \log p(x_i), \quad x_i \sim p

    Other methods need fewer samples for the same error, if they apply:

    - "antithetic", for a bijection of a symmetric distribution (TFP's `TransformedDistribution`,
      the squashed Gaussians). Draws of the base come in pairs `u` and `2 E[u] - u`, so that
      whatever is odd in their log-densities cancels.
    - "rao_blackwell", which integrates exactly what has a closed form. For a bijection `x = f(u)`
      of a base of known entropy, the entropy is `H(u) + E log|f'(u)|`, and only the second term is
      sampled. For a mixture, the same number of draws is taken from each component, weighted by
      the component's probability (stratified sampling). The error is then smaller unless the
      weights are very unequal, and the estimate has a gradient with respect to the weights.

    The gradient of the estimate is the path-wise gradient. It is an estimate of the gradient of the
    entropy only if samples are reparameterised.

    Args:
      distribution: Any TFP distribution that can be sampled and has a `log_prob`.
      num_samples: The number of samples `n`, at least 2. For "antithetic" it must be even and at
        least 4. For "rao_blackwell" of a mixture it must be a multiple of the number of components,
        at least 2 for each.
      seed: An integer or an integer tensor of shape [2].
      method: The name of the method, "plain", "antithetic" or "rao_blackwell".

    Returns:
      The estimate and its standard error, each [...], of the batch shape.

    Raises:
      NotImplementedError: If the method does not apply to the distribution.
      ValueError: If the method is unknown or `num_samples` does not suit the method.

    >>> flow = tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfb.Tanh())
    >>> estimate = entropy_estimate(flow, 1000, seed=0, method="rao_blackwell")
    >>> bool(abs(estimate.value - 0.6217) < 4 * estimate.standard_error)
    True
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, not {method!r}.")
    _check_count(num_samples, 2)
    seed = as_seed(seed)
    if method == "plain":
        _, log_prob = distribution.experimental_sample_and_log_prob(num_samples, seed=seed)
        return _average(-log_prob)
    if method == "antithetic":
        return _antithetic(distribution, num_samples, seed)
    return rao_blackwell_entropy(distribution, num_samples, seed)


def divergence_estimate(
    p: tfd.Distribution, q: tfd.Distribution, num_samples: int, *, seed: Any
) -> Estimate:
    r"""Estimates a Kullback-Leibler divergence from samples, where `divergence` has no closed form.

    .. math::
        D(p \| q) \approx \frac{1}{n} \sum_{i=1}^n \log \frac{p(x_i)}{q(x_i)}, \quad x_i \sim p

    Args:
      p: Any TFP distribution that can be sampled and has a `log_prob`.
      q: Another TFP distribution over the same space.
      num_samples: The number of samples `n`, at least 2.
      seed: An integer or an integer tensor of shape [2].

    Returns:
      The estimate and its standard error, each [...], of the broadcast batch shape.

    Raises:
      ValueError: If `num_samples` is below 2.
    """
    _check_count(num_samples, 2)
    sample, log_prob = p.experimental_sample_and_log_prob(num_samples, seed=as_seed(seed))
    return _average(log_prob - q.log_prob(sample))


@functools.singledispatch
def rao_blackwell_entropy(
    distribution: tfd.Distribution, num_samples: int, seed: tf.Tensor
) -> Estimate:
    """Estimates an entropy of which parts are exact: the generic function of "rao_blackwell".

    Register a type with `rao_blackwell_entropy.register`. This default is for bijections.
    """
    if not _is_pushforward(distribution):
        raise NotImplementedError(_DOES_NOT_APPLY.format("rao_blackwell", type(distribution)))
    base = _base(distribution)
    log_det = _average(_log_det(distribution, base.sample(num_samples, seed=seed)))
    return Estimate(entropy(base) + log_det.value, log_det.standard_error)


@rao_blackwell_entropy.register(tfd.MixtureSameFamily)
def _rao_blackwell_of_mixture(
    distribution: tfd.MixtureSameFamily, num_samples: int, seed: tf.Tensor
) -> Estimate:
    components = distribution.components_distribution
    weights = distribution.mixture_distribution.probs_parameter()
    samples = components.sample(samples_each(num_samples, weights), seed=seed)
    # [n, ..., K, *event] to [n, K, ..., *event], against which the mixture's batch broadcasts.
    rank = len(components.batch_shape)
    samples = tf.experimental.numpy.moveaxis(samples, rank, 1)
    surprise = tf.experimental.numpy.moveaxis(-distribution.log_prob(samples), 1, -1)
    return stratified(surprise, weights)


def samples_each(num_samples: int, weights: tf.Tensor) -> int:
    """Returns the number of samples from each of the components with `weights`, [..., K].

    Raises:
      ValueError: If `num_samples` is not a multiple of `K`, or is less than twice `K`.
    """
    count = weights.shape[-1]
    if num_samples % count or num_samples < 2 * count:
        raise ValueError(
            f"num_samples must be a multiple of the {count} components, at least {2 * count}, "
            f"not {num_samples}."
        )
    return num_samples // count


def stratified(terms: tf.Tensor, weights: tf.Tensor) -> Estimate:
    """Returns the weighted average over strata; `terms` is [n, ..., K], `weights` [..., K]."""
    each = _average(terms)
    variance = tf.reduce_sum(tf.square(weights * each.standard_error), -1)
    return Estimate(tf.reduce_sum(weights * each.value, -1), tf.sqrt(variance))


def _antithetic(distribution: tfd.Distribution, num_samples: int, seed: tf.Tensor) -> Estimate:
    if not _is_pushforward(distribution) or not _is_symmetric(distribution.distribution):
        raise NotImplementedError(_DOES_NOT_APPLY.format("antithetic", type(distribution)))
    _check_count(num_samples, 4, even=True)
    base = _base(distribution)
    u = base.sample(num_samples // 2, seed=seed)
    # The base's own surprise is the same at both.
    pair = 0.5 * (_log_det(distribution, u) + _log_det(distribution, 2 * base.mean() - u))
    return _average(pair - base.log_prob(u))


def _is_pushforward(distribution: tfd.Distribution) -> bool:
    # TFP's TransformedDistribution is two classes with no public common one.
    return isinstance(getattr(distribution, "bijector", None), tfb.Bijector)


def _base(distribution: tfd.Distribution) -> tfd.Distribution:
    # The parameters of a bijector may have a batch shape that its base has not.
    base, shape = distribution.distribution, distribution.batch_shape
    return base if base.batch_shape == shape else tfd.BatchBroadcast(base, shape)


def _log_det(distribution: tfd.Distribution, u: tf.Tensor) -> tf.Tensor:
    rank = len(distribution.distribution.event_shape)
    log_det = distribution.bijector.forward_log_det_jacobian(u, event_ndims=rank)
    # A constant Jacobian comes without the sample axis.
    return tf.broadcast_to(log_det, tf.shape(u)[: tf.rank(u) - rank])


def _is_symmetric(base: tfd.Distribution) -> bool:
    if isinstance(base, tfd.Independent | tfd.Sample):
        return _is_symmetric(base.distribution)
    return isinstance(base, _SYMMETRIC)


def _average(terms: tf.Tensor) -> Estimate:
    """Returns the average of independent terms, [n, ...]."""
    count = tf.cast(tf.shape(terms)[0], terms.dtype)
    variance = tf.math.reduce_variance(terms, 0) * count / (count - 1)
    return Estimate(tf.reduce_mean(terms, 0), tf.sqrt(variance / count))


def _check_count(num_samples: int, least: int, even: bool = False) -> None:
    if num_samples < least or (even and num_samples % 2):
        kind = "even and at least" if even else "at least"
        raise ValueError(f"num_samples must be {kind} {least}, not {num_samples}.")


_DOES_NOT_APPLY = "method={!r} does not apply to {.__name__}: use method='plain'."
