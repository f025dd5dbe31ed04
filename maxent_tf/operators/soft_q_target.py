"""The target of soft policy evaluation from sampled transitions."""

from __future__ import annotations

import tensorflow as tf


def soft_q_target(
    reward: tf.Tensor,
    discount: tf.Tensor,
    next_q: tf.Tensor,
    next_entropy: tf.Tensor,
    alpha: tf.Tensor,
) -> tf.Tensor:
    r"""Returns the target of soft policy evaluation.

    .. math:: y = r + \gamma (Q(s', a') + \alpha H'), \quad a' \sim \pi(s')

    Args:
      reward: [*P, B], float, the rewards.
      discount: [*P, B], float, gamma where the next state has a value and 0 after termination.
      next_q: [*P, B], float, the (smallest) target critic at the next state and a drawn action.
      next_entropy: [*P, B], float, -log pi(a') or the exact entropy at the next state, in nats.
      alpha: [*P], float, the temperature, in reward per nat.

    Returns:
      The targets, [*P, B], float, without gradient.

    References:
      T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications", equations 2, 3,
      https://arxiv.org/abs/1812.05905
    """
    value = next_q + alpha[..., None] * next_entropy
    return tf.stop_gradient(reward + discount * value)
