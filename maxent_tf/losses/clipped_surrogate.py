"""The clipped surrogate loss of proximal policy optimisation, with an entropy bonus."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.losses.policy_gradient import masked_mean, where_valid


def clipped_surrogate_loss(
    log_ratio: tf.Tensor,
    advantage: tf.Tensor,
    entropy: tf.Tensor,
    alpha: tf.Tensor,
    clip_epsilon: tf.Tensor,
    valid: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the actor's loss: a pessimistic bound on the gain over the old policy, and a bonus.

    .. math::
       L = -\mathrm{mean}\bigl(\min(\rho \hat A,\;
           \mathrm{clip}(\rho, 1 - \epsilon, 1 + \epsilon) \hat A)\bigr)
           - \alpha \, \mathrm{mean}(H), \qquad \rho = \pi(a) / \pi_{old}(a)

    Args:
      log_ratio: [*P, B], float, log rho of the actions taken.
      advantage: [*P, B], float, in units of reward; no gradient flows through it.
      entropy: [*P, B], float, the exact entropies of the policy at the same observations, in nats.
      alpha: [*P], float, the temperature, in units of the advantage per nat.
      clip_epsilon: [*P], float, epsilon, in (0, 1].
      valid: [*P, B], bool, which samples count in the means; None if all do.

    Returns:
      The loss, [*P], float, in units of the advantage.

    References:
      J. Schulman et al. (2017), "Proximal policy optimization algorithms", equations 7, 9,
      https://arxiv.org/abs/1707.06347
    """
    log_ratio = where_valid(valid, log_ratio)
    advantage = where_valid(valid, tf.stop_gradient(advantage))
    epsilon = clip_epsilon[..., None]
    # The minimum bounds rho from above where A >= 0 and from below where A < 0, nothing else.
    # Bounded before the exponential, a ratio that overflows has a gradient of zero and not of NaN.
    bounded = tf.where(
        advantage >= 0,
        tf.minimum(log_ratio, tf.math.log1p(epsilon)),
        tf.maximum(log_ratio, tf.math.log1p(-epsilon)),
    )
    surrogate = masked_mean(tf.exp(bounded) * advantage, valid)
    return -surrogate - alpha * masked_mean(entropy, valid)
