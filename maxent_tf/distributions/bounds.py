"""The box of actions `(low, high)` and the exact map between it and the real line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.distributions.tanh import inverse_tanh


def event_dimension(tensor: tf.Tensor) -> Any:
    """Returns the size of the last axis: a Python float if known, else a scalar of the dtype."""
    size = tensor.shape[-1]
    return tf.cast(tf.shape(tensor)[-1], tensor.dtype) if size is None else float(size)


@dataclass(frozen=True)
class Bounds:
    r"""The static bounds of an action, and the map that squashes the real line into them.

    .. math:: a = \mathrm{low} + (\mathrm{high} - \mathrm{low}) (\tanh(u) + 1) / 2

    Attributes:
      low: The lower bounds: a float for every dimension, or a tuple with one for each of the `D`.
      high: The upper bounds, in the same form, above `low`.

    Raises:
      ValueError: If a bound is not finite, `low >= high` anywhere, `high - low` overflows, or the
        shapes of `low` and `high` do not agree.
    """

    low: float | tuple[float, ...]
    high: float | tuple[float, ...]

    def __post_init__(self) -> None:
        low, high = np.asarray(self.low, np.float64), np.asarray(self.high, np.float64)
        if low.ndim > 1 or high.ndim > 1 or (low.ndim == high.ndim == 1 and len(low) != len(high)):
            raise ValueError(
                "low and high must be floats or have shape [D], not shapes "
                f"{low.shape} and {high.shape}."
            )
        if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high)) and np.all(low < high)):
            raise ValueError(
                f"low must be below high in every dimension and both finite, not low={self.low}, "
                f"high={self.high}."
            )
        self.check_dtype(tf.float64)

    @classmethod
    def of(cls, low: Any, high: Any) -> Bounds:
        """Returns the bounds given as floats or arrays.

        >>> Bounds.of(-1.0, np.array([1.0, 2.0]))
        Bounds(low=-1.0, high=(1.0, 2.0))
        """

        def static(bound: Any, name: str) -> Any:
            if tf.is_tensor(bound):
                bound = tf.get_static_value(bound)
            if bound is None:
                raise ValueError(f"{name} must be static: pass a float or a NumPy array.")
            array = np.asarray(bound, np.float64)
            # Tuples, since the bounds are part of a hashable type specification.
            return float(array) if array.ndim == 0 else tuple(array.tolist())

        return cls(static(low, "low"), static(high, "high"))

    def check_dtype(self, dtype: tf.DType) -> None:
        """Raises ValueError if `dtype` cannot represent two different bounds, or their difference.

        >>> Bounds(1.0, 1 + 1e-9).check_dtype(tf.float64)
        >>> Bounds(1.0, 1 + 1e-9).check_dtype(tf.float32)
        Traceback (most recent call last):
          ...
        ValueError: low=1.0 and high=1.000000001 become 1.0 and 1.0 in float32, ...
        """
        with np.errstate(over="ignore"):
            low, high = np.broadcast_arrays(*self.ends(dtype))
            width = high - low
        # TensorFlow takes subnormal numbers for 0, and half the width is what tanh is stretched by.
        fits = np.isfinite(width) & (width >= 2 * np.finfo(width.dtype).tiny)
        if not np.all(fits):
            at = int(np.flatnonzero(~fits)[0])
            given = [np.broadcast_to(x, low.shape).flat[at] for x in (self.low, self.high)]
            raise ValueError(
                f"low={given[0]} and high={given[1]} become {low.flat[at]} and {high.flat[at]} in "
                f"{dtype.name}, which must tell them apart and hold high - low: rescale or shift "
                "the actions, or compute in a wider dtype."
            )

    def check_dimension(self, dimension: int | None) -> None:
        """Raises ValueError if bounds of shape [D] do not fit actions of `dimension`."""
        size = np.broadcast_shapes(np.shape(self.low), np.shape(self.high))
        if size and dimension is not None and size != (dimension,):
            raise ValueError(
                f"low and high must be floats or have one element for each of the {dimension} "
                f"action dimensions, not low={self.low}, high={self.high}."
            )

    def middle(self, dtype: tf.DType) -> np.ndarray:
        """Returns the middle of the box, [] or [D]."""
        return np.asarray(np.divide(self.low, 2) + np.divide(self.high, 2), dtype.as_numpy_dtype)

    def half_width(self, dtype: tf.DType) -> np.ndarray:
        """Returns half the width of the box, [] or [D], by which (-1, 1) is stretched."""
        return np.asarray(np.subtract(self.high, self.low) / 2, dtype.as_numpy_dtype)

    def check_same(self, other: Bounds) -> None:
        """Raises the ValueError of a divergence unless the boxes are equal, in whatever form."""
        if np.any(np.not_equal(self.low, other.low)) or np.any(np.not_equal(self.high, other.high)):
            raise ValueError(
                "The KL divergence between squashed Gaussians needs equal bounds (low, high), not "
                f"({self.low}, {self.high}) and ({other.low}, {other.high}): use "
                "maxent_tf.divergence_estimate."
            )

    def ends(self, dtype: tf.DType) -> tuple[np.ndarray, np.ndarray]:
        """Returns `low` and `high`, each [] or [D]."""
        numpy_dtype = dtype.as_numpy_dtype
        return np.asarray(self.low, numpy_dtype), np.asarray(self.high, numpy_dtype)

    def log_volume(self, dimension: Any) -> Any:
        """Returns `sum_i log((high_i - low_i) / 2)` over the dimensions, a scalar.

        Args:
          dimension: The dimension of the action, as `event_dimension` returns it.
        """
        log = np.log(np.subtract(self.high, self.low) / 2)
        return dimension * float(log) if log.ndim == 0 else float(log.sum())

    def squash(self, u: tf.Tensor) -> tf.Tensor:
        """Returns the actions, [..., D], within [low, high], of pre-tanh values `u`, [..., D]."""
        middle, half = self.middle(u.dtype), self.half_width(u.dtype)
        low, high = self.ends(u.dtype)
        action = tf.tanh(u)
        if np.any(half != 1):
            action = half * action
        if np.any(middle != 0):
            action = middle + action
        # Rounding is monotone: only if the ends overshoot can anything else.
        if np.any(middle + half > high) or np.any(middle - half < low):
            action = tf.clip_by_value(action, low, high)
        return action

    def scale_to_unit(self, action: tf.Tensor) -> tf.Tensor:
        """Returns `action`, [..., D] to [..., D], scaled so that the bounds become -1 and 1.

        Networks take scaled actions, so that the environment's unit of actions does not matter.
        """
        middle, half = self.middle(action.dtype), self.half_width(action.dtype)
        if np.any(middle != 0):
            action = action - middle
        return action / half if np.any(half != 1) else action

    def resolved(self, dtype: tf.DType) -> np.ndarray:
        """Returns the largest pre-tanh value that a rounded action still determines well.

        It is the pre-tanh value of an action that is 16 units in the last place inside the bounds,
        which is known to about 0.1: between -1 and 1, 6.9 in float32 and 17.0 in float64. It is
        smaller for a box that is small compared with its distance from 0. Further out, TensorFlow's
        tanh jumps to a bound.

        Returns:
          The absolute pre-tanh value, [] or [D].
        """
        low, high = self.ends(dtype)
        unit = np.spacing(np.maximum(np.abs(low), np.abs(high))) / self.half_width(dtype)
        # In float64, for the difference from 1; at least 0, which tells no more than the side.
        inside = np.maximum(1 - 16 * unit.astype(np.float64), 0)
        return np.arctanh(inside).astype(dtype.as_numpy_dtype)

    def unsquash(self, action: tf.Tensor) -> tf.Tensor:
        """Returns the pre-tanh value of `action`, [..., D] to [..., D], always finite.

        An action on a bound, beyond it, or within `(high - low) eps / 4` of it (as near as float32
        resolves `tanh`) is treated as the last representable action inside, whose pre-tanh value is
        +-8.66 in float32 and +-18.7 in float64. There, the gradient with respect to the action is
        0.
        """
        half = self.half_width(action.dtype)
        if np.all(self.middle(action.dtype) == 0):
            offset = self.scale_to_unit(action)
            return inverse_tanh(1 + offset, 1 - offset, offset)
        low, high = self.ends(action.dtype)
        # Differences from the nearer bound are exact, from the middle they are not.
        offset = self.scale_to_unit(action)
        return inverse_tanh((action - low) / half, (high - action) / half, offset)
