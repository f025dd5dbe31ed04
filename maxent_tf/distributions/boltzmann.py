"""The policy that is greedy with respect to a regularised value: Boltzmann's, and its relatives.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf
from tensorflow_probability import distributions as tfd


class Regularizer(Protocol):
    """What `boltzmann` asks of a regulariser."""

    def greedy(self, q: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
        """Returns the maximiser over the simplex of `<p, q> + alpha * value(p)`, [..., A]."""


def boltzmann(q: Any, alpha: Any, regularizer: Regularizer | None = None) -> tfd.Categorical:
    r"""Returns the distribution over actions that maximises the regularised value.

    .. math::
        \pi = \arg\max_p \langle p, q \rangle + \alpha \, \Omega(p),
        \quad \text{for Shannon's entropy } \pi(a) \propto \exp(q(a) / \alpha)

    Args:
      q: [..., A], float, action values, in units of reward; -inf marks an action as impossible.
      alpha: [...] or [], float, the temperature, in reward per nat, at least 0. At exactly 0 the
        distribution is uniform over the maximisers.
      regularizer: says what entropy means; Shannon's if None.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions.

    Raises:
      ValueError: if `alpha` is statically known and negative or NaN.

    References:
      M. Geist, B. Scherrer, O. Pietquin (2019), "A theory of regularized Markov decision
      processes", definition 1, https://arxiv.org/abs/1901.11275

    >>> boltzmann([0.0, 1.0, 1.0], 0.0).probs_parameter().numpy().tolist()
    [0.0, 0.5, 0.5]
    """
    q = tf.convert_to_tensor(q)
    alpha = tf.convert_to_tensor(alpha, q.dtype)
    known = tf.get_static_value(alpha)
    if known is not None and not (known >= 0).all():
        raise ValueError(f"alpha must be at least 0, not {known}.")
    if regularizer is not None:
        return tfd.Categorical(probs=regularizer.greedy(q, alpha))
    # Differences from the maximum: exact zeros for the maximisers, and no overflow at tiny alpha.
    shifted = q - tf.reduce_max(q, -1, keepdims=True)
    alpha = alpha[..., tf.newaxis]
    hard = tf.where(shifted < 0, tf.constant(-float("inf"), q.dtype), tf.zeros_like(shifted))
    soft = shifted / tf.where(alpha > 0, alpha, tf.ones_like(alpha))
    return tfd.Categorical(logits=tf.where(alpha > 0, soft, hard))
