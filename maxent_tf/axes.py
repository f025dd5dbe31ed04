"""Helpers for the axes of tensors, whose lengths may be unknown until a program runs."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def sizes(x: tf.Tensor) -> list[int | tf.Tensor]:
    """Returns the lengths of a tensor's axes, for use in shapes of other tensors.

    Args:
      x: A tensor of known rank.

    Returns:
      An integer for each axis whose length is known, which costs no operation, and an int32 scalar
      for each other axis.

    >>> sizes(tf.zeros([2, 3]))
    [2, 3]
    """
    if x.shape.is_fully_defined():
        return x.shape.as_list()
    lengths = tf.shape(x)
    return [lengths[axis] if n is None else n for axis, n in enumerate(x.shape.as_list())]


def times_column(x: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """Returns the products of matrices with one column vector: [..., m, k], [k] -> [..., m].

    TensorFlow 2.21 broadcasts a matrix over [..., 1, m, k] wrongly on a CPU, where oneDNN gets the
    product: the numbers are wrong, or the process crashes. Such axes are merged before.

    >>> times_column(tf.ones([5, 1, 2, 3]), tf.constant([1.0, 2.0, 3.0]))[0, 0].numpy().tolist()
    [6.0, 6.0]
    """
    if x.shape.rank < 4 or x.shape[-3] != 1:
        return tf.linalg.matvec(x, column)
    *leading, rows, columns = sizes(x)
    merged = tf.linalg.matvec(tf.reshape(x, [-1, rows, columns]), column)
    return tf.reshape(merged, [*leading, rows])


def merge_time(structure: Any, batch_ndims: int) -> Any:
    """Merges the axes of time and environments into one, behind the axes of the learners.

    On the merged axis, time comes before environments.

    Args:
      structure: A structure of tensors [T, *P, B, ...].
      batch_ndims: The rank of P.

    Returns:
      A structure of tensors [*P, T B, ...].

    >>> merge_time(tf.zeros([4, 2, 3, 5]), 1).shape.as_list()
    [2, 12, 5]
    """

    def merge(x: tf.Tensor) -> tf.Tensor:
        order = [*range(1, batch_ndims + 1), 0, *range(batch_ndims + 1, x.shape.rank)]
        moved = x if x.shape[0] == 1 else tf.transpose(x, order)
        learners = x.shape[1 : batch_ndims + 1]
        return tf.reshape(moved, [*learners, -1, *x.shape[batch_ndims + 2 :]])

    return tf.nest.map_structure(merge, structure)


def split_time(structure: Any, batch_ndims: int, length: int) -> Any:
    """Undoes `merge_time`.

    Args:
      structure: A structure of tensors [*P, T B, ...].
      batch_ndims: The rank of P.
      length: T.

    Returns:
      A structure of tensors [T, *P, B, ...].

    >>> split_time(tf.zeros([2, 12, 5]), 1, length=4).shape.as_list()
    [4, 2, 3, 5]
    """

    def split(x: tf.Tensor) -> tf.Tensor:
        if length == 1:
            return x[None]
        learners, rest = x.shape[:batch_ndims], x.shape[batch_ndims + 1 :]
        apart = tf.reshape(x, [*learners, length, -1, *rest])
        others = range(batch_ndims + 1, apart.shape.rank)
        return tf.transpose(apart, [batch_ndims, *range(batch_ndims), *others])

    return tf.nest.map_structure(split, structure)


def expand_like(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Appends axes of length 1 to a tensor until it has the rank of the tensor `like`.

    >>> expand_like(tf.zeros([2]), tf.zeros([2, 3, 4])).shape.as_list()
    [2, 1, 1]
    """
    missing = like.shape.rank - x.shape.rank
    return tf.reshape(x, [*sizes(x), *[1] * missing]) if missing else x


def select(condition: tf.Tensor, if_true: Any, if_false: Any) -> Any:
    """Selects between two structures whose leaves begin with the shape of the condition.

    >>> select(tf.constant([True, False]), tf.ones([2, 2]), tf.zeros([2, 2])).numpy().tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    return tf.nest.map_structure(
        lambda x, y: tf.where(expand_like(condition, x), x, y), if_true, if_false
    )
