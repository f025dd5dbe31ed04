r"""The tanh-squashed Gaussian with a full covariance, for actions with correlated exploration."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.internal import dtype_util

from maxent_tf import draws
from maxent_tf.distributions.arguments import draw_seed, draw_shape
from maxent_tf.distributions.likelihood import log_likelihood
from maxent_tf.distributions.squashed_base import SquashedDistribution
from maxent_tf.distributions.squashed_density import SquashedSample, squashed_log_prob
from maxent_tf.distributions.squashed_gaussian import SquashedGaussian
from maxent_tf.distributions.tanh_bijector import Tanh


class SquashedMultivariateGaussian(SquashedDistribution):
    r"""A Gaussian with a full covariance, squashed into a box by tanh.

    .. math::
        a = \mathrm{low} + (\mathrm{high} - \mathrm{low}) (\tanh(u) + 1) / 2,
        \quad u \sim N(\mathrm{loc}, L L^\top)

    The entropy is exact: the log-Jacobian is a sum over dimensions, so that its expectation needs
    only the marginals, which are `SquashedGaussian`. `mean`, `stddev`, `median`, `cdf` and
    `quantile` are those of the marginals, [..., D]. Covariances between the dimensions of the
    action and the mode have no closed form.

    Densities at the bounds are as in `SquashedGaussian`.

    Args:
      loc: [..., D], float, mean of the pre-tanh Gaussian.
      scale_tril: [..., D, D], float, `L`, lower triangular with a positive diagonal.
      low: The lower bounds of the action, a float or an array [D], known statically.
      high: The upper bounds, a float or an array [D], above `low`.
      validate_args: Whether to assert in the graph that the parameters and values are valid.
      name: The name of the operations in the graph.

    Raises:
      ValueError: If `low >= high` anywhere, a bound is not finite, the bounds do not fit `D`, or
        the dtype cannot represent two different bounds or their difference.

    >>> d = SquashedMultivariateGaussian([0.0, 0.0], [[1.0, 0.0], [0.8, 0.6]])
    >>> independent = SquashedGaussian([0.0, 0.0], [1.0, 1.0])
    >>> round(float(independent.entropy() - d.entropy()), 3)  # -log(1 - 0.8^2) / 2
    0.511
    """

    _event_parameters = ("loc", "scale_tril")

    def __init__(
        self,
        loc: Any,
        scale_tril: Any,
        low: Any = -1.0,
        high: Any = 1.0,
        validate_args: bool = False,
        name: str = "SquashedMultivariateGaussian",
    ) -> None:
        super().__init__(
            {"loc": loc, "scale_tril": scale_tril},
            low,
            high,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            name=name,
        )

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: int | None = None) -> dict[str, Any]:
        return {
            "loc": tfp.util.ParameterProperties(event_ndims=1),
            "scale_tril": tfp.util.ParameterProperties(
                event_ndims=2,
                default_constraining_bijector_fn=lambda: tfb.FillScaleTriL(
                    diag_shift=dtype_util.eps(dtype)
                ),
            ),
        }

    @property
    def loc(self) -> tf.Tensor:
        """The mean of the pre-tanh Gaussian, [..., D]."""
        return self._loc

    @property
    def scale_tril(self) -> tf.Tensor:
        """The Cholesky factor of the covariance of the pre-tanh Gaussian, [..., D, D]."""
        return self._scale_tril

    @property
    def distribution(self) -> tfd.MultivariateNormalTriL:
        """The pre-tanh Gaussian."""
        return tfd.MultivariateNormalTriL(self.loc, self.scale_tril)

    @property
    def bijector(self) -> tfb.Bijector:
        """The squashing from the pre-tanh value to the action."""
        return Tanh(self.low, self.high)

    @property
    def marginals(self) -> SquashedGaussian:
        """The marginal distributions of the dimensions, as one distribution of independent ones."""
        variance = tf.reduce_sum(tf.square(self.scale_tril), -1)
        return SquashedGaussian(self.loc, tf.sqrt(variance), self.low, self.high)

    def _draw_with_gaussian(self, sample_shape: Any, seed: Any) -> SquashedSample:
        diagonal = tf.linalg.diag_part(self.scale_tril)
        shape = draw_shape(sample_shape, tf.convert_to_tensor(self.loc), diagonal)
        noise = draws.normal(shape, draw_seed(seed), self.dtype)
        u = self.loc + tf.linalg.matvec(self.scale_tril, noise)
        log_prob = squashed_log_prob(u, noise, diagonal, self._bounds)
        return SquashedSample(self._bounds.squash(u), log_prob, u)

    def _log_prob_from_gaussian(self, u: tf.Tensor) -> tf.Tensor:
        scale_tril = tf.convert_to_tensor(self.scale_tril)
        deviation = (u - self.loc)[..., tf.newaxis]
        noise = tf.linalg.triangular_solve(scale_tril, deviation)[..., 0]
        return squashed_log_prob(u, noise, tf.linalg.diag_part(scale_tril), self._bounds)

    def median(self) -> tf.Tensor:
        """Returns the median of each dimension, [..., D], which is the squashed `loc`."""
        return self.marginals.median()

    def _entropy(self) -> tf.Tensor:
        # That of the marginals, less the base's mutual information, which a bijection of each
        # dimension leaves as it is.
        scale_tril = tf.convert_to_tensor(self.scale_tril)
        ratio = tf.linalg.diag_part(scale_tril) / tf.norm(scale_tril, axis=-1)
        return self.marginals.entropy() + tf.reduce_sum(tf.math.log(ratio), -1)

    def _mean(self) -> tf.Tensor:
        return self.marginals.mean()

    def _stddev(self) -> tf.Tensor:
        return self.marginals.stddev()

    def _variance(self) -> tf.Tensor:
        return self.marginals.variance()

    def _cdf(self, value: tf.Tensor) -> tf.Tensor:
        return self.marginals.cdf(value)

    def _quantile(self, value: tf.Tensor) -> tf.Tensor:
        return self.marginals.quantile(value)


@log_likelihood.register(SquashedMultivariateGaussian)
def _log_likelihood_of_squashed_multivariate(
    distribution: SquashedMultivariateGaussian, action: Any
) -> tf.Tensor:
    raise NotImplementedError(
        "SquashedMultivariateGaussian has no closed-form likelihood of stored actions, because the "
        "likelihood of several dimensions on their bounds is the probability of a corner: store "
        "the pre-tanh value (sample_with_gaussian) and use log_prob_from_gaussian, or use "
        "log_prob, which treats an action on a bound as the last representable one inside."
    )


@tfd.RegisterKL(SquashedMultivariateGaussian, SquashedMultivariateGaussian)
def _kl_squashed_multivariate_gaussians(
    p: SquashedMultivariateGaussian, q: SquashedMultivariateGaussian, name: str | None = None
) -> tf.Tensor:
    """The KL divergence between the base Gaussians, because their common bijection cancels."""
    p.bounds.check_same(q.bounds)
    return tfd.kl_divergence(p.distribution, q.distribution, name=name)
