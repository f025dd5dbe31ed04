"""Observation and action specs: what a world shows and accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.checks import is_integer

__all__ = [
    "Box",
    "Discrete",
    "EnvironmentSpec",
    "Image",
    "MultiDiscrete",
    "ObservationSpec",
    "Spec",
]


@dataclass(frozen=True)
class Discrete:
    """The integers 0 .. `num_values` - 1, as int32 scalars.

    Raises:
      ValueError: if `num_values` is not a positive integer.

    >>> Discrete(3)
    Discrete(num_values=3)
    """

    num_values: int

    def __post_init__(self) -> None:
        if not is_integer(self.num_values):
            raise ValueError(f"num_values must be a positive integer, not {self.num_values!r}.")
        object.__setattr__(self, "num_values", int(self.num_values))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one value: ()."""
        return ()

    @property
    def dtype(self) -> tf.DType:
        """int32."""
        return tf.int32


@dataclass(frozen=True)
class MultiDiscrete:
    """Vectors of integers, each in a range of its own, as int32.

    Attributes:
      nvec: how many values each has: element i is one of 0 .. `nvec[i]` - 1.

    Raises:
      ValueError: if `nvec` is empty or holds anything but positive integers.

    >>> MultiDiscrete((3, 2)).shape
    (2,)
    """

    nvec: tuple[int, ...]

    def __post_init__(self) -> None:
        if (
            not isinstance(self.nvec, tuple)
            or not self.nvec
            or not all(is_integer(n) for n in self.nvec)
        ):
            raise ValueError(f"nvec must be a tuple of positive integers, not {self.nvec!r}.")
        object.__setattr__(self, "nvec", tuple(int(n) for n in self.nvec))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one value: (number of elements,)."""
        return (len(self.nvec),)

    @property
    def dtype(self) -> tf.DType:
        """int32."""
        return tf.int32


@dataclass(frozen=True)
class Box:
    """Float32 arrays of one shape between elementwise bounds.

    Attributes:
      shape: of one value.
      low: the lower bounds in row-major order, one for each element; may be -inf.
      high: the upper bounds, likewise; may be inf.

    Raises:
      ValueError: if a bound is NaN, `low >= high` anywhere, or their number does not fit `shape`.
        (`Box.of` broadcasts.)
    """

    shape: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        size = int(np.prod(self.shape))
        if len(self.low) != size or len(self.high) != size:
            raise ValueError(
                f"low and high must have {size} elements each for shape {self.shape}, not "
                f"{len(self.low)} and {len(self.high)}: use Box.of to broadcast."
            )
        if not np.all(np.less(self.low, self.high)):
            raise ValueError(
                f"low must be below high everywhere, not low={self.low}, high={self.high}."
            )

    @classmethod
    def of(cls, shape: tuple[int, ...], low: object = -np.inf, high: object = np.inf) -> Box:
        """Returns the box with `low` and `high` broadcast to `shape`.

        >>> Box.of((2,), -1.0, [1.0, 2.0])
        Box(shape=(2,), low=(-1.0, -1.0), high=(1.0, 2.0))
        """

        def flat(bound: object) -> tuple[float, ...]:
            array = np.broadcast_to(np.asarray(bound, np.float64), shape)
            return tuple(float(x) for x in array.ravel())

        return cls(tuple(int(n) for n in shape), flat(low), flat(high))

    @property
    def dtype(self) -> tf.DType:
        """float32."""
        return tf.float32

    @property
    def bounded(self) -> bool:
        """Whether every bound is finite."""
        return bool(np.all(np.isfinite(self.low)) and np.all(np.isfinite(self.high)))

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns `low` and `high` as float32 arrays of `shape`."""
        low = np.asarray(self.low, np.float32).reshape(self.shape)
        return low, np.asarray(self.high, np.float32).reshape(self.shape)


@dataclass(frozen=True)
class Image:
    """Arrays of bytes, uint8, that networks see as float32 in [0, 1].

    Attributes:
      shape: of one array, usually (height, width, channels).

    Raises:
      ValueError: if `shape` is empty or holds anything but positive integers.

    >>> Image((84, 84, 4)).dtype
    tf.uint8
    """

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if (
            not isinstance(self.shape, tuple)
            or not self.shape
            or not all(is_integer(n) for n in self.shape)
        ):
            raise ValueError(f"shape must be a tuple of positive integers, not {self.shape!r}.")
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @property
    def dtype(self) -> tf.DType:
        """uint8."""
        return tf.uint8


#: The spec of an action, or of an observation.
Spec = Discrete | MultiDiscrete | Box

#: The spec of an observation: one of these, an image, or a dict of such specs by name.
ObservationSpec = Spec | Image | dict[str, Any]


@dataclass(frozen=True)
class EnvironmentSpec:
    """What a learner has to know of a world.

    Attributes:
      observation: the spec of one observation; where it is a dict, maybe a nested one, observations
        are dicts of the same keys.
      action: the spec of one action.
    """

    observation: ObservationSpec
    action: Spec
