"""The loss of the soft actor-critic's actor."""

from __future__ import annotations

import tensorflow as tf


def soft_actor_loss(q: tf.Tensor, entropy: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    r"""Returns the actor's loss under reparameterised actions.

    .. math:: L = -\mathrm{mean}(Q(s, a_\theta) + \alpha H_\theta)

    Args:
      q: [*P, B], float, the (smallest) critic at actions through which the gradient flows.
      entropy: [*P, B], float, -log pi of those actions or the exact entropies, in nats.
      alpha: [*P], float, the temperature, in reward per nat.

    Returns:
      The loss, [*P], float, in units of reward.

    References:
      T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications", equation 7,
      https://arxiv.org/abs/1812.05905
    """
    return -tf.reduce_mean(q + alpha[..., None] * entropy, axis=-1)
