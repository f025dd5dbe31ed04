"""Gumbel search, which improves on its prior with few simulations."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.regularizers import KL
from maxent_tf.search import values
from maxent_tf.search.interface import Rule, first_largest
from maxent_tf.search.tree import Node, Outcome


class GumbelPlan(NamedTuple):
    """The plan of a search.

    Attributes:
      noise: [B, A], the Gumbel noise on the logits of the root.
      asked: [B, num_simulations], the number of visits that each simulation's action must have.
      before: [B, A], the visits of the root before the search.
    """

    noise: tf.Tensor
    asked: tf.Tensor
    before: tf.Tensor


@dataclass(frozen=True)
class Gumbel(Rule):
    r"""Halves a sample of candidates at the root, and follows an improved policy below it.

    At the root, the candidates are the actions of the largest :math:`g_a + \log \mu_a`, with the
    prior mu and Gumbel noise g: a sample without replacement. Sequential halving spends the
    simulations on them and drops the worse half at a time, by
    :math:`g_a + \log \mu_a + \sigma(q_a)`. Below the root, simulations take the action whose
    share of visits lags most behind the improved policy

    .. math::
       \pi_a \propto \mu_a e^{\sigma(q_a)}, \qquad
       \sigma(q) = (c_v + \max_b n_b) \, c_s \, q,

    which is the greedy policy of `regularizers.KL` with the prior as its reference. The values q
    are scaled to [0, 1] and completed, as `values.mixed` does. The policy to act by is the winner;
    the policy to learn is the improved policy of the root.

    Attributes:
      max_considered: The largest number of candidates.
      value_scale: :math:`c_s`, at least 0.
      visit_offset: :math:`c_v`, at least 0.
      noise_scale: The factor of the noise, at least 0. With 0, the candidates are the actions of
        the largest prior, as evaluation wants it.

    Raises:
      ValueError: If a value is out of range.

    References:
      I. Danihelka et al. (2022), "Policy improvement by planning with Gumbel",
      https://openreview.net/forum?id=bERaNdoegnO
    """

    max_considered: int = 16
    value_scale: float = 0.1
    visit_offset: float = 50.0
    noise_scale: float = 1.0

    def __post_init__(self) -> None:
        checks.as_integer("max_considered", self.max_considered)
        for name in ("value_scale", "visit_offset", "noise_scale"):
            checks.not_negative(name, getattr(self, name))

    def begin(
        self, root: Node, num_simulations: int, seed: tf.Tensor
    ) -> tuple[tf.Tensor, GumbelPlan]:
        """Draws the noise and plans the halving."""
        dtype = root.value.dtype
        # Middles of the intervals of the uniform numbers, whose logarithms are finite and not 0.
        uniform = tf.cast(draws.uniform(tf.shape(root.q), seed), dtype) + 2.0**-25
        noise = -self.noise_scale * tf.math.log(-tf.math.log(uniform))
        most = min(self.max_considered, root.q.shape[-1])
        schedules = np.array([halving(n, num_simulations) for n in range(1, most + 1)])
        number = tf.minimum(tf.cast(root.num_legal[:, 0], tf.int32), most)
        asked = tf.gather(tf.constant(schedules, dtype), number - 1)
        return root.log_prior, GumbelPlan(noise, asked, root.visits)

    def select_root(self, root: Node, plan: GumbelPlan, i: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the best of the actions with the visits that the schedule asks for."""
        del seed
        return self._best(root, plan, tf.gather(plan.asked, i, axis=1)[:, tf.newaxis])

    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action whose share of visits lags most behind the improved policy."""
        del seed
        return first_largest(self.policy(node) - node.visits / (1 + node.total), node.legal)

    def conclude(self, root: Node, plan: GumbelPlan) -> Outcome:
        """Returns the best of the most visited actions, and the improved policy to learn."""
        most = tf.reduce_max(root.visits - plan.before, axis=-1, keepdims=True)
        best = tf.one_hot(self._best(root, plan, most), root.q.shape[-1], dtype=root.q.dtype)
        return Outcome(best, self.policy(root), self.value(root))

    def without_noise(self) -> Gumbel:
        """Returns the rule without noise on the logits of the root."""
        return dataclasses.replace(self, noise_scale=0.0)

    def policy(self, node: Node) -> tf.Tensor:
        """Returns the improved policy, [B, A]."""
        return KL(tf.exp(node.log_prior)).greedy(self._scaled(node), 1.0, node.legal)

    def _scaled(self, node: Node) -> tf.Tensor:
        most = tf.reduce_max(node.visits, axis=-1, keepdims=True)
        return (self.visit_offset + most) * self.value_scale * values.mixed(node)

    def _best(self, root: Node, plan: GumbelPlan, visits: tf.Tensor) -> tf.Tensor:
        candidates = root.legal & (root.visits - plan.before == visits)
        return first_largest(plan.noise + root.log_prior + self._scaled(root), candidates)


def halving(num_considered: int, num_simulations: int) -> list[int]:
    """Returns sequential halving as a sequence of visits.

    Each simulation takes the best of the actions that have as many visits as the sequence says, so
    that the candidates of a phase are visited in turn, and the best half goes on.

    Args:
      num_considered: The number of candidates.
      num_simulations: The number of simulations.

    Returns:
      The visits that the action of each simulation must have.

    >>> halving(4, 12)
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    """
    if num_considered == 1:
        return list(range(num_simulations))
    phases = int(np.ceil(np.log2(num_considered)))
    sequence: list[int] = []
    visits, left = 0, num_considered
    while len(sequence) < num_simulations:
        for _ in range(max(1, num_simulations // (phases * left))):
            sequence += [visits] * left
            visits += 1
        left = max(2, left // 2)
    return sequence[:num_simulations]
