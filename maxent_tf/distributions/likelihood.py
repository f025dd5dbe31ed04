"""The likelihood of a stored action as a generic function, which is right or raises an error."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd


@functools.singledispatch
def log_likelihood(distribution: tfd.Distribution, action: Any) -> tf.Tensor:
    r"""Returns the log-likelihood of an action in the form in which it was stored.

    Rounding can lose information about the action that was drawn. In float32, for example, tanh(u)
    rounds to 1 for large u. Let :math:`u^*` be the largest pre-tanh value that a rounded action
    still determines well (`Bounds.resolved`, 6.9 in float32). An action of a squashed Gaussian that
    is on a bound in some dimension, or so near the bound that its pre-tanh value exceeds
    :math:`u^*`, stands for all actions that end there. Its likelihood in that dimension is
    therefore the probability of all of them,

    .. math::
        \log P(\pm u \ge u^*) = \log \Phi((\pm \mathrm{loc} - u^*) / \mathrm{scale})

    In every other dimension the likelihood is the density, as in `log_prob`. Policies learn from
    ratios of likelihoods and their gradients, which so use only what is known of the action. The
    density at a bound, in contrast, is that of a single pre-tanh value, which need not be near the
    value drawn: with `loc` 30 beyond it, a small step changes that density by hundreds of nats and
    the probability not at all. The likelihood of a mixture is the weighted sum of its components'.

    Rounding loses nothing in discrete distributions, and in continuous distributions with a bounded
    density on the whole real line: their likelihood is `log_prob`. Further types are added with
    `log_likelihood.register`.

    Args:
      distribution: A `SquashedGaussian` or `SquashedGaussianMixture`; a categorical (one-hot too),
        Bernoulli, binomial, Poisson, normal, multivariate normal, Laplace, logistic or Student's t
        distribution; or independent ones of these.
      action: [..., *E], the stored action, of the distribution's batch and event shape.

    Returns:
      The log-likelihood, [...], float, in nats; a density in the dimensions of a continuous action
      that are not near a bound.

    Raises:
      NotImplementedError: If the likelihood of stored actions is not known for such a distribution.
      TypeError: If `distribution` is not a TFP distribution.

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
        f"The likelihood of stored actions is not known for {name}: if rounding loses nothing of "
        f"an action, use distribution.log_prob(action), or register that once by "
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
