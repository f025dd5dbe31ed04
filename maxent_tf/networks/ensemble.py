"""Several networks of one architecture that look at the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.networks.interface import Network


@dataclass(frozen=True)
class Ensemble:
    """Independent copies of a network, such as twin critics.

    The copies are a batch axis behind the learners' own, so that all of them are one batched matrix
    product.

    Attributes:
      network: the architecture.
      size: E, how many copies.
    """

    network: Network
    size: int

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> Any:
        """Draws parameters, independently for every copy of every learner.

        Args:
          seed: [2], int32.
          batch_shape: `P`.

        Returns:
          The network's parameters, [*P, E, ...].
        """
        return self.network.init(seed, (*batch_shape, self.size))

    def apply(self, params: Any, x: tf.Tensor) -> tf.Tensor:
        """Every copy's outputs: [*P, B, in] -> [*P, E, B, out]."""
        return self.network.apply(params, x[..., None, :, :])
