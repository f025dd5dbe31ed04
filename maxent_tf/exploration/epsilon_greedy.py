"""Epsilon-greedy exploration: the best action, or now and then any.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.distributions.categorical import Categorical
from maxent_tf.exploration.interface import check_rate, rate_at


def epsilon_greedy(q: Any, epsilon: Any, mask: Any = None) -> Categorical:
    r"""Returns the distribution that is uniform with probability epsilon and greedy otherwise.

    .. math::
       \pi(a) = \frac{\epsilon}{|A|} + (1 - \epsilon) \frac{1[a \in A^*]}{|A^*|},
       \qquad A^* = \arg\max_a q_a

    over the legal actions A. The policy jumps where two values cross, and has no gradient with
    respect to them.

    Args:
      q: [..., A], float, the action values; -inf marks an action as illegal.
      epsilon: broadcasts to [...], in [0, 1].
      mask: [..., A], bool, the legal actions; None where all are whose value is above -inf. A
        value of an illegal action is never looked at.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions. Probabilities are exactly 0
      for illegal actions, and at epsilon 0 for all but the best.

    Raises:
      ValueError: if `epsilon` is statically known and outside of [0, 1].

    References:
      C. Watkins (1989), "Learning from delayed rewards"; R. Sutton, A. Barto (2018),
      "Reinforcement learning: an introduction", section 2.2

    >>> probs = epsilon_greedy([0.0, 3.0, 3.0, 1.0], 0.2).probs_parameter()
    >>> [round(float(p), 2) for p in probs]
    [0.05, 0.45, 0.45, 0.05]
    """
    q = tf.convert_to_tensor(q)
    epsilon = tf.convert_to_tensor(epsilon, q.dtype)
    known = tf.get_static_value(epsilon)
    if known is not None and not ((known >= 0) & (known <= 1)).all():
        raise ValueError(f"epsilon must be in [0, 1], not {known}: it is a probability.")
    if mask is not None:
        q = tf.where(mask, q, -float("inf"))
    best = q >= tf.reduce_max(q, axis=-1, keepdims=True)
    epsilon = tf.broadcast_to(epsilon, tf.shape(q)[:-1])[..., None]
    probs = epsilon * _uniform(q > -float("inf"), q.dtype) + (1 - epsilon) * _uniform(best, q.dtype)
    return Categorical(logits=tf.math.log(tf.stop_gradient(probs)))


def _uniform(among: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """The uniform probabilities, [..., A], among the actions of a mask."""
    among = tf.cast(among, dtype)
    return among / tf.reduce_sum(among, axis=-1, keepdims=True)


@dataclass(frozen=True)
class EpsilonGreedy:
    """A `Behaviour` that is `epsilon_greedy`.

    Attributes:
      epsilon: the probability of a uniformly random action, in [0, 1]: a number or a tensor that
        broadcasts to the learners' batch shape P, or a schedule over updates, such as
        `temperature.linear(1.0, 0.05, steps=10_000)`.

    Raises:
      ValueError: if epsilon is outside of [0, 1]; of a schedule the first value is looked at.
    """

    epsilon: Any = 0.05

    def __post_init__(self) -> None:
        check_rate("epsilon", self.epsilon, 1.0)

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> Categorical:
        """Returns the distribution over actions: see `Behaviour`."""
        return epsilon_greedy(q, rate_at(self.epsilon, step, q))
