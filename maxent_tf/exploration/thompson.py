"""Thompson sampling for bandits: draw values from their posterior, and take the best action.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import draws


def thompson(
    mean: Any, count: Any, *, noise_stddev: float = 1.0, prior_count: float = 1.0, seed: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Draws a value of each action from its posterior and chooses the action with the largest.

    .. math::
       \theta_a \sim N\left(\frac{n_a \bar x_a}{n_a + n_0}, \frac{\sigma^2}{n_a + n_0}\right),
       \qquad a = \arg\max_a \theta_a

    This is the posterior of :math:`\mu_a` if rewards come from :math:`N(\mu_a, \sigma^2)` and the
    prior is :math:`\mu_a \sim N(0, \sigma^2 / n_0)`. Each action is chosen with the posterior
    probability that it is the best.

    Args:
      mean: [..., A], float, the mean rewards of the actions so far; any finite number for an action
        that was never tried.
      count: [..., A], how often each action was tried.
      noise_stddev: The standard deviation sigma of the rewards, positive.
      prior_count: The number n_0 of rewards of 0 that the prior is worth, positive.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The values drawn, [..., A], of the dtype of `mean`, and the action, [...] int32.

    Raises:
      ValueError: If `noise_stddev` or `prior_count` is not positive.

    References:
      W. Thompson (1933), "On the likelihood that one unknown probability exceeds another in view of
      the evidence of two samples", https://doi.org/10.2307/2332286
      S. Agrawal, N. Goyal (2013), "Further optimal regret bounds for Thompson sampling",
      https://arxiv.org/abs/1209.3353
    """
    for name, value in (("noise_stddev", noise_stddev), ("prior_count", prior_count)):
        if not value > 0:
            raise ValueError(f"{name} must be positive, not {value}.")
    mean = tf.convert_to_tensor(mean)
    count = tf.cast(count, mean.dtype)
    weight = count + prior_count
    noise = tf.cast(draws.normal(tf.shape(mean), seed), mean.dtype)
    value = count * mean / weight + noise_stddev * noise / tf.sqrt(weight)
    return value, tf.argmax(value, axis=-1, output_type=tf.int32)
