"""Boltzmann exploration: actions are the more likely the better they are.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf import distributions
from maxent_tf.exploration.interface import check_rate, rate_at


def boltzmann(q: Any, alpha: Any, mask: Any = None) -> tfd.Categorical:
    """Returns the distribution proportional to exp(q / alpha) over the legal actions.

    The temperature of this behaviour affects only which actions are taken. The temperature of a
    soft learner is also part of its values.

    Args:
      q: [..., A], float, the action values, in units of reward; -inf marks an action as illegal.
      alpha: The temperature, in reward per nat, at least 0, of a shape that broadcasts to [...].
        At 0, the best actions share the probability equally.
      mask: [..., A], bool, the legal actions; with None, all actions with a value above -inf are
        legal.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions.

    Raises:
      ValueError: If `alpha` is statically known and negative or NaN.

    >>> boltzmann([0.0, 0.0, 9.0], 1.0, mask=[True, True, False]).probs_parameter().numpy().tolist()
    [0.5, 0.5, 0.0]
    """
    q = tf.convert_to_tensor(q)
    if mask is not None:
        q = tf.where(mask, q, -float("inf"))
    return distributions.boltzmann(q, alpha)


@dataclass(frozen=True)
class Boltzmann:
    """The `Behaviour` that chooses actions by `boltzmann`.

    Attributes:
      alpha: The temperature of the behaviour, in reward per nat, at least 0: a number, a tensor
        that broadcasts to the learners' batch shape P, or a schedule over updates.

    Raises:
      ValueError: If alpha, or the first value of a schedule, is negative or not finite.
    """

    alpha: Any = 1.0

    def __post_init__(self) -> None:
        check_rate("alpha", self.alpha)

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> tfd.Categorical:
        """Returns the distribution over actions: see `Behaviour`."""
        return boltzmann(q, rate_at(self.alpha, step, q))
