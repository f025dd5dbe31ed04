"""Munchausen targets, which add the scaled log-policy to the reward of soft Q-learning."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.operators.soft_bellman import soft_advantage, soft_value


def munchausen_target(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    q: tf.Tensor,
    action: tf.Tensor,
    next_q: tf.Tensor,
    alpha: tf.Tensor | float,
    coefficient: tf.Tensor | float = 0.9,
    floor: float = -1.0,
) -> tf.Tensor:
    r"""Returns the one-step target of Munchausen Q-learning.

    .. math::
       r + c \left[\alpha \log \pi(a | s)\right]_{l}^{0}
         + \gamma \, \alpha \log \sum_{a'} e^{q(s', a') / \alpha},
       \qquad \pi = \mathrm{softmax}(q / \alpha)

    The target corresponds to value iteration that is regularised by (1 - c) times Shannon's entropy
    and c times the divergence to the previous policy (`WeightedSum`). The values of that iteration
    are these minus :math:`c \, \alpha \log \pi`, so that no previous policy needs to be stored. At
    alpha = 0, the soft advantage :math:`\alpha \log \pi` is :math:`q(s, a) - \max q`.

    Args:
      reward: [...], float, the rewards.
      discount: The discount, broadcastable to [...]: gamma * (1 - terminated), in [0, 1].
      q: [..., A], the (target network's) values where the action was chosen.
      action: [...], int, the actions taken.
      next_q: [..., A], the (target network's) values at the successor.
      alpha: The temperature, broadcastable to [...], at least 0, in reward per nat.
      coefficient: c, broadcastable to [...], in [0, 1]; 0 gives soft Q-learning.
      floor: l, at most 0, in units of reward: the lower bound of the scaled log-policy, which has
        no lower bound of its own.

    Returns:
      The targets, [...], float, in units of reward.

    Raises:
      ValueError: If `floor` is positive, or if alpha is statically known and negative.

    References:
      N. Vieillard, O. Pietquin and M. Geist (2020), "Munchausen reinforcement learning", section 2
      and theorem 1, https://arxiv.org/abs/2007.14430

    >>> q = tf.constant([0.0, 0.0])
    >>> print(munchausen_target(1.0, 0.5, q, 0, q, alpha=1.0, coefficient=1.0).numpy().round(4))
    0.6534
    """
    bonus = munchausen_bonus(q, action, alpha, coefficient, floor)
    return reward + bonus + discount * soft_value(next_q, alpha)


def munchausen_bonus(
    q: tf.Tensor,
    action: tf.Tensor,
    alpha: tf.Tensor | float,
    coefficient: tf.Tensor | float = 0.9,
    floor: float = -1.0,
) -> tf.Tensor:
    r"""Returns the term that Munchausen Q-learning adds to the reward of a step.

    .. math:: c \left[\alpha \log \pi(a | s)\right]_{l}^{0},
              \qquad \pi = \mathrm{softmax}(q / \alpha)

    Args:
      q: [..., A], the (target network's) values where the action was chosen.
      action: [...], int, the actions taken.
      alpha: The temperature, broadcastable to [...], at least 0, in reward per nat.
      coefficient: c, broadcastable to [...], in [0, 1].
      floor: l, at most 0, in units of reward: the lower bound of the scaled log-policy.

    Returns:
      The terms, [...], float, in units of reward, at most 0.

    Raises:
      ValueError: If `floor` is positive, or if alpha is statically known and negative.

    References:
      N. Vieillard, O. Pietquin and M. Geist (2020), "Munchausen reinforcement learning", section 2,
      https://arxiv.org/abs/2007.14430

    >>> print(munchausen_bonus(tf.constant([0.0, 0.0]), 0, alpha=1.0, coefficient=1.0).numpy())
    -0.6931472
    """
    if not floor <= 0:
        raise ValueError(f"floor must be at most 0, not {floor}.")
    advantage = soft_advantage(q, alpha)
    log_policy = tf.gather(advantage, action, axis=-1, batch_dims=advantage.shape.rank - 1)
    return coefficient * tf.maximum(log_policy, floor)
