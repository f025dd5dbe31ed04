"""What every regulariser does."""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf


class Regularizer(Protocol):
    r"""A concave function :math:`\Omega` on the simplex of policies over `A` actions.

    Shapes: p and q are [..., A]; alpha and q broadcast against each other, alpha as [..., 1]. The
    dtype is q's. All three functions run eager, in graphs and under XLA, and have finite gradients
    of first and second order in q and alpha: at ties, at alpha = 0 and where a policy puts no mass.

    Alpha is at least 0. At exactly 0, `soft_max` is the hard maximum and `greedy` its limit as
    alpha falls to 0: of the policies over the maximisers the one of largest :math:`\Omega`, which
    for Shannon and Tsallis is the uniform one. An alpha below 1024 times the smallest normal number
    of the dtype (1e-35 in float32) counts as 0.

    An action is illegal where `mask`, [..., A] or broadcastable to it, is False, or where q is
    -inf: its probability is 0, and no gradient flows to its q. One action at least must be legal.

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
