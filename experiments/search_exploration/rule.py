"""PUCT with hyperparameters of each learner's own, so that one program searches for all of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf import search
from maxent_tf.search.puct import most_promising

_CONCENTRATION = 0.3  # AlphaZero's for chess


@dataclass(frozen=True, eq=False)
class PuctOfEach(search.Rule):
    """PUCT on values as they are, with a constant that does not grow with the visits.

    The roots of K learners are in one axis, those of the first learner first.

    Attributes:
      constant: [K], float32, the exploration constants.
      noise: [K], float32, the shares of Dirichlet noise in the prior of the root.
    """

    constant: np.ndarray
    noise: np.ndarray

    def begin(
        self, root: search.Node, num_simulations: int, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Mixes noise into the prior of the root."""
        all_noise = search.Puct(noise_fraction=1.0, noise_concentration=_CONCENTRATION)
        log_noise, plan = all_noise.begin(root, num_simulations, seed)
        share = _of_roots(self.noise, root)
        mixed = tf.math.log((1 - share) * tf.exp(root.log_prior) + share * tf.exp(log_noise))
        return tf.where(root.legal & (share > 0), mixed, root.log_prior), plan

    def select(self, node: search.Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action of the largest score, [B], int32."""
        del seed
        return most_promising(node, node.q, _of_roots(self.constant, node))

    def conclude(self, root: search.Node, plan: tuple[()]) -> search.Outcome:
        """Returns the shares of visits, as both policies."""
        return search.Puct().conclude(root, plan)

    def without_noise(self) -> PuctOfEach:
        """Returns the rule without noise in the prior of the root."""
        return dataclasses.replace(self, noise=np.zeros_like(self.noise))


def _of_roots(values: np.ndarray, node: search.Node) -> tf.Tensor:
    """Returns the values of the learners, [K], for each root, [B, 1]."""
    return tf.repeat(tf.constant(values), node.value.shape[0] // len(values))[:, tf.newaxis]
