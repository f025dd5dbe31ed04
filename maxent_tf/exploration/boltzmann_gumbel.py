"""Boltzmann exploration with a temperature for each action.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import draws


def boltzmann_gumbel(q: Any, beta: Any, *, seed: Any) -> tuple[tf.Tensor, tf.Tensor]:
    r"""Draws the action whose value, perturbed by Gumbel noise, is the largest.

    .. math:: a = \arg\max_a q_a + \beta_a G_a, \qquad P(G_a \le g) = e^{-e^{-g}}

    With one beta for all actions, this is Boltzmann's policy, proportional to exp(q / beta). It
    explores an action that was tried a thousand times as much as an action that was tried once.
    Let :math:`\beta_a = \sqrt{C^2 / N_a}` instead, where the action was tried N_a times and its
    rewards have the standard deviation C. The noise is then as large as the uncertainty about q_a,
    and the regret on a bandit with K arms is of the order K log(T)^2 / gap. No monotonic schedule
    of a common beta has a regret of this order for every gap.

    Args:
      q: [..., A], float, the estimated action values, in units of reward.
      beta: The scale of the noise, in units of reward, at least 0, of a shape that broadcasts to
        that of q. It is infinite for an action that was never tried. Such an action is chosen
        before all others, and the first of several.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The perturbed values, [..., A], of q's dtype, and the action, [...] int32.

    Raises:
      ValueError: If `beta` is statically known and negative or NaN.

    References:
      N. Cesa-Bianchi, C. Gentile, G. Lugosi, G. Neu (2017), "Boltzmann exploration done right",
      section 4, https://arxiv.org/abs/1705.10257

    >>> count = tf.constant([0.0, 100.0, 100.0])
    >>> _, action = boltzmann_gumbel([0.0, 0.5, 0.9], beta=1 / tf.sqrt(count), seed=0)
    >>> int(action)
    0
    """
    q = tf.convert_to_tensor(q)
    beta = tf.broadcast_to(tf.convert_to_tensor(beta, q.dtype), tf.shape(q))
    known = tf.get_static_value(beta)
    if known is not None and not (known >= 0).all():
        raise ValueError(f"beta must be at least 0, not {known}: it is the scale of the noise.")
    # 1 - u is in (0, 1], and its logarithm exact where u is small. There the noise is large, and
    # may not be infinite: half of the smallest u above 0 stands for 0.
    exponential = tf.maximum(-tf.math.log1p(-draws.uniform(tf.shape(q), seed)), 2.0**-25)
    noise = tf.cast(-tf.math.log(exponential), q.dtype)
    tried = tf.math.is_finite(beta)
    perturbed = tf.where(tried, q + tf.where(tried, beta, 0) * noise, float("inf"))
    return perturbed, tf.argmax(perturbed, axis=-1, output_type=tf.int32)
