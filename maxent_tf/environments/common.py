"""The parts that all environments share: checks of their arguments, and the time limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.checks import is_integer
from maxent_tf.specs import Discrete, Spec


def as_batch_shape(batch_shape: Sequence[int]) -> list[int]:
    """Returns `batch_shape` as a list.

    Args:
      batch_shape: A sequence of non-negative integers, or a fully defined `tf.TensorShape`.

    Returns:
      The same sequence as a list of Python integers.

    Raises:
      ValueError: If `batch_shape` is anything else.

    >>> as_batch_shape((2, 3))
    [2, 3]
    """
    try:
        shape = [int(n) for n in batch_shape]
    except TypeError:
        shape = [-1]
    if any(n < 0 for n in shape):
        raise ValueError(
            f"batch_shape must be a sequence of non-negative integers, not {batch_shape!r}: "
            "pass for example batch_shape=[] for one environment, [8] for eight."
        )
    return shape


def as_action(action: Any, spec: Spec, batch_shape: tf.TensorShape) -> tf.Tensor:
    """Returns `action` as a tensor that fits `spec`, or raises an error that says why it does not.

    Args:
      action: [*batch, *spec.shape], of the dtype of `spec`.
      spec: The spec of the actions that the environment accepts.
      batch_shape: The batch shape of the state.

    Returns:
      The same action, as a tensor.

    Raises:
      TypeError: If the dtype is not that of `spec`.
      ValueError: If the shape does not fit. Where values are known (eagerly), also if a value is
        NaN, infinite, or not among the discrete actions.
    """
    action = tf.convert_to_tensor(action)
    if action.dtype != spec.dtype:
        raise TypeError(
            f"action must be {spec.dtype.name} for {spec}, not {action.dtype.name}: "
            f"use tf.cast(action, tf.{spec.dtype.name})."
        )
    expected = batch_shape.concatenate(spec.shape)
    if not expected.is_compatible_with(action.shape):
        raise ValueError(
            f"action must have shape {expected}, the batch shape of the state followed by the "
            f"shape of one action, not {action.shape}."
        )
    if tf.executing_eagerly():
        value = action.numpy()
        if isinstance(spec, Discrete):
            if np.any((value < 0) | (value >= spec.num_values)):
                raise ValueError(f"action must lie in 0 .. {spec.num_values - 1}, not {value}.")
        elif not np.all(np.isfinite(value)):
            raise ValueError(f"action must be finite, not {value}.")
    return action


def check_max_episode_steps(max_episode_steps: int | None) -> None:
    """Raises ValueError unless a value can be a time limit.

    Args:
      max_episode_steps: The number of steps after which an episode is truncated, or None for never.

    Raises:
      ValueError: If the value is neither None nor a positive integer.
    """
    if max_episode_steps is not None and not is_integer(max_episode_steps):
        raise ValueError(
            "max_episode_steps must be a positive integer, or None for no limit, not "
            f"{max_episode_steps!r}."
        )


def is_truncated(
    elapsed: tf.Tensor, max_episode_steps: int | None, terminated: tf.Tensor
) -> tf.Tensor:
    """Returns whether the time limit truncates an episode that has not terminated.

    Args:
      elapsed: [*batch], int32, the number of steps since the reset.
      max_episode_steps: The time limit, or None.
      terminated: [*batch], bool, whether the episode has terminated.

    Returns:
      Whether the episode is truncated, [*batch], bool.
    """
    if max_episode_steps is None:
        return tf.zeros_like(terminated)
    return (elapsed >= max_episode_steps) & ~terminated


def wrap_angle(angle: tf.Tensor) -> tf.Tensor:
    """Returns the angle in [-pi, pi] that differs from `angle` by whole turns.

    Args:
      angle: [...], float, the angle, in rad.

    Returns:
      The angle in [-pi, pi], [...], of the same dtype, in rad.

    >>> round(float(wrap_angle(tf.constant(4.0))), 4) == round(4.0 - 2 * math.pi, 4)
    True
    """
    return angle - 2 * math.pi * tf.floor((angle + math.pi) / (2 * math.pi))
