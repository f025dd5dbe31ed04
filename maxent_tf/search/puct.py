"""PUCT, the rule of AlphaZero and MuZero."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.search import values
from maxent_tf.search.interface import Rule, first_largest, visit_shares
from maxent_tf.search.tree import Node, Outcome


@dataclass(frozen=True)
class Puct(Rule):
    r"""Takes the action with the largest sum of its value and of a bonus for the untried.

    .. math::
       q_a + \left(c_1 + \log \frac{n + c_2 + 1}{c_2}\right) \sqrt{n} \, \frac{\mu_a}{1 + n_a}

    with the prior mu, the visits n_a of the actions and the visits n of the node, which are their
    sum plus 1. Ties go to the lowest index. The policy to act by and to learn is the share of the
    simulations that took each action.

    Attributes:
      c_init: :math:`c_1`, at least 0, in units of value: a number, or a tensor [B, 1] of
        the dtype of the search, with a constant for each root.
      c_base: :math:`c_2`, above 0: the number of visits at which the constant has grown by log 2.
      noise_fraction: The share of Dirichlet noise in the prior of the root, in [0, 1].
      noise_concentration: The concentration of the noise for each legal action, above 0. AlphaZero
        uses 0.3 for chess and 0.03 for Go, about 10 over the number of actions.
      normalize_q: Whether values are scaled to [0, 1] within their node, as `values.min_max` does.
        Otherwise they are used as they are, and that of an action that nobody has tried is 0.
        Scaling adapts c to the rewards, but also enlarges differences between values that are all
        but equal: raw values suit games whose results are -1, 0 and 1.

    Raises:
      ValueError: If a value is out of range.

    References:
      D. Silver et al. (2018), "A general reinforcement learning algorithm that masters chess,
      shogi, and Go through self-play", https://doi.org/10.1126/science.aar6404
      J. Schrittwieser et al. (2020), "Mastering Atari, Go, chess and shogi by planning with a
      learned model", appendix B, https://arxiv.org/abs/1911.08265 (scaled values)
    """

    c_init: float | tf.Tensor = 1.25
    c_base: float = 19652.0
    noise_fraction: float = 0.25
    noise_concentration: float = 0.3
    normalize_q: bool = True

    def __post_init__(self) -> None:
        checks.not_negative("c_init", self.c_init)
        checks.positive("c_base", self.c_base)
        checks.in_range("noise_fraction", self.noise_fraction, 0, 1)
        checks.positive("noise_concentration", self.noise_concentration)
        checks.boolean("normalize_q", self.normalize_q)

    def begin(
        self, root: Node, num_simulations: int, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tuple[()]]:
        """Mixes noise into the prior of the root."""
        del num_simulations
        if not self.noise_fraction:
            return root.log_prior, ()
        dtype = root.log_prior.dtype
        concentration = tf.where(root.legal, self.noise_concentration, 0.0)
        noise = tf.cast(draws.dirichlet(concentration, seed), dtype)
        prior = (1 - self.noise_fraction) * tf.exp(root.log_prior) + self.noise_fraction * noise
        # Noise may underflow; a legal action stays legal.
        log_prior = tf.math.log(tf.maximum(prior, dtype.as_numpy_dtype(1e-30)))
        return tf.where(root.legal, log_prior, root.log_prior), ()

    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns the action of the largest score, [B], int32."""
        del seed
        n = node.total + 1
        c = self.c_init + tf.math.log((n + self.c_base + 1) / self.c_base)
        q = values.min_max(node) if self.normalize_q else node.q
        return most_promising(node, q, c)

    def conclude(self, root: Node, plan: tuple[()]) -> Outcome:
        """Returns the shares of visits, as both policies."""
        del plan
        shares = visit_shares(root)
        return Outcome(shares, shares, self.value(root))

    def without_noise(self) -> Puct:
        """Returns the rule without noise in the prior of the root."""
        return dataclasses.replace(self, noise_fraction=0.0)


def most_promising(node: Node, q: tf.Tensor, c: tf.Tensor | float) -> tf.Tensor:
    """Returns the legal action of the largest q + c sqrt(n) mu / (1 + n_a), [B], int32.

    Args:
      node: The node.
      q: [B, A], the values to use.
      c: [B, 1] or a number, the constant.
    """
    bonus = c * tf.sqrt(node.total + 1) * tf.exp(node.log_prior) / (1 + node.visits)
    return first_largest(q + bonus, node.legal)
