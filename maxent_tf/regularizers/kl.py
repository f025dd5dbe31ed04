"""The negative Kullback-Leibler divergence to a reference policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import envelope, log_linear

# What probabilities may be off from a sum of 1: the rounding of a float32 policy, not a mistake.
_SUM_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class KL:
    r"""The negative divergence to a reference policy, which rewards staying near the reference.

    .. math::
       \Omega(p) = -\sum_a p_a \log \frac{p_a}{\mu_a}, \qquad
       v = \alpha \log \sum_a \mu_a e^{q_a / \alpha}, \qquad
       p^*_a \propto \mu_a e^{q_a / \alpha}

    With the uniform reference, it is Shannon's entropy minus log A. Actions of probability 0 under
    the reference keep probability 0. At alpha = 0, the greedy policy is the reference, restricted
    to the maximisers. `Regularizer` describes shapes, masks and gradients.

    Attributes:
      reference: The reference policy mu, probabilities [..., A], broadcastable to q.

    Raises:
      ValueError: If `reference` is statically known and not a distribution.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 2, https://arxiv.org/abs/1901.11275

    >>> r = KL(reference=[0.9, 0.1])
    >>> print(r.greedy(tf.constant([0.0, 0.0]), alpha=1.0).numpy().round(4))
    [0.9 0.1]
    >>> print(r.value(tf.constant([0.5, 0.5])).numpy().round(4))
    -0.5108
    """

    reference: tf.Tensor

    def __post_init__(self) -> None:
        check_reference(self.reference)

    def log_reference(self, dtype: tf.DType) -> tf.Tensor:
        """Returns log mu, [..., A]; -inf where mu is 0, with a gradient of 0 there."""
        if tf.is_tensor(self.reference):
            reference = tf.cast(self.reference, dtype)
        else:
            reference = tf.convert_to_tensor(self.reference, dtype)
        possible = reference > 0
        log = tf.math.log(tf.where(possible, reference, tf.ones_like(reference)))
        return tf.where(possible, log, tf.constant(-np.inf, dtype))

    def value(self, p: tf.Tensor) -> tf.Tensor:
        """Returns minus the divergence in nats, [...], at most 0, of probabilities p, [..., A].

        It is -inf where p is positive and the reference 0. The gradient is set to 0 where p is 0.
        """
        p = tf.convert_to_tensor(p)
        return log_linear.entropy(p) + envelope.expectation(p, self.log_reference(p.dtype))

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns alpha log sum_a mu_a exp(q_a / alpha), [...]; the largest q at alpha = 0."""
        return log_linear.soft_max(*self._arguments(q, alpha, mask))

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the policy that is proportional to mu_a exp(q_a / alpha), [..., A]."""
        return log_linear.greedy(*self._arguments(q, alpha, mask))

    def _arguments(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        q = envelope.as_values(q)
        return envelope.arguments(q, alpha, mask, self.log_reference(q.dtype))


def check_reference(reference: tf.Tensor) -> None:
    """Raises ValueError if a reference policy is statically known and not a distribution."""
    known = tf.get_static_value(tf.convert_to_tensor(reference))
    if known is None:
        return
    sums = np.sum(known, axis=-1)
    if not (np.all(known >= 0) and np.all(np.abs(sums - 1) < _SUM_TOLERANCE)):
        raise ValueError(
            "reference must be probabilities along its last axis (at least 0, of sum 1), not "
            f"{known} of sum {sums}."
        )
