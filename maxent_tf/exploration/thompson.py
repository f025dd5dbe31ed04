"""Thompson sampling for bandits: act as if one draw from the posterior were the truth.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import draws


def thompson(
    mean: Any, count: Any, *, noise_stddev: float = 1.0, prior_count: float = 1.0, seed: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Draws a value of each action from its posterior and chooses the largest.

    .. math::
       \theta_a \sim N\left(\frac{n_a \bar x_a}{n_a + n_0}, \frac{\sigma^2}{n_a + n_0}\right),
       \qquad a = \arg\max_a \theta_a

    This is the posterior of rewards from :math:`N(\mu_a, \sigma^2)` under the prior
    :math:`\mu_a \sim N(0, \sigma^2 / n_0)`, so each action is drawn with the posterior probability
    that it is the best.

    Args:
      mean: [..., A], float, the mean rewards of the actions so far; anything finite where there
        were none.
      count: [..., A], how often each action was tried.
      noise_stddev: sigma, positive, the standard deviation of the rewards.
      prior_count: n0, positive, how many rewards of 0 the prior is worth.
      seed: an integer or [2] int32.

    Returns:
      The values drawn, [..., A], of the dtype of `mean`, and the action, [...] int32.

    Raises:
      ValueError: if `noise_stddev` or `prior_count` is not positive.

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
