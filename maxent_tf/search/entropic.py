"""MENTS, RENTS, TENTS: searches whose values are regularised maxima."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.regularizers import Regularizer
from maxent_tf.search import values
from maxent_tf.search.interface import Rule
from maxent_tf.search.tree import Node, Outcome


@dataclass(frozen=True, eq=False)
class Entropic(Rule):
    r"""Backs up regularised maxima, and explores by the policy that attains them.

    .. math::
       v = \max_p \langle p, q \rangle + \alpha \, \Omega(p), \qquad
       \pi = (1 - \epsilon_n) \, p^* + \frac{\epsilon_n}{A}, \qquad
       \epsilon_n = \min\left(1, \frac{\epsilon A}{\log(1 + n)}\right)

    with the number A of legal actions and the number n of simulations that went through the node.
    An action that nobody has tried has the model's value of the node.

    Attributes:
      regularizer: The regulariser Omega, or a function from the prior of a node, [B, A], to a
        regulariser. `Shannon()` makes MENTS, `KL`, the class itself, makes RENTS with the network's
        prior, and `Tsallis()` makes TENTS.
      alpha: The temperature, at least 0, in units of value: a number, or a schedule, a function
        from the number n of visits, [B], to temperatures, [B]. A schedule that falls to 0 makes
        the values at the root converge to the unregularised ones (DENTS).
      epsilon: The rate of exploration epsilon, at least 0.

    Raises:
      ValueError: If a value is out of range.

    References:
      C. Xiao et al. (2019), "Maximum entropy Monte-Carlo planning",
      https://proceedings.neurips.cc/paper/2019/hash/7ffb4e0ece07869880d51662a2234143-Abstract.html
      T. Dam et al. (2021), "Convex regularization in Monte-Carlo tree search",
      https://arxiv.org/abs/2007.00391
      M. Painter et al. (2023), "Monte Carlo tree search with Boltzmann exploration",
      https://arxiv.org/abs/2404.07732 (falling temperatures)
    """

    regularizer: Regularizer | Callable[[tf.Tensor], Regularizer]
    alpha: float | Callable[[tf.Tensor], tf.Tensor]
    epsilon: float = 0.1

    averages = False

    def __post_init__(self) -> None:
        if not _is_regularizer(self.regularizer) and not callable(self.regularizer):
            raise ValueError(
                "regularizer must be one of maxent_tf.regularizers, or a function from the prior "
                f"of a node to one, such as the class KL, not {self.regularizer!r}."
            )
        if not callable(self.alpha):
            checks.not_negative("alpha", self.alpha)
        checks.not_negative("epsilon", self.epsilon)

    def select(self, node: Node, seed: tf.Tensor) -> tf.Tensor:
        """Returns a draw from the policy that explores, [B], int32."""
        number, legal = node.num_legal, tf.cast(node.legal, node.value.dtype)
        rate = tf.math.divide_no_nan(self.epsilon * number, tf.math.log(1 + node.total))
        # The first simulation of a node knows nothing.
        rate = tf.where(node.total > 0, tf.minimum(rate, 1), tf.ones_like(rate))
        return draws.categorical((1 - rate) * self._greedy(node) + rate * legal / number, seed)

    def value(self, node: Node) -> tf.Tensor:
        """Returns the regularised maximum, [B]."""
        return self._at(node).soft_max(values.completed(node), self._alpha(node), node.legal)

    def conclude(self, root: Node, plan: tuple[()]) -> Outcome:
        """Returns the policy that attains the maximum, for both uses."""
        del plan
        policy = self._greedy(root)
        return Outcome(policy, policy, self.value(root))

    def _greedy(self, node: Node) -> tf.Tensor:
        return self._at(node).greedy(values.completed(node), self._alpha(node), node.legal)

    def _at(self, node: Node) -> Regularizer:
        if _is_regularizer(self.regularizer):
            return self.regularizer
        make = cast("Callable[[tf.Tensor], Regularizer]", self.regularizer)
        return make(tf.exp(node.log_prior))

    def _alpha(self, node: Node) -> tf.Tensor:
        alpha = self.alpha(node.total[:, 0]) if callable(self.alpha) else self.alpha
        return tf.cast(alpha, node.value.dtype)


def _is_regularizer(value: Any) -> TypeGuard[Regularizer]:
    """Returns whether `value` is a regulariser, and not a class of them."""
    return not isinstance(value, type) and hasattr(value, "greedy")
