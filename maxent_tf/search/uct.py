"""UCT, the upper confidence bound of bandits at every node of a tree."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import checks
from maxent_tf.search.interface import Rule, first_largest, visit_shares
from maxent_tf.search.tree import Node, Outcome


@dataclass(frozen=True)
class Uct(Rule):
    r"""Takes the action with the largest sum of its value and of a confidence bound.

    .. math:: q_a + c \sqrt{\frac{\log n}{n_a}}

    with the visits n_a of the actions and their sum n. An action that nobody has tried comes before
    all others. Ties go to the lowest index. The prior only says which actions are legal. The policy
    to act by and to learn is the share of the simulations that took each action.

    Attributes:
      c: The constant c, at least 0, in units of value: a number, or a tensor [B, 1] of the dtype
        of the search, with a constant for each root. The theory asks for :math:`\sqrt 2` if returns
        lie in [0, 1].

    Raises:
      ValueError: If the constant is out of range.

    References:
      L. Kocsis and C. Szepesvári (2006), "Bandit based Monte-Carlo planning",
      https://doi.org/10.1007/11871842_29
    """

    c: float | tf.Tensor = 2**0.5

    def __post_init__(self) -> None:
        checks.not_negative("c", self.c)

    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action of the largest score, [B], int32."""
        del seed
        tried, one = node.visits > 0, tf.ones_like(node.visits)
        # Where no action was tried, the logarithm of 0 is not used; it must not be NaN either.
        log_total = tf.math.log(tf.maximum(node.total, 1))
        bound = self.c * tf.sqrt(log_total / tf.where(tried, node.visits, one))
        first = tf.constant(float("inf"), node.q.dtype)
        return first_largest(tf.where(tried, node.q + bound, first), node.legal)

    def conclude(self, root: Node, plan: tuple[()]) -> Outcome:
        """Returns the shares of visits, as both policies."""
        del plan
        shares = visit_shares(root)
        return Outcome(shares, shares, self.value(root))
