"""The squared-error loss of value functions."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.losses.policy_gradient import masked_mean, where_valid


def squared_error_loss(
    prediction: tf.Tensor,
    target: tf.Tensor,
    valid: tf.Tensor | None = None,
    weight: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns half the mean squared difference of predictions and targets.

    .. math:: L = \tfrac12 \mathrm{mean}(w \, (v - y)^2)

    Args:
      prediction: [*P, B], float, the predictions v.
      target: [*P, B], float, the targets y; no gradient flows through them.
      valid: [*P, B], bool, which samples count in the mean; None if all do.
      weight: The importance weights w, broadcastable to [*P, B], float; None is 1.

    Returns:
      The loss, [*P], float. A plain gradient step of size `eta` moves a single prediction by
      `eta * (target - prediction)`.
    """
    # Selected before it is squared: the square's gradient is zero times the difference.
    difference = where_valid(valid, prediction - tf.stop_gradient(target))
    square = tf.square(difference)
    return 0.5 * masked_mean(square if weight is None else weight * square, valid)
