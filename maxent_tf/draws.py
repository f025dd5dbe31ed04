"""Random numbers that are the same eagerly, in a graph, under XLA and on every device.

Every random number of the package comes from here. The functions of `tf.random` do not have this
property: with one seed, `stateless_uniform` and `stateless_normal` give other numbers under XLA
than elsewhere, and their generator depends on the device. The integers of TensorFlow's Philox
generator, requested by name, have the same bits everywhere. The functions here compute all numbers
from these integers, by exact arithmetic where possible and otherwise by the same formula.
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
    "dirichlet",
    "fold_in",
    "integers",
    "normal",
    "permutation",
    "split",
    "uniform",
]

_GENERATOR = "philox"


def split(seed: Any, num: int) -> tf.Tensor:
    """Derives independent seeds from one seed.

    Args:
      seed: An integer, or a seed of shape [2], int32.
      num: The number of seeds.

    Returns:
      The seeds, [num, 2], int32.
    """
    return tf.random.split(as_seed(seed), num, alg=_GENERATOR)


def fold_in(seed: Any, number: Any) -> tf.Tensor:
    """Derives a seed from a seed and a number, such as the number of a step.

    Args:
      seed: An integer, or a seed of shape [2], int32.
      number: An integer or an integer scalar.

    Returns:
      The seed, [2], int32.
    """
    return tf.random.fold_in(as_seed(seed), number, alg=_GENERATOR)


def bits(shape: Any, seed: Any, dtype: tf.DType = tf.uint32) -> tf.Tensor:
    """Draws integers uniformly from all values of an integer type.

    Args:
      shape: A list of integers, or a [rank] int32 tensor.
      seed: An integer, or a seed of shape [2], int32.
      dtype: The type, `tf.uint32` or `tf.uint64`.

    Returns:
      The integers, [*shape], of the dtype.
    """
    return tf.random.stateless_uniform(
        shape, as_seed(seed), minval=None, maxval=None, dtype=dtype, alg=_GENERATOR
    )


def uniform(shape: Any, seed: Any, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Draws from the uniform distribution on [0, 1).

    Args:
      shape: A list of integers, or a [rank] int32 tensor.
      seed: An integer, or a seed of shape [2], int32.
      dtype: The type, `tf.float32` or `tf.float64`.

    Returns:
      The numbers, [*shape], of the dtype; multiples of 2^-24 in float32, of 2^-53 in float64.

    >>> uniform([2], seed=0).numpy().tolist() == tf.function(uniform)([2], seed=0).numpy().tolist()
    True
    """
    digits = _DIGITS[dtype]
    return tf.cast(_leading_bits(shape, seed, dtype, digits), dtype) * 2.0**-digits


def normal(shape: Any, seed: Any, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Draws from the standard normal distribution.

    The numbers are values of the inverse distribution function at the midpoints of 2^23 equal parts
    of [0, 1] (2^52 in float64). The largest number is therefore 5.29 (8.21). XLA has its own
    inverse error function, which may round differently.

    Args:
      shape: A list of integers, or a [rank] int32 tensor.
      seed: An integer, or a seed of shape [2], int32.
      dtype: The type, `tf.float32` or `tf.float64`.

    Returns:
      The numbers, [*shape], of the dtype.
    """
    digits = _DIGITS[dtype] - 1
    # Of integers b with one bit less, 2 (b + 1/2) / 2^digits - 1 is exact and never -1 or 1.
    middle = tf.cast(_leading_bits(shape, seed, dtype, digits), dtype) + 0.5
    return math.sqrt(2) * tf.math.erfinv(middle * 2.0 ** (1 - digits) - 1.0)


def integers(shape: Any, seed: Any, num: Any) -> tf.Tensor:
    """Draws integers uniformly from 0 .. `num` - 1; probabilities are exact to within `num` 2^-24.

    Args:
      shape: A list of integers, or a [rank] int32 tensor.
      seed: An integer, or a seed of shape [2], int32.
      num: The number of different integers, at most 2^24: an integer, or a tensor that broadcasts
        to `shape`.

    Returns:
      The integers, [*shape], int32.
    """
    # A product with a number below 1 is below num, rounded too.
    return tf.cast(uniform(shape, seed) * tf.cast(num, tf.float32), tf.int32)


def categorical(probs: tf.Tensor, seed: Any, sample_shape: Sequence[int] | tf.Tensor = ()) -> Any:
    """Draws indices with given probabilities, by inversion, from one uniform number each.

    Args:
      probs: [..., A], float, at least 0. The probabilities need not sum to 1. An index of
        probability 0 is never drawn.
      seed: An integer, or a seed of shape [2], int32.
      sample_shape: `n`, the shape of independent draws.

    Returns:
      The indices, [*n, ...], int32.
    """
    cumulative = tf.cumsum(probs, axis=-1)
    # A product with a number below 1 is below the total, whatever that was rounded to: no draw
    # goes beyond the last possible index, and the last bound need not be looked at.
    bounds, total = cumulative[..., :-1], cumulative[..., -1:]
    shape = tf.concat([tf.cast(sample_shape, tf.int32), tf.shape(total)], axis=0)
    static = tf.get_static_value(shape)
    number = tf.cast(uniform(shape if static is None else static, seed), bounds.dtype)
    return tf.reduce_sum(tf.cast(number * total >= bounds, tf.int32), axis=-1)


def dirichlet(concentration: tf.Tensor, seed: Any) -> tf.Tensor:
    """Draws from Dirichlet distributions, as shares of Gamma variables.

    The Gamma variables come from the rejection method of Marsaglia and Tsang. Their logarithms are
    used, so that concentrations far below 1 do not underflow.

    Args:
      concentration: [..., A], float, the concentrations. An index of concentration 0 has share 0;
        at least one must be above 0.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The shares, [..., A], of the dtype of `concentration`, of sum 1.

    References:
      G. Marsaglia and W. W. Tsang (2000), "A simple method for generating gamma variables",
      https://doi.org/10.1145/358407.358414
    """
    dtype, shape, possible = concentration.dtype, tf.shape(concentration), concentration > 0
    # The method wants shapes of at least 1; a power of a uniform number takes Gamma(a + 1) to
    # Gamma(a).
    d = tf.where(possible, concentration, tf.ones_like(concentration)) + 2 / 3

    def propose(
        seed: tf.Tensor, found: tf.Tensor, wanted: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        seed, normal_seed, test_seed = tf.unstack(split(seed, 3))
        x = normal(shape, normal_seed, dtype)
        v = (1 + x / tf.sqrt(9 * d)) ** 3
        log_v = tf.math.log(tf.where(v > 0, v, tf.ones_like(v)))
        # One minus a number of [0, 1) has a logarithm.
        threshold = tf.math.log(1 - uniform(shape, test_seed, dtype))
        accepted = (v > 0) & (threshold < x * x / 2 + d * (1 - v + log_v))
        return seed, tf.where(wanted, v, found), wanted & ~accepted

    start, boost_seed = tf.unstack(split(seed, 2))
    _, v, _ = tf.while_loop(
        lambda seed, found, wanted: tf.reduce_any(wanted),
        propose,
        (start, tf.ones_like(concentration), possible),
    )
    boost = tf.math.log(1 - uniform(shape, boost_seed, dtype)) / (d - 2 / 3)
    log_gamma = tf.math.log(d * v) + boost
    return tf.nn.softmax(tf.where(possible, log_gamma, tf.constant(-math.inf, dtype)))


def permutation(num: int, seed: Any) -> tf.Tensor:
    """Draws a random order of 0 .. `num` - 1, by sorting random numbers.

    With a probability of about num^2 / 2^25, two of the random numbers are equal; the two integers
    then keep their order.

    Args:
      num: The number of integers.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The order, [num], int32.

    >>> sorted(permutation(4, seed=0).numpy().tolist())
    [0, 1, 2, 3]
    """
    return tf.argsort(uniform([num], seed))


# The digits of the dtypes' numbers.
_DIGITS = {tf.float32: 24, tf.float64: 53}


def _leading_bits(shape: Any, seed: Any, dtype: tf.DType, count: int) -> tf.Tensor:
    """Draws integers below 2^`count`."""
    whole = tf.uint32 if dtype == tf.float32 else tf.uint64
    shift = tf.constant(8 * whole.size - count, whole)
    return tf.bitwise.right_shift(bits(shape, seed, whole), shift)
