"""Several networks of one architecture with the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.networks.interface import Network


@dataclass(frozen=True)
class Ensemble:
    """Independent copies of a network, such as twin critics.

    The copies are a batch axis behind that of the learners, so that all of them are one batched
    matrix product.

    Attributes:
      network: The architecture.
      size: E, the number of copies.
    """

    network: Network
    size: int

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> Any:
        """Draws parameters, independently for every copy of every learner.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.

        Returns:
          The network's parameters, [*P, E, ...].
        """
        return self.network.init(seed, (*batch_shape, self.size))

    def apply(self, params: Any, x: tf.Tensor) -> tf.Tensor:
        """Returns the outputs of every copy: [*P, B, in] -> [*P, E, B, out]."""
        return self.network.apply(params, x[..., None, :, :])
