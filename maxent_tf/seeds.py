"""Seeds, which are stateless and explicit: integer tensors of shape [2].

Every draw in the package comes from `draws` with such a seed, so that a result is a function of its
arguments. New seeds are derived with `draws.split` and `draws.fold_in`.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["as_seed"]


def as_seed(seed: Any) -> tf.Tensor:
    """Returns `seed` as a stateless seed.

    Args:
      seed: A Python or NumPy integer, or an integer tensor of shape [2].

    Returns:
      A seed of shape [2], int32. An integer `n` becomes its high and low 32 bits, which are
      `[0, n]` if `n` is small.

    Raises:
      ValueError: If `seed` is neither an integer nor an integer tensor of shape [2].

    >>> as_seed(3).numpy().tolist()
    [0, 3]
    """
    if isinstance(seed, numbers.Integral) and not isinstance(seed, bool):
        words = [int(seed) >> 32 & 0xFFFFFFFF, int(seed) & 0xFFFFFFFF]
        return tf.constant(np.array(words, np.uint32).view(np.int32))
    given = seed
    try:
        seed = tf.convert_to_tensor(seed)
        fits = seed.dtype.is_integer and seed.shape in ([], [2])
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            f"seed must be an integer or an integer tensor of shape [2], not {given!r}: "
            "pass for example seed=0 or seed=tf.constant([0, 1])."
        )
    seed = tf.cast(seed, tf.int32)
    return tf.stack([0, seed]) if seed.shape.rank == 0 else seed
