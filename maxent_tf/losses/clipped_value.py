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
    r"""Half the mean of the larger of two squared errors: as predicted, and held near the old.

    .. math::
       L = \tfrac12 \mathrm{mean}\bigl(\max((v - y)^2,\;
           (v_{old} + \mathrm{clip}(v - v_{old}, -c, c) - y)^2)\bigr)

    Args:
      prediction: [*P, B], float, v.
      old_prediction: [*P, B], float, the prediction before the update.
      target: [*P, B], float, y; no gradient flows through it.
      clip: [*P], float, c, positive, in units of the value.
      valid: [*P, B], bool, what counts in the mean; None where all does.

    Returns:
      [*P], float.

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
