"""The interface of networks: two pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf


@runtime_checkable
class Network(Protocol):
    """A function with parameters; each learner has its own parameters.

    The networks of this package accept any batch shape `P`. A network of your own, passed to a
    learner as `network`, is only called with one axis of learners, of any length: `P` is (N,).
    """

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> Any:
        """Draws parameters, independently for every learner of `batch_shape`.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.

        Returns:
          The parameters, a structure of float32 tensors [*P, ...], all of which are trained.
        """

    def apply(self, params: Any, x: Any) -> tf.Tensor:
        """Returns the network's outputs, those of each learner from its own parameters alone.

        Args:
          params: The parameters, as `init` returns them.
          x: [*P, B, *O], float32, the observations in their own shape, or a dict of such. Discrete
            observations are one-hot, images in [0, 1].

        Returns:
          The outputs, [*P, B, F], float32.
        """
