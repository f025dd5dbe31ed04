"""Search as regularised policy optimisation."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.regularizers import ReverseKL
from maxent_tf.search import values
from maxent_tf.search.interface import Rule, visit_shares
from maxent_tf.search.puct import most_promising
from maxent_tf.search.tree import Node, Outcome


@dataclass(frozen=True)
class Regularized(Rule):
    r"""Follows the policy that the visits of PUCT approach, instead of the visits.

    .. math::
       \bar\pi = \arg\max_p \langle p, q \rangle - \lambda \, \mathrm{KL}(\mu \| p), \qquad
       \lambda = c \, \frac{\sqrt n}{A + \sum_a n_a}

    with the prior mu, the number A of legal actions, their visits n_a and the visits n of the
    node, which are their sum plus 1. It is the greedy policy of `regularizers.ReverseKL` at the
    temperature lambda. The exploration constant of PUCT therefore is a temperature. Values are
    scaled to [0, 1] within their node, as `values.min_max` does.

    Where a use is switched off, PUCT with the constant c takes its place: its choice in the tree,
    and its shares of visits at the root. With few simulations, the policy improves on the visits,
    of which there are then too few to follow it.

    Attributes:
      c: The constant c, above 0: a number, or a tensor [B, 1] of the dtype of the search, with a
        constant for each root.
      act: Whether the policy to act by is :math:`\bar\pi`.
      search: Whether simulations draw their actions from :math:`\bar\pi`.
      learn: Whether the policy to learn is :math:`\bar\pi`.

    Raises:
      ValueError: If a value is out of range.

    References:
      J.-B. Grill et al. (2020), "Monte-Carlo tree search as regularized policy optimization",
      https://arxiv.org/abs/2007.12509
    """

    c: float | tf.Tensor = 1.25
    act: bool = True
    search: bool = True
    learn: bool = True

    def __post_init__(self) -> None:
        checks.positive("c", self.c)
        for name in ("act", "search", "learn"):
            checks.boolean(name, getattr(self, name))

    def policy(self, node: Node) -> tf.Tensor:
        r"""Returns :math:`\bar\pi`, [B, A]."""
        temperature = self.c * tf.sqrt(node.total + 1) / (node.num_legal + node.total)
        regularizer = ReverseKL(tf.exp(node.log_prior))
        return regularizer.greedy(values.min_max(node), temperature[:, 0], node.legal)

    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns a draw from the policy, or PUCT's choice, [B], int32."""
        if self.search:
            return draws.categorical(self.policy(node), seed)
        return most_promising(node, values.min_max(node), self.c)

    def conclude(self, root: Node, plan: tuple[()]) -> Outcome:
        """Returns the policy or the shares of visits, for each of the two uses."""
        del plan
        policy, shares = self.policy(root), visit_shares(root)
        return Outcome(
            policy if self.act else shares, policy if self.learn else shares, self.value(root)
        )
