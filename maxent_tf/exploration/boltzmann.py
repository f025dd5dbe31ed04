"""Boltzmann exploration: better actions are more likely, by a temperature.

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

    As a behaviour this temperature is put on afterwards: unlike that of a soft learner it is not
    part of what the values are the values of.

    Args:
      q: [..., A], float, the action values, in units of reward; -inf marks an action as illegal.
      alpha: broadcasts to [...], the temperature, in reward per nat, at least 0. At 0 the best
        actions are equally likely.
      mask: [..., A], bool, the legal actions; None where all are whose value is above -inf.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions.

    Raises:
      ValueError: if `alpha` is statically known and negative or NaN.

    >>> boltzmann([0.0, 0.0, 9.0], 1.0, mask=[True, True, False]).probs_parameter().numpy().tolist()
    [0.5, 0.5, 0.0]
    """
    q = tf.convert_to_tensor(q)
    if mask is not None:
        q = tf.where(mask, q, -float("inf"))
    return distributions.boltzmann(q, alpha)


@dataclass(frozen=True)
class Boltzmann:
    """A `Behaviour` that is `boltzmann`.

    Attributes:
      alpha: the temperature of the behaviour, in reward per nat, at least 0: a number or a tensor
        that broadcasts to the learners' batch shape P, or a schedule over updates.

    Raises:
      ValueError: if alpha is negative or not finite; of a schedule the first value is looked at.
    """

    alpha: Any = 1.0

    def __post_init__(self) -> None:
        check_rate("alpha", self.alpha)

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> tfd.Categorical:
        """Returns the distribution over actions: see `Behaviour`."""
        return boltzmann(q, rate_at(self.alpha, step, q))
