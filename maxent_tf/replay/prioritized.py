"""Proportional prioritised experience replay, batched over learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.checks import in_range, is_schedule, number
from maxent_tf.replay.ring import Ring
from maxent_tf.replay.sample import Sample
from maxent_tf.replay.sum_tree import SumTree
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


@dataclass(frozen=True, eq=False)
class Priorities:
    """How strongly transitions with large errors are preferred, and how much of that is corrected.

    Attributes:
      exponent: The exponent omega, in [0, 1]; 0 draws all transitions with equal probability.
      beta: The exponent of the importance weights, in [0, 1]: how much of the bias the weights
        correct. It is a number or tensor that broadcasts to `P`, or a schedule over updates; the
        paper anneals it from 0.4 to 1.
      epsilon: A positive number, in units of the error, which is added to every error so that every
        transition can be drawn.

    Raises:
      ValueError: If a value is out of its range; of a schedule, its first value.
    """

    exponent: float = 0.6
    beta: Any = 0.4
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        number("exponent", self.exponent)
        number("epsilon", self.epsilon)
        if not 0 <= self.exponent <= 1:
            raise ValueError(f"exponent must lie in [0, 1], not {self.exponent}.")
        if not 0 < self.epsilon < float("inf"):
            raise ValueError(f"epsilon must be positive and finite, not {self.epsilon}.")
        in_range("beta", self.beta_after(tf.constant(0)), 0, 1)

    def beta_after(self, updates: tf.Tensor) -> Any:
        """Returns beta after a number of updates, an int32 scalar."""
        return self.beta(updates) if is_schedule(self.beta) else self.beta


class PrioritizedReplay(tf.Module):
    r"""A ring of transitions for each learner, sampled in proportion to their priorities.

    .. math:: P(i) = \frac{p_i^\omega}{\sum_k p_k^\omega}, \qquad p_i = |\delta_i| + \epsilon,
              \qquad w_i = \frac{(N P(i))^{-\beta}}{\max_j (N P(j))^{-\beta}}

    over the N transitions held; the largest weight is taken over the minibatch. A new transition
    gets the largest priority that its learner has seen so far, so that it is soon drawn.

    Args:
      spec: The specification of the environment, which determines the shapes and dtypes of what is
        stored.
      capacity: The number of transitions kept for each learner; the oldest are overwritten.
      batch_shape: The batch shape `P` of the learners.
      priorities: The parameters omega, beta and epsilon.
      n_step: The number n of consecutive steps of an environment that are drawn at once.
      num_envs: The number of environments of each learner, whose steps are added together; needed
        if n is above 1.
      extras: The specs of what the learner knew when it acted, see `Acted`.

    Raises:
      ValueError: If an argument is out of its range.

    References:
      T. Schaul, J. Quan, I. Antonoglou, D. Silver (2016), "Prioritized experience replay", sections
      3.3 and 3.4 and appendix B.2.1, https://arxiv.org/abs/1511.05952
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        capacity: int,
        batch_shape: Sequence[int] = (),
        priorities: Priorities | None = None,
        n_step: int = 1,
        num_envs: int = 1,
        extras: Any = (),
    ):
        super().__init__(name="prioritized_replay")
        self._ring = Ring(spec, capacity, batch_shape, n_step, num_envs, extras)
        self.capacity = capacity
        self.batch_shape = self._ring.batch_shape
        self._priorities = Priorities() if priorities is None else priorities
        learners = self._ring.num_learners
        self._tree = SumTree(learners, capacity)
        self._largest = tf.Variable(tf.ones([learners], tf.float64), trainable=False)
        self._updates = tf.Variable(tf.constant(0, tf.int64), trainable=False)

    @property
    def ring(self) -> Ring:
        """The ring that holds the transitions."""
        return self._ring

    @property
    def size(self) -> tf.Tensor:
        """The number of transitions that each learner holds now, [*P], int64."""
        return self._ring.size

    def add(self, transition: Transition) -> None:
        """Appends the valid transitions of one step, at the largest priority so far.

        Args:
          transition: The transitions, fields of shape [*P, B, ...], `B <= capacity`.

        Raises:
          ValueError: If `B` exceeds the capacity, because some transitions would overwrite others
            of the same call.
        """
        slot = self._by_learner(self._ring.add(transition))
        weight = tf.broadcast_to(
            self._largest[:, None] ** self._priorities.exponent, tf.shape(slot)
        )
        self._tree.set(slot, weight)

    def clear(self) -> None:
        """Forgets all transitions, their priorities, and the number of updates."""
        self._ring.clear()
        self._tree.clear()
        self._largest.assign(tf.ones_like(self._largest))
        self._updates.assign(0)

    def break_off(self) -> None:
        """Records that all environments were reset: their next steps do not follow those held."""
        self._ring.break_off()

    def sample(self, batch_size: int, seed: tf.Tensor) -> Sample:
        """Draws transitions in proportion to their priorities, independently for every learner.

        The draw is stratified, as in the paper: one transition comes from each of B equal parts of
        the total priority. On average, a transition is drawn B times its probability, and never 2
        times more or less. The buffer of every learner must hold at least one transition.

        Args:
          batch_size: The number B of transitions in a minibatch.
          seed: A seed of shape [2], int32.
        """
        shape = [self._ring.num_learners, batch_size]
        # In float64: 24 bits are too coarse for one transition of a million.
        part = tf.range(batch_size, dtype=tf.float64) + draws.uniform(shape, seed, tf.float64)
        total = self._tree.total[:, None]
        leaf = self._tree.find(part / batch_size * total)
        slot = tf.reshape(leaf, [*self.batch_shape, batch_size])
        probability = tf.reshape(self._tree.get(leaf) / total, tf.shape(slot))
        expected = probability * tf.cast(self.size, tf.float64)[..., None]
        # Relative to the rarest of the minibatch first: the power of a quotient below 1.
        relative = tf.reduce_min(expected, axis=-1, keepdims=True) / expected
        beta = self._priorities.beta_after(tf.cast(self._updates.read_value(), tf.int32))
        weight = relative ** tf.cast(beta, tf.float64)[..., None]
        return Sample(self._ring.read(slot), tf.cast(weight, tf.float32), slot)

    def update_priorities(self, slot: tf.Tensor, error: tf.Tensor) -> None:
        """Sets the priorities of transitions to their absolute errors, which ends an update.

        Args:
          slot: [*P, B], int64, the slots of a sample drawn since the last `add`. If a transition
            occurs twice, the larger error counts.
          error: [*P, B], float, the temporal-difference errors, of either sign, finite.
        """
        priority = tf.abs(tf.cast(self._by_learner(error), tf.float64)) + self._priorities.epsilon
        self._largest.assign(tf.maximum(self._largest, tf.reduce_max(priority, axis=1)))
        self._tree.set(self._by_learner(slot), priority**self._priorities.exponent)
        self._updates.assign_add(1)

    def _by_learner(self, x: tf.Tensor) -> tf.Tensor:
        """Reshapes [*P, B] to [learners, B]."""
        return tf.reshape(x, [self._ring.num_learners, x.shape[-1]])
