"""Random numbers that are the same eagerly, in a graph, under XLA and on every device.

Those of `tf.random` are not. With one seed, `stateless_uniform` gives other float32 numbers under
XLA than elsewhere, whatever `alg` says; so do `split` and `fold_in` where a word of the seed is
negative. And under XLA on a CPU its default generator takes 50 to 300 microseconds for 1,800
numbers. Threefry is nothing but 32-bit integer arithmetic: written in TensorFlow it gives the same
bits everywhere and fuses with what uses them, at 4 microseconds for as many.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from maxent_tf.seeds import as_seed

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def uniform(shape: Any, seed: Any) -> tf.Tensor:
    """Draws from the uniform distribution on [0, 1).

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.

    Returns:
      [*shape], float32, multiples of 2^-24.

    >>> uniform([2], seed=0).numpy().tolist() == tf.function(uniform)([2], seed=0).numpy().tolist()
    True
    """
    return tf.cast(_bits(shape, seed, 24), tf.float32) * 2.0**-24


def normal(shape: Any, seed: Any) -> tf.Tensor:
    """Draws from the standard normal distribution.

    The inverse of its distribution function, at the midpoints of 2^23 equal parts of [0, 1]: the
    largest number is 5.29.

    Args:
      shape: a list of integers, or a [rank] int32 tensor.
      seed: an integer or [2] int32.

    Returns:
      [*shape], float32.
    """
    # Bits b of 23: 2 (b + 1/2) / 2^23 - 1 is exact in float32 and never reaches -1 or 1.
    symmetric = (tf.cast(_bits(shape, seed, 23), tf.float32) + 0.5) * 2.0**-22 - 1.0
    return math.sqrt(2) * tf.math.erfinv(symmetric)


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


def split(seed: Any, num: int) -> list[tf.Tensor]:
    """Derives independent seeds.

    Args:
      seed: an integer or [2] int32.
      num: how many.

    Returns:
      `num` seeds, each [2] int32.
    """
    index = tf.range(num)
    # Numbers are drawn at counters (index, 0), seeds at (index, 1): never from the same bits.
    derived = threefry(_key(seed), (tf.cast(index, tf.uint32), tf.ones_like(index, tf.uint32)))
    return tf.unstack(tf.bitcast(tf.stack(derived, -1), tf.int32))


def threefry(
    key: tuple[tf.Tensor, tf.Tensor], counter: tuple[tf.Tensor, tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Threefry-2x32 with 20 rounds: a keyed bijection of 64 bits that looks random.

    Args:
      key: two uint32 scalars.
      counter: two uint32 tensors of one shape.

    Returns:
      Two uint32 tensors of that shape.

    References:
      J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw (2011), "Parallel random numbers: as easy
      as 1, 2, 3", section 4.2, https://doi.org/10.1145/2063384.2063405
    """
    keys = (*key, key[0] ^ key[1] ^ _uint32(_PARITY))
    x, y = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x += y
            left = tf.bitwise.left_shift(y, _uint32(rotation))
            right = tf.bitwise.right_shift(y, _uint32(32 - rotation))
            y = (left | right) ^ x
        x += keys[(group + 1) % 3]
        y += keys[(group + 2) % 3] + _uint32(group + 1)
    return x, y


def _bits(shape: Any, seed: Any, count: int) -> tf.Tensor:
    shape = tf.convert_to_tensor(shape, tf.int32)
    # An index for each number; the second half of Threefry's output is not worth a concatenation.
    index = tf.cast(tf.range(tf.reduce_prod(shape)), tf.uint32)
    bits, _ = threefry(_key(seed), (index, tf.zeros_like(index)))
    return tf.reshape(tf.bitwise.right_shift(bits, _uint32(32 - count)), shape)


def _key(seed: Any) -> tuple[tf.Tensor, tf.Tensor]:
    # In this order: to unstack unsigned integers there is no kernel for GPUs.
    high, low = tf.unstack(as_seed(seed))
    return tf.bitcast(high, tf.uint32), tf.bitcast(low, tf.uint32)


def _uint32(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)
