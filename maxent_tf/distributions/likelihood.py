"""The likelihood of a stored action as a generic function: right, or an error."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd


@functools.singledispatch
def log_likelihood(distribution: tfd.Distribution, action: Any) -> tf.Tensor:
    r"""Returns the log-likelihood of an action as it was stored.

    What was stored may be less than what was drawn. An action of a squashed Gaussian that is on a
    bound in some dimension, or so near it that it no longer tells its pre-tanh value
    (`Bounds.resolved`, :math:`u^*`, 6.9 in float32), stands there for all that ends so, and its
    likelihood is the probability of that,

    .. math::
        \log P(\pm u \ge u^*) = \log \Phi((\pm \mathrm{loc} - u^*) / \mathrm{scale})

    while in every other dimension it is the density, as in `log_prob`. Ratios of likelihoods and
    their gradients, by which policies learn from what they did, are so those of what is known of
    the action. The density at a bound is that of one pre-tanh value, which need not be near the one
    drawn: with `loc` 30 beyond it, a small step changes that density by hundreds of nats, and the
    probability not at all. A mixture's likelihood is the weighted sum of its components'.

    Of discrete distributions, and of continuous ones of bounded density on the whole real line,
    rounding takes nothing: their likelihood is `log_prob`. Further types are added with
    `log_likelihood.register`.

    Args:
      distribution: `SquashedGaussian`, `SquashedGaussianMixture`; categorical (one-hot too),
        Bernoulli, binomial, Poisson, normal, multivariate normal, Laplace, logistic, Student's t;
        or independent such ones.
      action: [..., *E], as it was stored, of its batch and event shape.

    Returns:
      [...], float, in nats; a density in the dimensions of a continuous action that are not near a
      bound.

    Raises:
      NotImplementedError: if the likelihood of stored actions is not known for such a distribution.
      TypeError: if `distribution` is none.

    References:
      J. Tobin (1958), "Estimation of relationships for limited dependent variables",
      https://doi.org/10.2307/1907382 (the likelihood of what is observed up to a limit)

    >>> round(float(log_likelihood(tfd.Categorical(logits=[0.0, 0.0]), 1)), 4)
    -0.6931
    """
    if not isinstance(distribution, tfd.Distribution):
        raise TypeError(f"distribution must be a TFP distribution, not {distribution!r}.")
    name = type(distribution).__name__
    raise NotImplementedError(
        f"The likelihood of stored actions is not known for {name}: where rounding takes nothing "
        f"from an action, use distribution.log_prob(action), or tell so once by "
        f"log_likelihood.register({name}, {name}.log_prob)."
    )


@log_likelihood.register(tfd.Bernoulli)
@log_likelihood.register(tfd.Binomial)
@log_likelihood.register(tfd.Categorical)
@log_likelihood.register(tfd.Laplace)
@log_likelihood.register(tfd.Logistic)
@log_likelihood.register(tfd.MultivariateNormalLinearOperator)
@log_likelihood.register(tfd.Normal)
@log_likelihood.register(tfd.OneHotCategorical)
@log_likelihood.register(tfd.Poisson)
@log_likelihood.register(tfd.StudentT)
def _log_prob(distribution: tfd.Distribution, action: Any) -> tf.Tensor:
    return distribution.log_prob(action)


@log_likelihood.register(tfd.Independent)
def _of_independent(distribution: tfd.Independent, action: Any) -> tf.Tensor:
    each = log_likelihood(distribution.distribution, action)
    return tf.reduce_sum(each, tf.range(-distribution.reinterpreted_batch_ndims, 0))
