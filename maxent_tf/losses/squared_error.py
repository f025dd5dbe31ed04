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
    r"""Half the mean squared difference.

    .. math:: L = \tfrac12 \mathrm{mean}(w \, (v - y)^2)

    Args:
      prediction: [*P, B], float.
      target: [*P, B], float; no gradient flows through it.
      valid: [*P, B], bool, what counts in the mean; None where all does.
      weight: broadcastable to [*P, B], float, importance weights; None is 1.

    Returns:
      [*P], float. With a plain gradient step of size `eta` a single prediction moves by
      `eta * (target - prediction)`.
    """
    # Selected before it is squared: the square's gradient is zero times the difference.
    difference = where_valid(valid, prediction - tf.stop_gradient(target))
    square = tf.square(difference)
    return 0.5 * masked_mean(square if weight is None else weight * square, valid)
