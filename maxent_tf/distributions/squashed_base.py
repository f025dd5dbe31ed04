"""The parts that all distributions of actions share that tanh squashes into a box."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import tensorflow as tf
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd
from tensorflow_probability.python.internal import tensor_util

from maxent_tf.distributions.arguments import float_tensors
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.distributions.squashed_density import SquashedSample
from maxent_tf.distributions.tanh_bijector import Tanh


class SquashedDistribution(tfd.AutoCompositeTensorDistribution):
    """The base class of `SquashedGaussian`, its mixture, and the one with a full covariance.

    The class holds and checks the parameters and the bounds. It offers all methods that follow from
    two methods of a subclass, `_draw_with_gaussian` and `_log_prob_from_gaussian`.

    With `validate_args`, the graph asserts in every subclass that the parameters are finite, that
    scales are positive, and that values whose density or likelihood is computed lie within the
    bounds. Like all assertions, these are left out under XLA. The bounds themselves are static and
    always checked.

    Args:
      tensors: The parameters by name, `loc` among them; each is stored with an underscore in front.
      low: The lower bounds of the action, a float or an array [D], known statically.
      high: The upper bounds, a float or an array [D], above `low`.
      reparameterization_type: The reparameterisation type, as in TFP.
      validate_args: Whether to assert in the graph.
      name: The name of the operations in the graph.

    Raises:
      ValueError: If `low >= high` anywhere, a bound is not finite, the bounds do not fit `D`, or
        the dtype cannot represent two different bounds or their difference.
    """

    # The parameters whose last axes, broadcast together, are the dimensions of the action.
    _event_parameters: ClassVar[tuple[str, str]]

    def __init__(
        self,
        tensors: dict[str, Any],
        low: Any,
        high: Any,
        reparameterization_type: tfd.ReparameterizationType,
        validate_args: bool,
        name: str,
    ) -> None:
        self._bounds = Bounds.of(low, high)
        with tf.name_scope(name) as name:
            parameters = dict(zip(tensors, float_tensors(**tensors), strict=True))
            for key, value in parameters.items():
                setattr(self, f"_{key}", value)
            dtype = parameters["loc"].dtype
            self._bounds.check_dtype(dtype)
            # A composite tensor may be rebuilt from placeholders of unknown shape.
            self._bounds.check_dimension(self._event_shape()[0])
            super().__init__(
                dtype=dtype,
                reparameterization_type=reparameterization_type,
                validate_args=validate_args,
                allow_nan_stats=True,
                parameters={
                    **parameters,
                    "low": self._bounds.low,
                    "high": self._bounds.high,
                    "validate_args": validate_args,
                    "name": name,
                },
                name=name,
            )

    @property
    def low(self) -> float | tuple[float, ...]:
        """The lower bounds, a float or a tuple of `D`."""
        return self._bounds.low

    @property
    def high(self) -> float | tuple[float, ...]:
        """The upper bounds, a float or a tuple of `D`."""
        return self._bounds.high

    @property
    def bounds(self) -> Bounds:
        """The box of actions, with its exact `squash` and `unsquash`."""
        return self._bounds

    def sample_with_gaussian(self, sample_shape: Any = (), *, seed: Any) -> SquashedSample:
        """Returns a draw with its log-density and its pre-tanh value.

        Args:
          sample_shape: An integer or a shape `n`.
          seed: An integer or an integer tensor of shape [2].
        """
        with self._name_and_control_scope("sample_with_gaussian"):
            return self._draw_with_gaussian(sample_shape, seed)

    def log_prob_from_gaussian(self, u: Any) -> tf.Tensor:
        """Returns the log-density of the action with the pre-tanh value `u`, exact at saturation.

        The density is that of the action, within the bounds. It is as accurate as `u` is: only the
        rounding of `u` itself loses information.

        Args:
          u: [..., D], float, a pre-tanh value.

        Returns:
          The log-density, [...], float, in nats.
        """
        with self._name_and_control_scope("log_prob_from_gaussian"):
            return self._log_prob_from_gaussian(tf.convert_to_tensor(u, self.dtype))

    def _draw_with_gaussian(self, sample_shape: Any, seed: Any) -> SquashedSample:
        raise NotImplementedError

    def _log_prob_from_gaussian(self, u: tf.Tensor) -> tf.Tensor:
        raise NotImplementedError

    def _event_shape(self) -> tf.TensorShape:
        loc, scale = (getattr(self, key) for key in self._event_parameters)
        return tf.broadcast_static_shape(loc.shape[-1:], scale.shape[-1:])

    def _event_shape_tensor(self) -> tf.Tensor:
        loc, scale = (getattr(self, key) for key in self._event_parameters)
        return tf.broadcast_dynamic_shape(tf.shape(loc)[-1:], tf.shape(scale)[-1:])

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        return self._draw_with_gaussian([n], seed).action

    def _sample_and_log_prob(self, sample_shape: Any, seed: Any = None) -> Any:
        return self._draw_with_gaussian(sample_shape, seed)[:2]

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        return self._log_prob_from_gaussian(self._bounds.unsquash(value))

    def _default_event_space_bijector(self) -> tfb.Bijector:
        return Tanh(self.low, self.high)

    def _parameter_control_dependencies(self, is_init: bool) -> list[tf.Operation]:
        if not self.validate_args:
            return []
        assertions = []
        for key in self._parameter_properties(self.dtype):
            value = getattr(self, f"_{key}")
            # Variables, which may change, are checked whenever they are used; tensors once.
            if is_init != tensor_util.is_ref(value):
                assertions += _PARAMETER_ASSERTIONS[key](tf.convert_to_tensor(value))
        return assertions

    def _sample_control_dependencies(self, value: tf.Tensor) -> list[tf.Operation]:
        if not self.validate_args:
            return []
        low, high = self._bounds.ends(value.dtype)
        message = f"value must lie within low={self.low} and high={self.high}."
        return [
            tf.debugging.assert_greater_equal(value, low, message=message),
            tf.debugging.assert_less_equal(value, high, message=message),
        ]


def _finite(value: tf.Tensor, name: str) -> tf.Operation:
    # A comparison is False for NaN too.
    infinity = tf.constant(math.inf, value.dtype)
    return tf.debugging.assert_less(tf.abs(value), infinity, message=f"{name} must be finite.")


def _assert_loc(loc: tf.Tensor) -> list[tf.Operation]:
    return [_finite(loc, "loc")]


def _assert_scale(scale: tf.Tensor) -> list[tf.Operation]:
    return [
        tf.debugging.assert_positive(scale, message="scale must be positive."),
        _finite(scale, "scale"),
    ]


def _assert_scale_tril(scale_tril: tf.Tensor) -> list[tf.Operation]:
    lower = tf.linalg.band_part(scale_tril, -1, 0)
    return [
        _finite(scale_tril, "scale_tril"),
        tf.debugging.assert_positive(
            tf.linalg.diag_part(scale_tril), message="scale_tril must have a positive diagonal."
        ),
        tf.debugging.assert_equal(
            scale_tril, lower, message="scale_tril must be lower triangular, with zeros above."
        ),
    ]


def _assert_logits(logits: tf.Tensor) -> list[tf.Operation]:
    # One component may be left out by -inf, but not all of them.
    return [_finite(tf.reduce_max(logits, -1), "the largest of the logits")]


_PARAMETER_ASSERTIONS = {
    "loc": _assert_loc,
    "scale": _assert_scale,
    "scale_tril": _assert_scale_tril,
    "logits": _assert_logits,
}
