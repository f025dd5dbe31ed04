"""Learning rates: constant, scheduled, and different for every learner of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

import tensorflow as tf

from maxent_tf.checks import is_schedule, not_negative

#: A number, a tensor broadcastable to the learners' batch shape P, or a schedule: a function of the
#: step (an integer scalar, 0 at the first update) to such a value.
LearningRate = Union[float, tf.Tensor, Callable[[tf.Tensor], Any]]  # noqa: UP007 (mypy)


def check_learning_rate(learning_rate: LearningRate) -> None:
    """Raises a ValueError if a learning rate is statically known and negative or not finite."""
    if not is_schedule(learning_rate):
        not_negative("learning_rate", learning_rate)


def learning_rate_at(learning_rate: LearningRate, step: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Returns the learning rate of one update, of a shape broadcastable to P."""
    value = learning_rate(step) if callable(learning_rate) else learning_rate
    if tf.is_tensor(value):
        return tf.cast(value, dtype)
    # Not tf.cast, which takes a Python number through float32.
    return tf.convert_to_tensor(value, dtype)


def expand_to(x: tf.Tensor, leaf: tf.Tensor, batch_ndims: int) -> tf.Tensor:
    """Returns `x`, broadcastable to P, in the dtype and with the rank of `leaf` [*P, ...].

    Raises:
      ValueError: If `x` has more axes than P, or `leaf` has fewer axes than P.
    """
    rank = x.shape.rank
    if rank == 0:
        return tf.cast(x, leaf.dtype)
    if rank > batch_ndims or leaf.shape.rank < batch_ndims:
        raise ValueError(
            f"a value of shape {x.shape} must broadcast to the first batch_ndims={batch_ndims} "
            f"axes of a leaf of shape {leaf.shape}: pass batch_ndims, the rank of the learners' "
            "batch shape."
        )
    index = (..., *[tf.newaxis] * (leaf.shape.rank - batch_ndims))
    return tf.cast(x, leaf.dtype)[index]
