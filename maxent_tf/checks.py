"""Checks of arguments. Their errors name the argument, its value and the values allowed."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def is_integer(value: Any, least: int = 1) -> bool:
    """Returns whether `value` is an integer of at least `least`, of any library, but not a bool.

    >>> is_integer(np.uint8(3)), is_integer(True), is_integer(3.0)
    (True, False, False)
    """
    is_one = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return is_one and bool(value >= least)


def as_integer(name: str, value: Any, least: int = 1) -> int:
    """Returns an integer of Python, NumPy or another library as a Python integer.

    Raises:
      ValueError: If `value` is not an integer (a bool is not), or is below `least`.

    >>> as_integer("size", np.int64(3))
    3
    """
    if not is_integer(value, least):
        raise ValueError(f"{name} must be an integer of at least {least}, not {value!r}.")
    return int(value)


def as_sizes(name: str, value: Any) -> tuple[int, ...]:
    """Returns a tuple or list of positive integers as a tuple of Python integers.

    Raises:
      ValueError: If `value` is not a tuple or list of positive integers.

    >>> as_sizes("hidden_sizes", [64, np.int64(32)])
    (64, 32)
    """
    if is_integer(value):
        raise ValueError(f"{name} must be a tuple, with a size for each layer, not {value}: write "
                         f"({value},).")  # fmt: skip
    if not isinstance(value, tuple | list):
        raise ValueError(f"{name} must be a tuple of positive integers, not {value!r}.")
    return tuple(as_integer(f"{name}[{i}]", size) for i, size in enumerate(value))


def numbers_in(name: str, value: Any) -> np.ndarray | None:
    """Returns the numbers of a number, array or tensor; None if they are known only in a graph.

    Raises:
      ValueError: If `value` holds anything but real numbers.
    """
    known = value
    if isinstance(value, tf.Variable):
        known = value.numpy() if tf.executing_eagerly() else None
    elif tf.is_tensor(value):
        known = tf.get_static_value(value)
    if known is None and value is not None:
        return None
    try:
        array = np.asarray(known)
        if array.dtype.kind in "iuf":
            return array
        if array.dtype.kind == "V":  # bfloat16, which NumPy does not know but converts
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} must be a number, or an array or tensor of numbers, not {value!r}.")


def number(name: str, value: Any) -> float:
    """Returns one real number, not NaN, as a Python float.

    Raises:
      ValueError: If `value` is not such a number.
    """
    array = None
    if value is not None and not isinstance(value, str | bool):
        array = numbers_in(name, value)
    if array is None or array.ndim or np.isnan(array):
        raise ValueError(f"{name} must be a number, not {value!r}.")
    return float(array)


def is_schedule(value: Any) -> bool:
    """Returns whether `value` is a function of the step; a class is not, even if it is callable."""
    return callable(value) and not isinstance(value, type)


def boolean(name: str, value: Any) -> None:
    """Raises ValueError unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, not {value!r}.")


def pair(name: str, value: Any) -> tuple[float, float]:
    """Returns a pair of numbers as Python floats; they need not be in order.

    Raises:
      ValueError: If `value` is not a pair of numbers.
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f"{name} must be a pair of numbers, (low, high), not {value!r}.")
    return number(f"{name}[0]", value[0]), number(f"{name}[1]", value[1])


def one_of(name: str, value: Any, choices: Sequence[str]) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, not {value!r}.")


def in_range(name: str, value: Any, low: float, high: float, above: bool = False) -> None:
    """Raises ValueError unless all of `value` is in [low, high], or (low, high] with `above`."""
    array = numbers_in(name, value)
    if array is None:
        return
    fits = (array > low) if above else (array >= low)
    if not np.all(fits & (array <= high)):
        raise ValueError(f"{name} must lie in {'(' if above else '['}{low}, {high}], not {value}.")


def not_negative(name: str, value: Any) -> None:
    """Raises ValueError unless all of `value` is finite and at least 0."""
    array = numbers_in(name, value)
    if array is not None and not np.all(np.isfinite(array) & (array >= 0)):
        raise ValueError(f"{name} must be finite and at least 0, not {value}.")


def positive(name: str, value: Any) -> None:
    """Raises ValueError unless all of `value` is finite and above 0."""
    array = numbers_in(name, value)
    if array is not None and not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(f"{name} must be positive and finite, not {value}.")
