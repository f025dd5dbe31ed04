"""Axes whose lengths may be open until a program runs, such as that of the environments."""

from __future__ import annotations

import tensorflow as tf


def sizes(x: tf.Tensor) -> list[int | tf.Tensor]:
    """Returns the lengths of a tensor's axes, for the shapes of others.

    Args:
      x: of known rank.

    Returns:
      An integer for each axis whose length is known, which costs no operation, and an int32 scalar
      for each of the others.

    >>> sizes(tf.zeros([2, 3]))
    [2, 3]
    """
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    lengths = tf.shape(x)
    return [lengths[axis] if n is None else n for axis, n in enumerate(x.shape.as_list())]
