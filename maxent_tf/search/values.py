r"""Values of the actions of a node, with something in the place of those that nobody has tried.

Every function takes a `Node` and returns [B, A], float. The value of the node, where it is used, is
the mean over the model's value and the returns of all simulations that went through the node,

.. math:: \bar v = \frac{v + \sum_a n_a q_a}{1 + \sum_a n_a}.
"""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.search.tree import Node

# Of the range of values, so that equal ones become 0.
_SMALLEST_RANGE = 1e-8


def mean(node: Node) -> tf.Tensor:
    """Returns the mean value of a node, [B, 1]."""
    returns = tf.reduce_sum(node.visits * node.q, axis=-1, keepdims=True)
    return (node.value[:, tf.newaxis] + returns) / (1 + node.total)


def completed(node: Node) -> tf.Tensor:
    """Returns the values; an action that nobody has tried has the model's value of the node."""
    return tf.where(node.visits > 0, node.q, node.value[:, tf.newaxis])


def min_max(node: Node) -> tf.Tensor:
    """Returns the values, scaled to [0, 1] within the node; 0 where nobody has tried the action.

    The range is that of the values of the actions tried and of the node's mean value.

    References:
      J. Schrittwieser et al. (2020), "Mastering Atari, Go, chess and shogi by planning with a
      learned model", appendix B, equation 5, https://arxiv.org/abs/1911.08265
    """
    middle, tried = mean(node), node.visits > 0
    q = tf.where(tried, node.q, middle)
    low = tf.minimum(tf.reduce_min(q, axis=-1, keepdims=True), middle)
    high = tf.maximum(tf.reduce_max(q, axis=-1, keepdims=True), middle)
    gap = tf.where(tried, node.q - low, tf.zeros_like(q))
    return gap / tf.maximum(high - low, _SMALLEST_RANGE)


def mixed(node: Node) -> tf.Tensor:
    r"""Returns the values, scaled to [0, 1] among the legal actions.

    An action that nobody has tried has the mixed value

    .. math::
       \frac{v + N \bar q}{1 + N}, \qquad
       \bar q = \frac{\sum_{a: n_a > 0} \mu_a q_a}{\sum_{a: n_a > 0} \mu_a}

    with the prior mu and the number N of simulations that went through the node.

    References:
      I. Danihelka et al. (2022), "Policy improvement by planning with Gumbel", appendix D,
      equation 33, https://openreview.net/forum?id=bERaNdoegnO
    """
    prior, tried = tf.exp(node.log_prior), node.visits > 0
    known = tf.where(tried, prior, tf.zeros_like(prior))
    mass = tf.reduce_sum(known, axis=-1, keepdims=True)
    average = tf.math.divide_no_nan(tf.reduce_sum(known * node.q, axis=-1, keepdims=True), mass)
    # Priors may have underflowed; then nothing is known of the average.
    total = tf.where(mass > 0, node.total, tf.zeros_like(mass))
    q = tf.where(tried, node.q, (node.value[:, tf.newaxis] + total * average) / (1 + total))
    legal, infinity = node.legal, tf.constant(float("inf"), q.dtype)
    low = tf.reduce_min(tf.where(legal, q, infinity), axis=-1, keepdims=True)
    high = tf.reduce_max(tf.where(legal, q, -infinity), axis=-1, keepdims=True)
    return (q - low) / tf.maximum(high - low, _SMALLEST_RANGE)
