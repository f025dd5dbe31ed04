"""PUCT with a constant of each learner's own, so that one program searches for all of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf import search
from maxent_tf.search.puct import most_promising


@dataclass(frozen=True, eq=False)
class PuctOfEach(search.Rule):
    """PUCT on values as they are, with a constant that does not grow with the visits.

    The roots of K learners are in one axis, those of the first learner first.

    Attributes:
      constant: [K], float32, the exploration constants.
      noise: The share of Dirichlet noise in the prior of the root, with `Puct`'s concentration.
    """

    constant: np.ndarray
    noise: float

    def begin(
        self, root: search.Node, num_simulations: int, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Mixes noise into the prior of the root."""
        return search.Puct(noise_fraction=self.noise).begin(root, num_simulations, seed)

    def select(self, node: search.Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action of the largest score, [B], int32."""
        del seed
        roots = node.value.shape[0] // len(self.constant)
        constant = tf.repeat(tf.constant(self.constant), roots)[:, tf.newaxis]
        return most_promising(node, node.q, constant)

    def conclude(self, root: search.Node, plan: tuple[()]) -> search.Outcome:
        """Returns the shares of visits, as both policies."""
        return search.Puct().conclude(root, plan)

    def without_noise(self) -> PuctOfEach:
        """Returns the rule without noise in the prior of the root."""
        return dataclasses.replace(self, noise=0.0)
