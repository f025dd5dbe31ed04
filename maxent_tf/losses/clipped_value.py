"""The clipped value loss of proximal policy optimisation."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.losses.policy_gradient import masked_mean, where_valid


def clipped_value_loss(
    prediction: tf.Tensor,
    old_prediction: tf.Tensor,
    target: tf.Tensor,
    clip: tf.Tensor,
    valid: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns half the mean of the larger squared error: of the value, or of the clipped value.

    .. math::
       L = \tfrac12 \mathrm{mean}\bigl(\max((v - y)^2,\;
           (v_{old} + \mathrm{clip}(v - v_{old}, -c, c) - y)^2)\bigr)

    Args:
      prediction: [*P, B], float, the values v.
      old_prediction: [*P, B], float, the values before the update.
      target: [*P, B], float, the targets y; no gradient flows through them.
      clip: [*P], float, c, positive, in units of the value.
      valid: [*P, B], bool, which samples count in the mean; None if all do.

    Returns:
      The loss, [*P], float.

    References:
      L. Engstrom et al. (2020), "Implementation matters in deep policy gradients", section 3,
      https://arxiv.org/abs/2005.12729
    """
    # Selected before they are squared: the square's gradient is zero times the difference.
    moved = where_valid(valid, prediction - tf.stop_gradient(old_prediction))
    missing = where_valid(valid, tf.stop_gradient(old_prediction - target))
    limit = clip[..., None]
    # Not tf.clip_by_value, whose gradient does not broadcast.
    clipped = tf.minimum(tf.maximum(moved, -limit), limit)
    larger = tf.maximum(tf.square(moved + missing), tf.square(clipped + missing))
    return 0.5 * masked_mean(larger, valid)
