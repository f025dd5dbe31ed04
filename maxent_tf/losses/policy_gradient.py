"""The policy-gradient loss with an entropy bonus."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.axes import sizes


def masked_mean(x: tf.Tensor, valid: tf.Tensor | None = None) -> tf.Tensor:
    """Returns the mean of `x` over its last axis where `valid`; 0 if nothing is valid.

    Args:
      x: [*P, B], float. Where it is not `valid`, it may be anything, even NaN, and has no gradient.
      valid: [*P, B], bool, which values count; None if all do.

    Returns:
      The mean, [*P], float.
    """
    if valid is None:
        return tf.reduce_sum(x, axis=-1) / tf.cast(sizes(x)[-1], x.dtype)
    weight = tf.cast(valid, x.dtype)
    # Selecting, not multiplying: a placeholder's value may be infinite.
    total = tf.reduce_sum(tf.where(valid, x, 0), axis=-1)
    return total / tf.maximum(tf.reduce_sum(weight, axis=-1), 1)


def where_valid(valid: tf.Tensor | None, x: tf.Tensor) -> tf.Tensor:
    """Returns `x` where it is valid and 0 elsewhere; None as `valid` means that all of it is."""
    return x if valid is None else tf.where(valid, x, 0)


def policy_gradient_loss(
    log_prob: tf.Tensor,
    advantage: tf.Tensor,
    entropy: tf.Tensor,
    alpha: tf.Tensor,
    valid: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the actor's loss: the likelihood-ratio policy gradient with an entropy bonus.

    .. math:: L = -\mathrm{mean}(\log \pi(a) \, \hat A) - \alpha \, \mathrm{mean}(H)

    Args:
      log_prob: [*P, B], float, the log-probabilities of the actions taken.
      advantage: [*P, B], float, in units of reward; no gradient flows through it.
      entropy: [*P, B], float, the exact entropies of the policy at the same observations, in nats.
      alpha: [*P], float, the temperature, in reward per nat.
      valid: [*P, B], bool, which samples count in the means; None if all do.

    Returns:
      The loss, [*P], float, in units of reward. `maxent_tf.reference.entropy_regularised_loss` is
      the same loss in NumPy.

    References:
      V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", section 4,
      https://arxiv.org/abs/1602.01783
    """
    # The gradient of a masked product is zero times the other factor, which had better be finite.
    advantage = where_valid(valid, tf.stop_gradient(advantage))
    likelihood_ratio = masked_mean(log_prob * advantage, valid)
    return -likelihood_ratio - alpha * masked_mean(entropy, valid)
