r"""The tanh-squashed diagonal Gaussian, the policy of soft actor-critic.

.. math::
    a = \mathrm{low} + (\mathrm{high} - \mathrm{low}) (\tanh(u) + 1) / 2,
    \quad u \sim N(\mathrm{loc}, \mathrm{diag}(\mathrm{scale}^2))

A sample and its log-density are computed together, from the noise and the pre-tanh value `u`. The
density of a stored action can only be computed from what rounding has left of the action. In
float32, tanh(u) rounds to 1 for `u` of 8.66 and above, so `u` cannot be recovered from the action.

Shapes: `D` is the dimension of the action, `n` a sample shape, `...` the batch shape.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.internal import dtype_util

from maxent_tf import draws
from maxent_tf.distributions import squashed_moments
from maxent_tf.distributions.arguments import draw_seed, draw_shape
from maxent_tf.distributions.bounds import event_dimension
from maxent_tf.distributions.likelihood import log_likelihood
from maxent_tf.distributions.squashed_base import SquashedDistribution
from maxent_tf.distributions.squashed_density import (
    SquashedSample,
    squashed_log_prob,
    stored_log_likelihood,
)
from maxent_tf.distributions.squashed_mode import squashed_mode
from maxent_tf.distributions.squashed_spread import stddev_tanh
from maxent_tf.distributions.standard_normal import normal_cdf, normal_quantile
from maxent_tf.distributions.tanh_bijector import Tanh


class SquashedGaussian(SquashedDistribution):
    """A diagonal Gaussian, squashed into a box by tanh, with exact statistics.

    `entropy`, `mean`, `variance` and their gradients are deterministic and accurate to rounding
    error (`maxent_tf.distributions.squashed_moments` derives them). The distribution is a composite
    tensor, which can be an argument or a result of a `tf.function`.

    `log_prob` treats an action at a bound, beyond it, or nearer to it than floats resolve tanh, as
    the last representable action inside: the density is finite, with finite gradients. To learn
    from stored actions, use `distributions.log_likelihood`, which takes into account that an action
    at a bound stands for many. If the pre-tanh value is known, `log_prob_from_gaussian` is exact.
    `experimental_sample_and_log_prob` and `sample_with_gaussian` return a draw with its density.

    Args:
      loc: [..., D], float, mean of the pre-tanh Gaussian.
      scale: [..., D], float, its standard deviation, positive; broadcasts with `loc`.
      low: The lower bounds of the action, a float or an array [D], known statically.
      high: The upper bounds, a float or an array [D], above `low`.
      validate_args: Whether to assert in the graph that the parameters and values are valid.
      name: The name of the operations in the graph.

    Raises:
      ValueError: If `low >= high` anywhere, a bound is not finite, the bounds do not fit `D`, or
        the dtype cannot represent two different bounds or their difference.

    References:
      T. Haarnoja et al. (2018), "Soft actor-critic", appendix C, https://arxiv.org/abs/1801.01290

    >>> d = SquashedGaussian(loc=[0.3], scale=[1.2])
    >>> round(float(d.median()[0]), 3), round(float(d.mean()[0]), 3)
    (0.291, 0.161)
    >>> action, log_prob = d.experimental_sample_and_log_prob(seed=0)
    """

    _event_parameters = ("loc", "scale")

    def __init__(
        self,
        loc: Any,
        scale: Any,
        low: Any = -1.0,
        high: Any = 1.0,
        validate_args: bool = False,
        name: str = "SquashedGaussian",
    ) -> None:
        super().__init__(
            {"loc": loc, "scale": scale},
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
            "scale": tfp.util.ParameterProperties(
                event_ndims=1,
                default_constraining_bijector_fn=lambda: tfb.Softplus(low=dtype_util.eps(dtype)),
            ),
        }

    @property
    def loc(self) -> tf.Tensor:
        """The mean of the pre-tanh Gaussian, [..., D]."""
        return self._loc

    @property
    def scale(self) -> tf.Tensor:
        """The standard deviation of the pre-tanh Gaussian, [..., D]."""
        return self._scale

    @property
    def distribution(self) -> tfd.MultivariateNormalDiag:
        """The pre-tanh Gaussian."""
        loc = self._broadcast_loc()
        return tfd.MultivariateNormalDiag(loc, self.scale + tf.zeros_like(loc))

    @property
    def bijector(self) -> tfb.Bijector:
        """The squashing from the pre-tanh value to the action."""
        return Tanh(self.low, self.high)

    def median(self) -> tf.Tensor:
        """Returns the median of each dimension, [..., D], which is the squashed `loc`."""
        return self._bounds.squash(self._broadcast_loc())

    def _broadcast_loc(self) -> tf.Tensor:
        return self.loc + tf.zeros_like(self.scale)

    def _draw_with_gaussian(self, sample_shape: Any, seed: Any) -> SquashedSample:
        loc, scale = tf.convert_to_tensor(self.loc), tf.convert_to_tensor(self.scale)
        shape = draw_shape(sample_shape, loc, scale)
        noise = draws.normal(shape, draw_seed(seed), self.dtype)
        u = loc + scale * noise
        log_prob = squashed_log_prob(u, noise, scale, self._bounds)
        return SquashedSample(self._bounds.squash(u), log_prob, u)

    def _log_prob_from_gaussian(self, u: tf.Tensor) -> tf.Tensor:
        scale = tf.convert_to_tensor(self.scale)
        return squashed_log_prob(u, (u - self.loc) / scale, scale, self._bounds)

    def _entropy(self) -> tf.Tensor:
        r"""The entropy, in nats: that of the Gaussian plus the expected log-Jacobian.

        .. math::
            H = \sum_i \tfrac12 \log 2 \pi e + \log \sigma_i + E \log(1 - \tanh(u_i)^2)
            + \log\frac{\mathrm{high}_i - \mathrm{low}_i}{2}

        It is at most the entropy of the uniform distribution, `sum_i log(high_i - low_i)`.
        """
        scale = tf.convert_to_tensor(self.scale)
        terms = squashed_moments.expected_log_sech_squared(self.loc, scale) + tf.math.log(scale)
        dimension = event_dimension(terms)
        constant = dimension * (0.5 * math.log(2 * math.pi * math.e)) + self._bounds.log_volume(
            dimension
        )
        return tf.reduce_sum(terms, -1) + constant

    def _mean(self) -> tf.Tensor:
        mean = squashed_moments.mean_tanh(self.loc, self.scale)
        return self._bounds.middle(self.dtype) + self._bounds.half_width(self.dtype) * mean

    def _stddev(self) -> tf.Tensor:
        stddev = stddev_tanh(self.loc, self.scale)
        return self._bounds.half_width(self.dtype) * stddev

    def _variance(self) -> tf.Tensor:
        return tf.square(self._stddev())

    def _covariance(self) -> tf.Tensor:
        return tf.linalg.diag(self._variance())

    def _mode(self) -> tf.Tensor:
        """The point of greatest density; of two (`loc` 0, `scale^2 > 1/2`) the upper one.

        The density is zero at the bounds. If its maximum is nearer to a bound than the dtype
        resolves, the bound itself is returned.
        """
        return self._bounds.squash(squashed_mode(self.loc, self.scale))

    def _cdf(self, value: tf.Tensor) -> tf.Tensor:
        """The probability of an action up to `value`, for each dimension, [..., D]."""
        low, high = self._bounds.ends(value.dtype)
        inside = normal_cdf((self._bounds.unsquash(value) - self.loc) / self.scale)
        above = tf.where(value >= high, tf.ones_like(inside), inside)
        return tf.where(value <= low, tf.zeros_like(inside), above)

    def _quantile(self, value: tf.Tensor) -> tf.Tensor:
        """The action up to which each dimension has probability `value`, [..., D] or []."""
        low, high = self._bounds.ends(value.dtype)
        at_end = (value == 0) | (value == 1)
        z = normal_quantile(tf.where(at_end, tf.cast(0.5, value.dtype), value))
        inside = self._bounds.squash(self.loc + self.scale * z)
        return tf.where(at_end, low + (high - low) * value, inside)


@log_likelihood.register(SquashedGaussian)
def _log_likelihood_of_squashed_gaussian(distribution: SquashedGaussian, action: Any) -> tf.Tensor:
    action = tf.convert_to_tensor(action, distribution.dtype)
    with distribution._name_and_control_scope("log_likelihood", action):
        scale = tf.convert_to_tensor(distribution.scale)
        return stored_log_likelihood(action, distribution.loc, scale, distribution.bounds)


@tfd.RegisterKL(SquashedGaussian, SquashedGaussian)
def _kl_squashed_gaussians(
    p: SquashedGaussian, q: SquashedGaussian, name: str | None = None
) -> tf.Tensor:
    r"""The KL divergence between the base Gaussians, because their common bijection cancels.

    .. math::
        \sum_i \frac{(\mu_p - \mu_q)^2}{2 \sigma_q^2}
        + \tfrac12 \left(\frac{\sigma_p^2}{\sigma_q^2} - 1\right)
        - \log\frac{\sigma_p}{\sigma_q}
    """
    p.bounds.check_same(q.bounds)
    with tf.name_scope(name or "kl_squashed_gaussians"):
        log_ratio = tf.math.log(p.scale) - tf.math.log(q.scale)
        shift = (p.loc - q.loc) / q.scale
        # expm1, so that nearby distributions do not lose their divergence to cancellation.
        terms = 0.5 * (tf.square(shift) + tf.math.expm1(2 * log_ratio)) - log_ratio
        return tf.reduce_sum(terms, -1)
