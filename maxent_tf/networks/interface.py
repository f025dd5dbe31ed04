"""What a network is: two pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf


@runtime_checkable
class Network(Protocol):
    """A function with parameters, one set of them for each learner.

    The networks of this package take any batch shape `P`. One of your own, passed to a learner as
    `network`, is only ever asked for one axis of learners, of any length: `P` is (N,).
    """

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> Any:
        """Draws parameters, independently for every learner of `batch_shape`.

        Args:
          seed: [2], int32.
          batch_shape: `P`.

        Returns:
          A structure of float32 tensors [*P, ...], all of which are trained.
        """

    def apply(self, params: Any, x: Any) -> tf.Tensor:
        """The network's outputs, each learner's from its own parameters alone.

        Args:
          params: as `init` returns them.
          x: [*P, B, *O], float32, observations in their own shape, or a dict of such; discrete ones
            are one-hot, images in [0, 1].

        Returns:
          [*P, B, F], float32.
        """
