"""The dtypes in which variables keep tensors, so that the variables can live on a GPU.

TensorFlow keeps every int32 variable in the memory of the host, where a program that XLA compiled
for the GPU cannot read it. TensorFlow also scatters rows into a bool variable only on the CPU.
Unsigned integers of the same size are kept where floats are, and hold the same bits.
"""

from __future__ import annotations

import tensorflow as tf

__all__ = ["from_stored", "stored_dtype", "to_stored"]

_STORED = {tf.int32: tf.uint32, tf.bool: tf.uint8}


def stored_dtype(dtype: tf.DType) -> tf.DType:
    """Returns the dtype of the variable in which tensors of `dtype` are kept.

    >>> stored_dtype(tf.int32), stored_dtype(tf.float32)
    (tf.uint32, tf.float32)
    """
    return _STORED.get(dtype, dtype)


def to_stored(x: tf.Tensor) -> tf.Tensor:
    """Returns the tensor that a variable keeps for `x`, of the same shape and `stored_dtype`."""
    if x.dtype == tf.int32:
        return tf.bitcast(x, tf.uint32)
    return tf.cast(x, stored_dtype(x.dtype))


def from_stored(kept: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Returns the tensor of `dtype` for which `to_stored` returned `kept`."""
    return tf.bitcast(kept, dtype) if dtype == tf.int32 else tf.cast(kept, dtype)
