"""Every random number of the package: the same eagerly, in a graph, under XLA and on every device.

Those of `tf.random` are not: with one seed, `stateless_uniform` and `stateless_normal` give other
numbers under XLA than elsewhere, and what generator they use depends on the device. The integers of
TensorFlow's Philox generator, asked for by name, are the same bits everywhere. The numbers here are
made from them by arithmetic that is exact, or, where it is not, by the same formula.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from maxent_tf.seeds import as_seed

__all__ = [
    "bits",
    "categorical",
    "fold_in",
    "integers",
    "normal",
    "permutation",
    "split",
    "uniform",
]

_GENERATOR = "philox"


def split(seed: Any, num: int) -> tf.Tensor:
    """Derives independent seeds.

    Args:
      seed: an integer or [2] int32.
      num: how many.

    Returns:
      [num, 2], int32.
    """
    return tf.random.split(as_seed(seed), num, alg=_GENERATOR)


def fold_in(seed: Any, number: Any) -> tf.Tensor:
    """Derives the seed that belongs to a number, such as that of a step.

    Args:
      seed: an integer or [2] int32.
      number: an integer or an integer scalar.

    Returns:
      [2], int32.
    """
    return tf.random.fold_in(as_seed(seed), number, alg=_GENERATOR)


def bits(shape: Any, seed: Any, dtype: tf.DType = tf.uint32) -> tf.Tensor:
    """Draws integers uniformly from all that a type can hold.

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.
      dtype: `tf.uint32` or `tf.uint64`.

    Returns:
      [*shape], of the dtype.
    """
    return tf.random.stateless_uniform(
        shape, as_seed(seed), minval=None, maxval=None, dtype=dtype, alg=_GENERATOR
    )


def uniform(shape: Any, seed: Any, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Draws from the uniform distribution on [0, 1).

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.
      dtype: `tf.float32` or `tf.float64`.

    Returns:
      [*shape], of the dtype: multiples of 2^-24, or of 2^-53.

    >>> uniform([2], seed=0).numpy().tolist() == tf.function(uniform)([2], seed=0).numpy().tolist()
    True
    """
    digits = _DIGITS[dtype]
    return tf.cast(_leading_bits(shape, seed, dtype, digits), dtype) * 2.0**-digits


def normal(shape: Any, seed: Any, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Draws from the standard normal distribution.

    The inverse of its distribution function, at the midpoints of 2^23 equal parts of [0, 1] (2^52
    in float64): the largest number is 5.29 (8.21). XLA has its own inverse error function, which
    may round otherwise.

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.
      dtype: `tf.float32` or `tf.float64`.

    Returns:
      [*shape], of the dtype.
    """
    digits = _DIGITS[dtype] - 1
    # Of integers b with one bit less, 2 (b + 1/2) / 2^digits - 1 is exact and never -1 or 1.
    middle = tf.cast(_leading_bits(shape, seed, dtype, digits), dtype) + 0.5
    return math.sqrt(2) * tf.math.erfinv(middle * 2.0 ** (1 - digits) - 1.0)


def integers(shape: Any, seed: Any, num: Any) -> tf.Tensor:
    """Draws integers 0 .. `num` - 1 uniformly, to within `num` 2^-24.

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.
      num: how many there are, at most 2^24: an integer or a tensor that broadcasts to `shape`.

    Returns:
      [*shape], int32.
    """
    # A product with a number below 1 is below num, rounded too.
    return tf.cast(uniform(shape, seed) * tf.cast(num, tf.float32), tf.int32)


def categorical(probs: tf.Tensor, seed: Any, sample_shape: Sequence[int] | tf.Tensor = ()) -> Any:
    """Draws indices by their probabilities, by inversion, with one uniform number for each.

    Args:
      probs: [..., A], float, at least 0; they need not add up to 1. Those of 0 are never drawn.
      seed: an integer or [2] int32.
      sample_shape: `n`, of independent draws.

    Returns:
      [*n, ...], int32.
    """
    cumulative = tf.cumsum(probs, axis=-1)
    # A product with a number below 1 is below the total, whatever that was rounded to: no draw
    # goes beyond the last possible index, and the last bound need not be looked at.
    bounds, total = cumulative[..., :-1], cumulative[..., -1:]
    shape = tf.concat([tf.cast(sample_shape, tf.int32), tf.shape(total)], axis=0)
    static = tf.get_static_value(shape)
    number = tf.cast(uniform(shape if static is None else static, seed), bounds.dtype)
    return tf.reduce_sum(tf.cast(number * total >= bounds, tf.int32), axis=-1)


def permutation(num: int, seed: Any) -> tf.Tensor:
    """Draws an order of 0 .. `num` - 1, by sorting random numbers.

    Two of them are equal, and then keep their order, with a probability of num^2 / 2^25.

    Args:
      num: how many.
      seed: an integer or [2] int32.

    Returns:
      [num], int32.

    >>> sorted(permutation(4, seed=0).numpy().tolist())
    [0, 1, 2, 3]
    """
    return tf.argsort(uniform([num], seed))


# The digits of the dtypes' numbers.
_DIGITS = {tf.float32: 24, tf.float64: 53}


def _leading_bits(shape: Any, seed: Any, dtype: tf.DType, count: int) -> tf.Tensor:
    """Draws integers below 2^count."""
    whole = tf.uint32 if dtype == tf.float32 else tf.uint64
    shift = tf.constant(8 * whole.size - count, whole)
    return tf.bitwise.right_shift(bits(shape, seed, whole), shift)
