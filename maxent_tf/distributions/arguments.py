"""Helpers for the arguments of distributions: tensors, seeds and shapes."""

from __future__ import annotations

import numbers
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import dtype_util, tensor_util

from maxent_tf.seeds import as_seed


def float_tensors(**arguments: Any) -> list[tf.Tensor]:
    """Returns arguments as tensors of one floating dtype, and scalars as vectors of one element.

    Variables stay variables, so that gradients reach them.

    Raises:
      TypeError: If the dtypes of the arguments differ.
    """
    dtype = dtype_util.common_dtype(list(arguments.values()), dtype_hint=tf.float32)
    tensors = (
        tensor_util.convert_nonref_to_tensor(value, dtype=dtype, name=name)
        for name, value in arguments.items()
    )
    return [tf.reshape(x, [1]) if x.shape.rank == 0 else x for x in tensors]


def draw_seed(seed: Any) -> tf.Tensor:
    """Returns a stateless seed, [2], for a seed as TFP's `sample` accepts it.

    Such a seed may be None, which as everywhere in TFP means a draw from the global generator.
    TFP's streams of seeds also give integers of more than 31 bits.
    """
    if seed is None:
        return tfp.random.sanitize_seed(None)
    return as_seed(seed % 2**31 if isinstance(seed, numbers.Integral) else seed)


def draw_shape(sample_shape: Any, *tensors: tf.Tensor) -> Any:
    """Returns the shape of a draw: `sample_shape`, then the shape of the tensors when broadcast.

    The shape is static if possible, because a list of integers costs no operation.
    """
    static = tensors[0].shape
    for tensor in tensors[1:]:
        static = tf.broadcast_static_shape(static, tensor.shape)
    known = tf.get_static_value(sample_shape)
    if known is not None and static.is_fully_defined():
        return [*tf.TensorShape(known).as_list(), *static.as_list()]
    dynamic = tf.shape(tensors[0])
    for tensor in tensors[1:]:
        dynamic = tf.broadcast_dynamic_shape(dynamic, tf.shape(tensor))
    # Without the hint, () would be an empty vector of floats.
    in_front = tf.convert_to_tensor(sample_shape, dtype_hint=tf.int32)
    return tf.concat([tf.reshape(tf.cast(in_front, tf.int32), [-1]), dynamic], 0)
