"""The interface of the rules of a search, and choices that they share."""

from __future__ import annotations

import abc
from typing import Any

import tensorflow as tf

from maxent_tf.search import values
from maxent_tf.search.tree import Node, Outcome


class Rule(abc.ABC):
    """A rule of a search: which action a simulation takes, and what its result is worth.

    A rule of one's own defines `select` and `conclude`. The other methods have defaults, for a rule
    that treats the root like every other node and averages returns.

    Attributes:
      averages: Whether the value of an action is the mean of the returns of the simulations that
        took it. If not, it is the reward plus the discounted `value` of the child.
    """

    averages: bool = True

    def begin(self, root: Node, num_simulations: int, seed: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Prepares a search.

        Args:
          root: The root; with a tree that is used again, it has been visited before.
          num_simulations: The number of simulations of this search.
          seed: [2], int32.

        Returns:
          The logarithm of the prior of the root, [B, A], and a plan, for `select_root` and
          `conclude`: tensors in any structure.
        """
        del num_simulations, seed
        return root.log_prior, ()

    @abc.abstractmethod
    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action that a simulation takes in a node, [B], int32."""

    def select_root(self, root: Node, plan: Any, i: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action that simulation i of this search takes in the root, [B], int32."""
        del plan, i
        return self.select(root, seed)

    def value(self, node: Node) -> tf.Tensor:
        """Returns the value of a node, [B]."""
        return values.mean(node)[:, 0]

    @abc.abstractmethod
    def conclude(self, root: Node, plan: Any) -> Outcome:
        """Returns what the search concludes at the root."""

    def without_noise(self) -> Rule:
        """Returns the rule for evaluation, which adds no noise at the root."""
        return self


def first_largest(score: tf.Tensor, among: tf.Tensor) -> tf.Tensor:
    """Returns the lowest index of the largest score, [B], int32.

    Args:
      score: [B, A], float.
      among: [B, A], bool, the actions to choose from.
    """
    score = tf.where(among, score, tf.constant(-float("inf"), score.dtype))
    largest = among & (score >= tf.reduce_max(score, axis=-1, keepdims=True))
    # XLA on a CPU is twice as fast at these two reductions as at the one of tf.argmax.
    number = score.shape[-1]
    return tf.reduce_min(tf.where(largest, tf.range(number), number - 1), axis=-1)


def visit_shares(node: Node) -> tf.Tensor:
    """Returns the share of the simulations that took each action, [B, A]."""
    return node.visits / node.total
