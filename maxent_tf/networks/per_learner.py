"""Networks that are written for one learner and used for many, each with its own parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import draws


@dataclass(frozen=True)
class PerLearner:
    """A network that is given by two functions for a single learner.

    Attributes:
      initialize: A function from a seed, [2], int32, to parameters: any structure of float32
        tensors.
      call: A function from parameters and observations [B, *O], float32, to features [B, F],
        float32. It may use TensorFlow only.

    >>> scaled = PerLearner(lambda seed: tf.ones([]), lambda scale, x: scale * x)
    >>> scaled.apply(scaled.init(tf.constant([0, 0]), [2]), tf.ones([2, 1, 3])).shape
    TensorShape([2, 1, 3])
    """

    initialize: Callable[[tf.Tensor], Any]
    call: Callable[[Any, Any], tf.Tensor]

    def __post_init__(self) -> None:
        for name in ("initialize", "call"):
            if not callable(getattr(self, name)):
                raise ValueError(f"{name} must be a function, not {getattr(self, name)!r}.")

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> Any:
        """Draws parameters, [N, ...], for `batch_shape` (N,); see `Network`."""
        return stacked(self.initialize, seed, batch_shape)

    def apply(self, params: Any, x: Any) -> tf.Tensor:
        """Returns the features, [N, B, F], of observations [N, B, *O]; see `Network`."""
        return mapped(self.call, params, x)


def stacked(
    initialize: Callable[[tf.Tensor], Any], seed: tf.Tensor, batch_shape: Sequence[int]
) -> Any:
    """Returns the parameters of all learners of a `batch_shape`, each from its own seed."""
    seeds = tf.unstack(draws.split(seed, math.prod(batch_shape)))
    each = [initialize(one) for one in seeds]

    def stack(*leaves: tf.Tensor) -> tf.Tensor:
        together = tf.stack(leaves)
        return tf.reshape(together, [*batch_shape, *together.shape[1:]])

    return tf.nest.map_structure(stack, *each)


def mapped(
    call: Callable[[Any, Any], tf.Tensor], params: Any, x: Any, one_by_one: bool = False
) -> tf.Tensor:
    """Calls a network of one learner for each of N: [N, ...], [N, B, *O] -> [N, B, F].

    Args:
      call: A function from the parameters and observations of one learner to its features.
      params: The parameters of all learners.
      x: The observations of all learners.
      one_by_one: Whether learners follow each other instead of being vectorised.
    """
    count = tf.nest.flatten(x)[0].shape[0]
    if count > 1 and not one_by_one:
        return tf.vectorized_map(lambda each: call(*each), (params, x))
    each = (tf.nest.map_structure(lambda leaf: leaf[i], (params, x)) for i in range(count))  # noqa: B023
    return tf.stack([call(*one) for one in each])
