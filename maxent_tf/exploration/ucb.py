"""Optimism in the face of uncertainty, for bandits: UCB1.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def ucb1(mean: Any, count: Any, c: float = 2.0) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Chooses the action whose value could be the largest.

    .. math:: a = \arg\max_a \bar x_a + \sqrt{c \, \ln n / n_a}, \qquad n = \sum_a n_a

    With c = 2 and rewards in [0, 1] the regret after T steps is at most
    :math:`\sum_a 8 \ln T / \Delta_a + (1 + \pi^2 / 3) \sum_a \Delta_a`.

    Args:
      mean: [..., A], float, the mean rewards of the actions so far.
      count: [..., A], how often each action was tried. An action that was never tried is chosen
        before all others, and the first of several.
      c: The factor c, which scales the width of the bounds; 2 for rewards in [0, 1].

    Returns:
      The upper bounds, [..., A], of the dtype of `mean`, and the action, [...] int32.

    Raises:
      ValueError: If `c` is negative.

    References:
      P. Auer, N. Cesa-Bianchi, P. Fischer (2002), "Finite-time analysis of the multiarmed bandit
      problem", figure 1 and theorem 1, https://doi.org/10.1023/A:1013689704352

    >>> _, action = ucb1([0.5, 0.6], count=[1, 100])
    >>> int(action)
    0
    """
    if not c >= 0:
        raise ValueError(f"c must be at least 0, not {c}: it scales the width of the bounds.")
    mean = tf.convert_to_tensor(mean)
    count = tf.cast(count, mean.dtype)
    tried = count > 0
    log_total = tf.math.log(tf.maximum(tf.reduce_sum(count, axis=-1, keepdims=True), 1))
    width = tf.sqrt(c * log_total / tf.where(tried, count, 1))
    bound = tf.where(tried, mean + width, float("inf"))
    return bound, tf.argmax(bound, axis=-1, output_type=tf.int32)
