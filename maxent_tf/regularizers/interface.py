"""The interface of regularisers."""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf


class Regularizer(Protocol):
    r"""A concave function :math:`\Omega` on the simplex of policies over `A` actions.

    Shapes: p and q are [..., A]; alpha and q broadcast against each other, with alpha as [..., 1].
    The dtype is that of q. All three functions run eagerly, in graphs and under XLA. Their first
    and second gradients in q and alpha are finite, even at ties, at alpha = 0 and where a policy
    has no probability.

    Alpha is at least 0. At exactly 0, `soft_max` is the hard maximum, and `greedy` is its limit as
    alpha falls to 0: among the policies over the maximisers, the one with the largest
    :math:`\Omega`, which for Shannon and Tsallis is the uniform one. An alpha below 1024 times the
    smallest normal number of the dtype (1e-35 in float32) is treated as 0.

    An action is illegal where `mask`, which is broadcastable to [..., A], is False, or where q is
    -inf. The probability of an illegal action is 0, and no gradient flows to its q. At least one
    action must be legal.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 2, https://arxiv.org/abs/1901.11275
    """

    def value(self, p: tf.Tensor) -> tf.Tensor:
        r"""Returns :math:`\Omega(p)`, [...], for probabilities p, [..., A]."""

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        r"""Returns :math:`\max_p \langle p, q \rangle + \alpha \, \Omega(p)`, [...]."""

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the policy that attains the maximum, [..., A]."""
