"""Proportional prioritised experience replay, batched over learners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.replay.ring import Ring
from maxent_tf.replay.sum_tree import SumTree
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


class PrioritizedSample(NamedTuple):
    """A minibatch with what corrects it and what identifies it.

    Attributes:
      transition: fields [*P, B, ...].
      weight: [*P, B], float32, importance weights, the largest of each minibatch 1.
      slot: [*P, B], int64, to hand to `update_priorities`.
    """

    transition: Transition
    weight: tf.Tensor
    slot: tf.Tensor


class PrioritizedReplay(tf.Module):
    r"""A ring of transitions for each learner, sampled in proportion to their priorities.

    .. math:: P(i) = \frac{p_i^\omega}{\sum_k p_k^\omega}, \qquad p_i = |\delta_i| + \epsilon,
              \qquad w_i = \frac{(N P(i))^{-\beta}}{\max_j (N P(j))^{-\beta}}

    over the N transitions held, with the largest weight taken over the minibatch. A transition that
    is new has the largest priority that its learner has seen so far, so that each is soon drawn.

    Args:
      spec: of the world; determines the shapes and dtypes of what is stored.
      capacity: transitions kept for each learner; the oldest are overwritten.
      batch_shape: `P`, the learners' batch shape.
      exponent: omega, in [0, 1]; 0 is uniform replay.
      epsilon: positive, in units of the error: keeps every transition within reach.

    Raises:
      ValueError: if an argument is out of its range.

    References:
      T. Schaul, J. Quan, I. Antonoglou, D. Silver (2016), "Prioritized experience replay", sections
      3.3 and 3.4 and appendix B.2.1, https://arxiv.org/abs/1511.05952
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        capacity: int,
        batch_shape: Sequence[int] = (),
        exponent: float = 0.6,
        epsilon: float = 1e-6,
    ):
        super().__init__(name="prioritized_replay")
        if not 0 <= exponent <= 1:
            raise ValueError(f"exponent must lie in [0, 1], not {exponent}.")
        if not 0 < epsilon < float("inf"):
            raise ValueError(f"epsilon must be positive and finite, not {epsilon}.")
        self._ring = Ring(spec, capacity, batch_shape)
        self.capacity = capacity
        self.batch_shape = self._ring.batch_shape
        self._exponent, self._epsilon = exponent, epsilon
        learners = self._ring.num_learners
        self._tree = SumTree(learners, capacity)
        self._largest = tf.Variable(tf.ones([learners], tf.float64), trainable=False)

    @property
    def size(self) -> tf.Tensor:
        """[*P], int64: how many transitions each learner holds now."""
        return self._ring.size

    def add(self, transition: Transition) -> None:
        """Appends the valid transitions of one step, at the largest priority so far.

        Args:
          transition: fields of shape [*P, B, ...], `B <= capacity`.

        Raises:
          ValueError: if `B` exceeds the capacity: some would overwrite others of the same call.
        """
        slot = self._by_learner(self._ring.add(transition))
        weight = tf.broadcast_to(self._largest[:, None] ** self._exponent, tf.shape(slot))
        self._tree.set(slot, weight)

    def sample(
        self, batch_size: int, seed: tf.Tensor, beta: tf.Tensor | float = 0.4
    ) -> PrioritizedSample:
        """Draws transitions in proportion to their priorities, independently for every learner.

        Stratified, as in the paper: one transition from each of B equal parts of the total. So a
        transition is drawn B times its probability on average, and never 2 times more or less.
        The buffer of every learner must hold at least one transition.

        Args:
          batch_size: B.
          seed: [2], int32.
          beta: in [0, 1], broadcastable to [*P], how much of the bias is corrected; the paper
            anneals it from 0.4 to 1.
        """
        shape = [self._ring.num_learners, batch_size]
        high, low = (tf.cast(draws.uniform(shape, s), tf.float64) for s in draws.split(seed, 2))
        # 48 random bits: 24 are too coarse for one transition of a million.
        part = tf.range(batch_size, dtype=tf.float64) + high + low * 2.0**-24
        total = self._tree.total[:, None]
        leaf = self._tree.find(part / batch_size * total)
        slot = tf.reshape(leaf, [*self.batch_shape, batch_size])
        probability = tf.reshape(self._tree.get(leaf) / total, tf.shape(slot))
        expected = probability * tf.cast(self.size, tf.float64)[..., None]
        # Relative to the rarest of the minibatch first: the power of a quotient below 1.
        relative = tf.reduce_min(expected, axis=-1, keepdims=True) / expected
        weight = relative ** tf.cast(beta, tf.float64)[..., None]
        return PrioritizedSample(self._ring.read(slot), tf.cast(weight, tf.float32), slot)

    def update_priorities(self, slot: tf.Tensor, error: tf.Tensor) -> None:
        """Sets the priorities of transitions to the size of their errors.

        Args:
          slot: [*P, B], int64, of a sample drawn since the last `add`. A transition that occurs
            twice should have one error: else one of the two counts.
          error: [*P, B], float, of either sign, finite: the temporal-difference errors.
        """
        priority = tf.abs(tf.cast(self._by_learner(error), tf.float64)) + self._epsilon
        self._largest.assign(tf.maximum(self._largest, tf.reduce_max(priority, axis=1)))
        self._tree.set(self._by_learner(slot), priority**self._exponent)

    def _by_learner(self, x: tf.Tensor) -> tf.Tensor:
        """[*P, B] -> [learners, B]."""
        return tf.reshape(x, [self._ring.num_learners, x.shape[-1]])
