"""Schedules, which give alpha as a function of the number of updates that a learner has made.

`P` is the batch shape of the learners. Every number of a schedule may be a tensor broadcastable to
`P`, so that one program trains learners with annealed and with constant temperatures side by side.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.checks import not_negative, numbers_in


@dataclass(frozen=True, eq=False, repr=False)
class Schedule:
    """A function of the step, which prints as the call that made it.

    Attributes:
      call: The text of that call, for the record of an experiment.
      function: A function from the step, an integer scalar tensor, to a value broadcastable to P.
    """

    call: str
    function: Callable[[tf.Tensor], tf.Tensor] = field(repr=False)

    def __call__(self, step: tf.Tensor | int) -> tf.Tensor:
        """Returns the value at `step`, the number of updates made before this one."""
        return self.function(tf.convert_to_tensor(step))

    def __repr__(self) -> str:
        return self.call


def constant(alpha: tf.Tensor | float) -> Schedule:
    """Returns the schedule that is `alpha` at every step.

    Args:
      alpha: The temperature, broadcastable to P, at least 0.

    Raises:
      ValueError: If `alpha` is negative or not finite.

    >>> constant(0.1), float(constant(0.5)(1000))
    (constant(alpha=0.1), 0.5)
    """
    value = _checked("alpha", alpha)
    return Schedule(_call("constant", alpha=value), _Constant(value))


def linear(
    initial: tf.Tensor | float, final: tf.Tensor | float, steps: tf.Tensor | float
) -> Schedule:
    r"""Returns the schedule that changes linearly from `initial` to `final` and then stays there.

    .. math:: \alpha_t = \alpha_0 + u \, (\alpha_1 - \alpha_0), \quad u = \min(t / n, 1)

    Args:
      initial: The first temperature, broadcastable to P, at least 0.
      final: The last temperature, broadcastable to P, at least 0. Where it equals `initial`, the
        schedule is constant, to the bit.
      steps: The number n of steps of the change, broadcastable to P, positive.

    Raises:
      ValueError: If an argument is out of range.

    >>> schedule = linear(0.5, 0.0, steps=100)
    >>> schedule, [float(schedule(t)) for t in (0, 50, 100, 200)]
    (linear(initial=0.5, final=0.0, steps=100), [0.5, 0.25, 0.0, 0.0])
    """
    start, end = _checked("initial", initial), _checked("final", final)
    return _interpolation("linear", start, end, steps, _straight)


def exponential(
    initial: tf.Tensor | float, final: tf.Tensor | float, steps: tf.Tensor | float
) -> Schedule:
    r"""Returns the schedule whose logarithm changes linearly from `initial` to `final`.

    .. math:: \alpha_t = \alpha_0 (\alpha_1 / \alpha_0)^u, \quad u = \min(t / n, 1)

    Args:
      initial: The first temperature, broadcastable to P, positive.
      final: The last temperature, broadcastable to P, positive.
      steps: The number n of steps of the change, broadcastable to P, positive.

    Raises:
      ValueError: If an argument is out of range. To end at 0, use `linear` or `cosine`.

    >>> schedule = exponential(1.0, 0.0625, steps=100)
    >>> [round(float(schedule(t)), 6) for t in (0, 50, 100, 200)]
    [1.0, 0.25, 0.0625, 0.0625]
    """
    start, end = (
        _checked("initial", initial, positive=True),
        _checked("final", final, positive=True),
    )
    return _interpolation("exponential", start, end, steps, _geometric)


def cosine(
    initial: tf.Tensor | float, final: tf.Tensor | float, steps: tf.Tensor | float
) -> Schedule:
    r"""Returns the schedule that goes from `initial` to `final` along half a cosine wave.

    .. math::
       \alpha_t = \alpha_0 + \tfrac{1}{2} (1 - \cos \pi u)(\alpha_1 - \alpha_0),
       \quad u = \min(t / n, 1)

    Args:
      initial: The first temperature, broadcastable to P, at least 0.
      final: The last temperature, broadcastable to P, at least 0.
      steps: The number n of steps of the change, broadcastable to P, positive.

    Raises:
      ValueError: If an argument is out of range.

    References:
      I. Loshchilov and F. Hutter (2017), "SGDR: stochastic gradient descent with warm restarts",
      equation 5, https://arxiv.org/abs/1608.03983

    >>> schedule = cosine(0.5, 0.0, steps=100)
    >>> [round(float(schedule(t)), 6) for t in (0, 50, 100, 200)]
    [0.5, 0.25, 0.0, 0.0]
    """
    start, end = _checked("initial", initial), _checked("final", final)
    return _interpolation("cosine", start, end, steps, _half_wave)


def piecewise(boundaries: Sequence[Any], values: Sequence[Any]) -> Schedule:
    """Returns the schedule that jumps from one constant to the next.

    Args:
      boundaries: The steps at which the temperature changes, in rising order; each broadcastable to
        P.
      values: The temperatures, one more than `boundaries`, each broadcastable to P and at least 0:
        `values[i + 1]` holds from step `boundaries[i]` on.

    Raises:
      ValueError: If the numbers of boundaries and values do not fit, a boundary does not rise, or a
        value is negative.

    >>> schedule = piecewise([100, 200], [1.0, 0.5, 0.0])
    >>> [float(schedule(t)) for t in (0, 99, 100, 199, 200)]
    [1.0, 1.0, 0.5, 0.5, 0.0]
    """
    for name, given in (("boundaries", boundaries), ("values", values)):
        if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str):
            raise ValueError(f"{name} must be a sequence of numbers, not {given!r}.")
    if len(values) != len(boundaries) + 1:
        raise ValueError(
            f"values must be one more than boundaries, not {len(values)} and {len(boundaries)}."
        )
    levels = [_checked(f"values[{i}]", value) for i, value in enumerate(values)]
    for i, edge in enumerate(boundaries):
        not_negative(f"boundaries[{i}]", edge)
    edges = [tf.convert_to_tensor(edge) for edge in boundaries]
    for before, after in itertools.pairwise(edges):
        rises = tf.get_static_value(before < after)
        if rises is not None and not np.all(rises):
            raise ValueError(f"boundaries must rise, not {boundaries}.")

    return Schedule(
        _call("piecewise", boundaries=edges, values=levels), _Piecewise(tuple(edges), tuple(levels))
    )


# Functions of the step as objects, since closures cannot be pickled, nor a learner that has one.
@dataclass(frozen=True, eq=False)
class _Constant:
    value: tf.Tensor

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return self.value


@dataclass(frozen=True, eq=False)
class _Piecewise:
    edges: tuple[tf.Tensor, ...]
    levels: tuple[tf.Tensor, ...]

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        alpha = self.levels[0]
        for edge, level in zip(self.edges, self.levels[1:], strict=True):
            alpha = tf.where(tf.cast(step, edge.dtype) >= edge, level, alpha)
        return alpha


# From the ends and the share u of the way between them, in [0, 1], to the value.
_Curve = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


@dataclass(frozen=True, eq=False)
class _Interpolation:
    """A schedule that follows `curve` at `step / steps`, and is exactly `final` from `steps` on."""

    curve: _Curve
    initial: tf.Tensor
    final: tf.Tensor
    steps: tf.Tensor | float

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        dtype = self.initial.dtype
        u = tf.cast(step, dtype) / tf.cast(self.steps, dtype)
        return tf.where(u < 1, self.curve(self.initial, self.final, u), self.final)


def _straight(initial: tf.Tensor, final: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    return initial + u * (final - initial)


def _geometric(initial: tf.Tensor, final: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    return initial * tf.pow(final / initial, u)


def _half_wave(initial: tf.Tensor, final: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    return initial + 0.5 * (1 - tf.cos(math.pi * u)) * (final - initial)


def _interpolation(
    name: str, initial: tf.Tensor, final: tf.Tensor, steps: tf.Tensor | float, curve: _Curve
) -> Schedule:
    """Returns the schedule that follows `curve`, or raises if `steps` is out of range."""
    known = numbers_in("steps", steps)
    if known is not None and not np.all(known > 0):
        raise ValueError(f"steps must be positive, not {steps}.")
    return Schedule(
        _call(name, initial=initial, final=final, steps=steps),
        _Interpolation(curve, initial, final, steps),
    )


def _checked(name: str, value: tf.Tensor | float, positive: bool = False) -> tf.Tensor:
    """Returns `value` as a tensor (float32 unless it is one), or raises if it is out of range."""
    known = numbers_in(name, value)
    if not tf.is_tensor(value):
        value = tf.convert_to_tensor(value, tf.float32)
    if known is not None:
        ok = np.isfinite(known) & ((known > 0) if positive else (known >= 0))
        if not np.all(ok):
            least = "positive" if positive else "at least 0"
            raise ValueError(f"{name} must be finite and {least}, not {known}.")
    return value


def _call(name: str, **arguments: Any) -> str:
    """Returns the text of a call, with tensors as the numbers they hold."""

    def text(x: Any) -> str:
        known = x if isinstance(x, list) else tf.get_static_value(tf.convert_to_tensor(x))
        if known is None:
            return str(x)
        if isinstance(known, list) or np.ndim(known):
            return "[" + ", ".join(map(text, known)) + "]"
        # Of a float32, NumPy prints the shortest decimal: 0.1, not 0.10000000149011612.
        return str(np.asarray(known)[()])

    return f"{name}({', '.join(f'{key}={text(value)}' for key, value in arguments.items())})"
