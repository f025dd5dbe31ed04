r"""A mixture of tanh-squashed Gaussians, a policy with several modes.

.. math:: p(a) = \sum_k w_k \, p_k(a), \quad p_k \text{ a SquashedGaussian}

Shapes: `K` is the number of components, `D` the dimension of the action, `...` the batch shape.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.internal import dtype_util

from maxent_tf import draws
from maxent_tf.distributions.arguments import draw_seed, draw_shape
from maxent_tf.distributions.bounds import event_dimension
from maxent_tf.distributions.estimates import (
    Estimate,
    rao_blackwell_entropy,
    samples_each,
    stratified,
)
from maxent_tf.distributions.likelihood import log_likelihood
from maxent_tf.distributions.squashed_base import SquashedDistribution
from maxent_tf.distributions.squashed_density import SquashedSample
from maxent_tf.distributions.squashed_gaussian import SquashedGaussian
from maxent_tf.distributions.tanh import log_sech_squared


class EntropyBounds(NamedTuple):
    """A lower and an upper bound of an entropy, each [...], in nats."""

    lower: tf.Tensor
    upper: tf.Tensor


class SquashedGaussianMixture(SquashedDistribution):
    r"""A mixture of squashed Gaussians in one box.

    `mean`, `variance`, `stddev` and `cdf` are exact and for each dimension, [..., D]. The entropy
    has no closed form: `entropy_bounds` encloses it, and `entropy_estimate` estimates it from
    samples. The best method for the estimate is `method="rao_blackwell"`, which draws equally often
    from each component and computes the log-Jacobian exactly. Samples are not reparameterised,
    because the choice of a component is discrete.

    Densities at the bounds are as in `SquashedGaussian`.

    Args:
      logits: [..., K], float, unnormalised log-weights; -inf leaves a component out.
      loc: [..., K, D], float, means of the pre-tanh Gaussians.
      scale: [..., K, D], float, their standard deviations, positive.
      low: The lower bounds of the action, a float or an array [D], known statically.
      high: The upper bounds, a float or an array [D], above `low`.
      validate_args: Whether to assert in the graph that the parameters and values are valid.
      name: The name of the operations in the graph.

    Raises:
      ValueError: If `low >= high` anywhere, a bound is not finite, the bounds do not fit `D`, or
        the dtype cannot represent two different bounds or their difference.

    >>> d = SquashedGaussianMixture([0.0, 0.0], loc=[[-2.0], [2.0]], scale=[[0.1], [0.1]])
    >>> [round(float(x), 2) for x in d.entropy_bounds()]
    [-2.84, -2.84]
    """

    _event_parameters = ("loc", "scale")

    def __init__(
        self,
        logits: Any,
        loc: Any,
        scale: Any,
        low: Any = -1.0,
        high: Any = 1.0,
        validate_args: bool = False,
        name: str = "SquashedGaussianMixture",
    ) -> None:
        super().__init__(
            {"logits": logits, "loc": loc, "scale": scale},
            low,
            high,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=validate_args,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: int | None = None) -> dict[str, Any]:
        return {
            "logits": tfp.util.ParameterProperties(event_ndims=1),
            "loc": tfp.util.ParameterProperties(event_ndims=2),
            "scale": tfp.util.ParameterProperties(
                event_ndims=2,
                default_constraining_bijector_fn=lambda: tfb.Softplus(low=dtype_util.eps(dtype)),
            ),
        }

    @property
    def logits(self) -> tf.Tensor:
        """The unnormalised log-weights, [..., K]."""
        return self._logits

    @property
    def loc(self) -> tf.Tensor:
        """The means of the pre-tanh Gaussians, [..., K, D]."""
        return self._loc

    @property
    def scale(self) -> tf.Tensor:
        """The standard deviations of the pre-tanh Gaussians, [..., K, D]."""
        return self._scale

    @property
    def components(self) -> SquashedGaussian:
        """The components, as one distribution of batch shape [..., K]."""
        return SquashedGaussian(self.loc, self.scale, self.low, self.high)

    def _draw_with_gaussian(self, sample_shape: Any, seed: Any) -> SquashedSample:
        choice_seed, noise_seed = tf.unstack(draws.split(draw_seed(seed), 2))
        components = self.components
        loc, scale = components.distribution.loc, components.distribution.stddev()
        # One uniform number below 1 inverts the cumulative weights. Times their sum, which rounding
        # may leave below 1, it never passes the last component that has any.
        cumulative = tf.cumsum(tf.nn.softmax(self.logits), axis=-1)
        shape = draw_shape(sample_shape, tf.convert_to_tensor(self.logits)[..., 0], loc[..., 0, 0])
        uniform = draws.uniform(shape, choice_seed, self.dtype)
        level = uniform[..., tf.newaxis] * cumulative[..., -1:]
        chosen = tf.reduce_sum(tf.cast(level >= cumulative[..., :-1], tf.int32), -1)
        selection = tf.one_hot(chosen, tf.shape(self.logits)[-1], dtype=self.dtype)
        loc = tf.reduce_sum(selection[..., tf.newaxis] * loc, -2)
        scale = tf.reduce_sum(selection[..., tf.newaxis] * scale, -2)
        noise = draws.normal(tf.shape(loc), noise_seed, self.dtype)
        # A path-wise gradient would lack that of the choice.
        u = tf.stop_gradient(loc + scale * noise)
        return SquashedSample(self._bounds.squash(u), self._log_prob_from_gaussian(u), u)

    def _log_prob_from_gaussian(self, u: tf.Tensor) -> tf.Tensor:
        each = self.components.log_prob_from_gaussian(u[..., tf.newaxis, :])
        return tf.reduce_logsumexp(self._log_weights() + each, -1)

    def entropy_bounds(self) -> EntropyBounds:
        r"""Returns bounds of the entropy, computed from the distances between the components.

        .. math::
            H \ge \sum_i w_i \Bigl(H_i - \log \sum_j w_j e^{-B_{ij}}\Bigr), \quad
            H \le \sum_i w_i \Bigl(H_i - \log \sum_j w_j e^{-D_{ij}}\Bigr)

        with the entropies `H_i`, the Bhattacharyya distances `B` and the Kullback-Leibler
        divergences `D` of the components; the distances and divergences are those of the Gaussians.
        The two bounds are equal where components coincide or are far apart. The upper bound is at
        most the entropy of the uniform distribution.

        References:
          A. Kolchinsky, B. D. Tracey (2017), "Estimating mixture entropy with pairwise distances",
          equations 10 and 12, https://arxiv.org/abs/1706.02419
        """
        gaussian = self.components.distribution
        loc, scale = gaussian.loc, gaussian.stddev()
        shift = loc[..., tf.newaxis, :] - loc[..., tf.newaxis, :, :]
        p, q = scale[..., tf.newaxis, :], scale[..., tf.newaxis, :, :]
        ratio, log_ratio = p / q, tf.math.log(p) - tf.math.log(q)
        # log((p / q + q / p) / 2), the logarithm of a hyperbolic cosine.
        log_mean = -0.5 * log_sech_squared(log_ratio)
        bhattacharyya = 0.25 * tf.square(shift) / (tf.square(p) + tf.square(q)) + 0.5 * log_mean
        kl = 0.5 * (tf.square(shift / q) + tf.square(ratio) - 1) - log_ratio
        log_weights = self._log_weights()
        weights = tf.exp(log_weights)

        def bound(distance: tf.Tensor) -> tf.Tensor:
            close = log_weights[..., tf.newaxis, :] - tf.reduce_sum(distance, -1)
            overlap = tf.reduce_logsumexp(close, -1)
            terms = self.components.entropy() - overlap
            # A component that is left out has none.
            return tf.reduce_sum(tf.where(weights > 0, weights * terms, 0), -1)

        dimension = event_dimension(loc)
        uniform = dimension * math.log(2) + self._bounds.log_volume(dimension)
        return EntropyBounds(bound(bhattacharyya), tf.minimum(bound(kl), uniform))

    def _log_weights(self) -> tf.Tensor:
        return tf.nn.log_softmax(self.logits)

    def _over_components(self, statistic: tf.Tensor) -> tf.Tensor:
        """Averages a statistic, [..., K, D], over the components."""
        return tf.reduce_sum(tf.nn.softmax(self.logits)[..., tf.newaxis] * statistic, -2)

    def _mean(self) -> tf.Tensor:
        return self._over_components(self.components.mean())

    def _variance(self) -> tf.Tensor:
        components = self.components
        mean = components.mean()
        between = tf.square(mean - self._over_components(mean)[..., tf.newaxis, :])
        return self._over_components(components.variance() + between)

    def _cdf(self, value: tf.Tensor) -> tf.Tensor:
        return self._over_components(self.components.cdf(value[..., tf.newaxis, :]))


@log_likelihood.register(SquashedGaussianMixture)
def _log_likelihood_of_squashed_mixture(
    distribution: SquashedGaussianMixture, action: Any
) -> tf.Tensor:
    action = tf.convert_to_tensor(action, distribution.dtype)
    with distribution._name_and_control_scope("log_likelihood", action):
        each = log_likelihood(distribution.components, action[..., tf.newaxis, :])
        return tf.reduce_logsumexp(tf.nn.log_softmax(distribution.logits) + each, -1)


@rao_blackwell_entropy.register(SquashedGaussianMixture)
def _rao_blackwell_of_squashed_mixture(
    distribution: SquashedGaussianMixture, num_samples: int, seed: tf.Tensor
) -> Estimate:
    weights = tf.nn.softmax(distribution.logits)
    components = distribution.components
    gaussian = components.distribution
    u = gaussian.sample(samples_each(num_samples, weights), seed=seed)  # [n, ..., K, D]
    each = gaussian[..., tf.newaxis, :].log_prob(u[..., tf.newaxis, :])  # [n, ..., K, K]
    log_weights = tf.nn.log_softmax(distribution.logits)[..., tf.newaxis, :]
    surprise = -tf.reduce_logsumexp(log_weights + each, -1)
    # Of a component the entropy exceeds that of its Gaussian by the expected log-Jacobian.
    log_det = components.entropy() - gaussian.entropy()
    return stratified(surprise + log_det, weights)
