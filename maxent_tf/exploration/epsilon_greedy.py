"""Epsilon-greedy exploration: usually the best action, sometimes a uniformly random one.

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

    Here A is the set of legal actions. The policy changes abruptly where two values cross, and its
    gradient with respect to the values is 0.

    Args:
      q: [..., A], float, the action values; -inf marks an action as illegal.
      epsilon: The probability of a uniformly random action, in [0, 1], of a shape that broadcasts
        to [...].
      mask: [..., A], bool, the legal actions; with None, all actions with a value above -inf are
        legal. The values of illegal actions have no effect.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions. The probability of an
      illegal action is exactly 0, and with epsilon = 0 so is that of any action but the best.

    Raises:
      ValueError: If `epsilon` is statically known and outside of [0, 1].

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
    """Returns the uniform probabilities, [..., A], over the actions of a mask."""
    among = tf.cast(among, dtype)
    return among / tf.reduce_sum(among, axis=-1, keepdims=True)


@dataclass(frozen=True)
class EpsilonGreedy:
    """The `Behaviour` that chooses actions by `epsilon_greedy`.

    Attributes:
      epsilon: The probability of a uniformly random action, in [0, 1]: a number, a tensor that
        broadcasts to the learners' batch shape P, or a schedule over updates, such as
        `temperature.linear(1.0, 0.05, steps=10_000)`.

    Raises:
      ValueError: If epsilon, or the first value of a schedule, is outside of [0, 1].
    """

    epsilon: Any = 0.05

    def __post_init__(self) -> None:
        check_rate("epsilon", self.epsilon, 1.0)

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> Categorical:
        """Returns the distribution over actions: see `Behaviour`."""
        return epsilon_greedy(q, rate_at(self.epsilon, step, q))
