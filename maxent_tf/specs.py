"""Specifications of environments: the observations they return and the actions they accept."""

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
    "action_mask_spec",
]


def abbreviated(value: object, length: int = 300) -> str:
    """Returns the text that `value` prints, in one line and without its middle if it is long.

    >>> abbreviated("0123456789" * 10, length=20)
    '01234567 ... 3456789'
    """
    text = " ".join(str(value).split())
    if len(text) <= length:
        return text
    kept = length - len(" ... ")
    return f"{text[: kept - kept // 2]} ... {text[len(text) - kept // 2 :]}"


def _few(numbers: tuple[float, ...]) -> str:
    """Returns the text that a tuple prints; of a long tuple only its first numbers and the last."""
    if len(numbers) <= _MOST_SHOWN:
        return repr(numbers)
    return f"({', '.join(map(repr, numbers[:3]))}, ..., {numbers[-1]!r})"


_MOST_SHOWN = 16


@dataclass(frozen=True)
class Discrete:
    """The specification of one integer in 0 .. `num_values` - 1, an int32 scalar.

    Raises:
      ValueError: If `num_values` is not a positive integer.

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
        """The shape of one value, ()."""
        return ()

    @property
    def dtype(self) -> tf.DType:
        """The dtype of values, int32."""
        return tf.int32


@dataclass(frozen=True, repr=False)
class MultiDiscrete:
    """The specification of a vector of integers, int32, each in its own range.

    Attributes:
      nvec: The number of values of each element: element i is one of 0 .. `nvec[i]` - 1.

    Raises:
      ValueError: If `nvec` is empty or holds anything but positive integers.

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

    def __repr__(self) -> str:
        return f"MultiDiscrete(nvec={_few(self.nvec)})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one value, (number of elements,)."""
        return (len(self.nvec),)

    @property
    def dtype(self) -> tf.DType:
        """The dtype of values, int32."""
        return tf.int32


@dataclass(frozen=True, repr=False)
class Box:
    """The specification of float32 arrays of one shape between elementwise bounds.

    Learners ignore the bounds of observations. An element of an observation may therefore be
    constant, `low == high`. `EnvironmentSpec` refuses such an element of an action.

    Attributes:
      shape: The shape of one value.
      low: The lower bounds in row-major order, one for each element; may be -inf. They are given as
        any sequence or as an array of `shape`, and stored as a tuple of floats.
      high: The upper bounds, in the same form; may be inf.

    Raises:
      ValueError: If a bound is NaN, `low > high` anywhere, or the number of bounds does not fit
        `shape`. (`Box.of` broadcasts.)

    >>> Box((3,), (0, 0, 0), np.array([1, 2, 3]))
    Box(shape=(3,), low=0.0, high=(1.0, 2.0, 3.0))
    """

    shape: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        low, high = (np.asarray(bound, np.float64) for bound in (self.low, self.high))
        size = int(np.prod(shape))
        if not all(bound.shape in (shape, (size,)) for bound in (low, high)):
            raise ValueError(
                f"low and high must have {size} elements each for shape {shape}, not shapes "
                f"{low.shape} and {high.shape}: use Box.of to broadcast."
            )
        wrong = np.flatnonzero(~np.less_equal(low, high))
        if wrong.size:
            first = int(wrong[0])
            raise ValueError(
                f"low must not be above high, nor either NaN, but element {first} of shape {shape} "
                f"has low={low.ravel()[first]} and high={high.ravel()[first]}."
            )
        # Plain numbers, whatever was given, so that boxes compare and hash.
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "low", tuple(low.ravel().tolist()))
        object.__setattr__(self, "high", tuple(high.ravel().tolist()))

    def __repr__(self) -> str:
        # Uniform bounds once: those of images would fill pages.
        low, high = (
            repr(bound[0]) if bound and len(set(bound)) == 1 else _few(bound)
            for bound in (self.low, self.high)
        )
        return f"Box(shape={self.shape}, low={low}, high={high})"

    @classmethod
    def of(cls, shape: tuple[int, ...], low: object = -np.inf, high: object = np.inf) -> Box:
        """Returns the box with `low` and `high` broadcast to `shape`.

        >>> Box.of((2,), -1.0, [1.0, 2.0])
        Box(shape=(2,), low=-1.0, high=(1.0, 2.0))
        """
        bounds = (np.broadcast_to(np.asarray(x, np.float64), shape) for x in (low, high))
        return cls(tuple(shape), *(tuple(bound.ravel().tolist()) for bound in bounds))

    @property
    def dtype(self) -> tf.DType:
        """The dtype of values, float32."""
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
    """The specification of images: arrays of bytes, uint8, that networks take as float32 in [0, 1].

    Attributes:
      shape: The shape of one array, usually (height, width, channels).

    Raises:
      ValueError: If `shape` is empty or holds anything but positive integers.

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
        """The dtype of values, uint8."""
        return tf.uint8


#: The spec of an action, or of an observation.
Spec = Discrete | MultiDiscrete | Box

#: The spec of an observation: one of these, an image, or a dict of such specs by name.
ObservationSpec = Spec | Image | dict[str, Any]


#: The key of the part of an observation that holds the mask of legal actions.
ACTION_MASK = "action_mask"


def action_mask_spec(action: Spec) -> MultiDiscrete:
    """Returns the spec of a mask of legal actions: one flag for each value, 1 where it is legal.

    Args:
      action: The spec of one action. If the action consists of several discrete elements, the mask
        holds the flags of one element after those of the other.

    Raises:
      ValueError: If the actions are not discrete.

    >>> action_mask_spec(Discrete(3))
    MultiDiscrete(nvec=(2, 2, 2))
    """
    if isinstance(action, Box):
        raise ValueError(f"only discrete actions have a mask, not those of {action}.")
    values = action.num_values if isinstance(action, Discrete) else sum(action.nvec)
    return MultiDiscrete((2,) * values)


@dataclass(frozen=True)
class EnvironmentSpec:
    """The specification of an environment: what a learner needs to know of it.

    If an observation is a dict with the key "action_mask", this part is a mask of the actions that
    are legal there. The mask is for the policy; networks do not receive it. At least one action
    must be legal (of several discrete elements, one value of each) in every observation in which an
    action is to be chosen or whose value counts.

    Attributes:
      observation: The spec of one observation. If it is a dict, which may be nested, observations
        are dicts with the same keys. A part "action_mask" is `action_mask_spec(action)`.
      action: The spec of one action.
      num_players: The number of players, 1 or 2. Two players move in turn, and one loses what the
        other one wins. Observations are as the player to move sees them, and a reward is that of
        the player who moved.

    Raises:
      ValueError: If an element of the action is a box without width, if there is a part
        "action_mask" that is not a mask of the actions or is the only part, or if the number of
        players is neither 1 nor 2.
    """

    observation: ObservationSpec
    action: Spec
    num_players: int = 1

    def __post_init__(self) -> None:
        if self.num_players not in (1, 2):
            raise ValueError(f"num_players must be 1 or 2, not {self.num_players!r}.")
        if isinstance(self.action, Box):
            check_width("action", self.action)
        if self.masks_actions:
            _check_action_mask(self.observation, self.action)

    @property
    def masks_actions(self) -> bool:
        """Whether observations hold a mask of legal actions, in their part "action_mask"."""
        return isinstance(self.observation, dict) and ACTION_MASK in self.observation


def _check_action_mask(observation: Any, action: Spec) -> None:
    found, name = observation[ACTION_MASK], f"observation[{ACTION_MASK!r}]"
    if isinstance(action, Box):
        raise ValueError(
            f"{name} is for the legal ones of discrete actions, but the action is {action}: give "
            "this part of the observation another name."
        )
    expected = action_mask_spec(action)
    if found != expected:
        raise ValueError(
            f"{name} must be {expected} of shape {expected.shape}, one flag for each value of "
            f"{action}, not {abbreviated(found)} of shape {getattr(found, 'shape', None)}: give it "
            "the spec action_mask_spec(action), of a Gymnasium environment the space "
            f"MultiBinary({len(expected.nvec)}), or another name if it is no mask."
        )
    if len(observation) == 1:
        raise ValueError(
            f"{name} is the only part of the observation, and networks do not receive it: add "
            "another part, such as a constant."
        )


def check_width(name: str, box: Box) -> None:
    """Raises ValueError unless `low` is below `high` everywhere, in float32."""
    low, high = (bound.ravel() for bound in box.bounds())
    flat = np.flatnonzero(~np.less(low, high))
    if flat.size:
        first = int(flat[0])
        raise ValueError(
            f"low must be below high in every dimension of the {name}, but in dimension {first} of "
            f"{box} both are {low[first]}: there is nothing to choose there. Leave out that "
            "dimension, for example with gymnasium.wrappers.TransformAction."
        )
