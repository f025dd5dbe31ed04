"""The negative reverse Kullback-Leibler divergence, from a reference policy to the policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import envelope
from maxent_tf.regularizers.kl import check_reference


@dataclass(frozen=True, eq=False)
class ReverseKL:
    r"""The negative divergence from a reference policy, which keeps every action of the reference.

    .. math::
       \Omega(p) = -\sum_a \mu_a \log \frac{\mu_a}{p_a}, \qquad
       p^*_a = \frac{\alpha \mu_a}{x - q_a}, \qquad
       \max_a (q_a + \alpha \mu_a) \le x \le \max_a q_a + \alpha

    with the normaliser x for which the probabilities sum to 1. A bad action keeps a probability of
    the order of alpha over its gap, where the Boltzmann policy lets it fall exponentially. The
    policy is the one that AlphaZero's visit counts follow: with the reference as its prior, N
    simulations and :math:`\alpha = c \sqrt N / (A + N)`, c being the constant of PUCT.

    `Regularizer` describes shapes, masks and gradients. Four things differ:

    - An action is illegal where the reference is 0, too, or below 1024 times the smallest normal
      number.
    - The reference is restricted to the legal actions and normalised. `value` knows no mask: where
      a policy is to be valued, the reference must be 0 for the actions that are illegal.
    - No gradient of `soft_max` and `greedy` flows to the reference.
    - The slope of `soft_max` in alpha is -infinity at alpha = 0, unless all legal actions tie. Its
      gradient there is finite: it leaves out the actions that the greedy policy leaves out. That
      policy is the reference, restricted to the maximisers.

    Attributes:
      reference: The reference policy mu, probabilities [..., A], broadcastable to q.

    Raises:
      ValueError: If `reference` is statically known and not a distribution.

    References:
      J.-B. Grill et al. (2020), "Monte-Carlo tree search as regularized policy optimization",
      proposition 1 and section 3, https://arxiv.org/abs/2007.12509

    >>> r = ReverseKL(reference=[0.5, 0.5])
    >>> print(r.greedy(tf.constant([1.0, 0.0]), alpha=[0.0, 1.0]).numpy().round(4))
    [[1.     0.    ]
     [0.7071 0.2929]]
    """

    reference: tf.Tensor

    def __post_init__(self) -> None:
        check_reference(self.reference)

    def value(self, p: tf.Tensor) -> tf.Tensor:
        """Returns minus the divergence in nats, [...], at most 0, of probabilities p, [..., A].

        It is -inf where p is 0 and the reference positive. The gradient is set to 0 where p is 0.
        """
        p = tf.convert_to_tensor(p)
        reference = tf.broadcast_to(_normalised(self._positive(p.dtype)), tf.shape(p))
        lost = tf.reduce_any((p <= 0) & (reference > 0), axis=-1)
        return _on_support(p, reference) + tf.where(lost, tf.constant(-np.inf, p.dtype), 0)

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns max_p <p, q> + alpha value(p), [...]; the largest q at alpha = 0."""
        q, alpha, reference = self._arguments(q, alpha, mask)

        def greedy(q: tf.Tensor, alpha: tf.Tensor, bias: None) -> tf.Tensor:
            del bias
            return _greedy(q, alpha, reference)

        def value(p: tf.Tensor) -> tf.Tensor:
            return _on_support(p, reference)

        def attained(q: tf.Tensor, alpha: tf.Tensor, bias: None) -> tf.Tensor:
            # What is left out where p has underflowed is below the rounding error of q.
            p = greedy(q, alpha, bias)
            largest = tf.reduce_max(q, axis=-1)
            gap = q - largest[..., tf.newaxis]
            return largest + envelope.expectation(p, gap) + alpha * value(p)

        return envelope.maximum(q, alpha, None, attained, greedy, value)

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the policy that attains the maximum, [..., A]."""
        return _greedy(*self._arguments(q, alpha, mask))

    def _positive(self, dtype: tf.DType) -> tf.Tensor:
        """Returns the reference, 0 where its reciprocal could overflow."""
        if tf.is_tensor(self.reference):
            reference = tf.cast(self.reference, dtype)
        else:
            reference = tf.convert_to_tensor(self.reference, dtype)
        positive, _ = envelope.positive_part(reference)
        return tf.where(positive, reference, tf.zeros_like(reference))

    def _arguments(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        q = envelope.as_values(q)
        reference = self._positive(q.dtype)
        legal = reference > 0 if mask is None else (reference > 0) & mask
        q, alpha, _ = envelope.arguments(q, alpha, legal)
        legal = q > -np.inf
        return q, alpha, tf.stop_gradient(_normalised(tf.where(legal, reference, 0)))


def _normalised(reference: tf.Tensor) -> tf.Tensor:
    return reference / tf.reduce_sum(reference, axis=-1, keepdims=True)


def _greedy(q: tf.Tensor, alpha: tf.Tensor, reference: tf.Tensor) -> tf.Tensor:
    def solve(z: tf.Tensor) -> tf.Tensor:
        return _solve(z, reference)

    def curvature(p: tf.Tensor) -> tf.Tensor:
        # S'' = -mu / p^2.
        return p * tf.math.divide_no_nan(p, reference)

    return envelope.maximiser(q, alpha, None, solve, curvature)


def _on_support(p: tf.Tensor, reference: tf.Tensor) -> tf.Tensor:
    """Returns sum_a mu_a log(p_a / mu_a), [...], over the actions for which both are positive."""
    both = (p > 0) & (reference > 0)
    one = tf.ones_like(p)
    log = tf.math.log(tf.where(both, p, one)) - tf.math.log(tf.where(both, reference, one))
    return tf.reduce_sum(reference * log, axis=-1)


def _solve(z: tf.Tensor, reference: tf.Tensor) -> tf.Tensor:
    r"""Returns p_a = mu_a / (x - z_a), [..., A], for z whose largest element is 0.

    The reciprocal of s(x) = sum_a mu_a / (x - z_a) is a weighted harmonic mean of the x - z_a,
    which is concave and rises in x. At x = max(z + mu), where the probability of one action alone
    is 1, it is at most 1. From there, Newton's steps on 1 / s(x) = 1 therefore rise to the root
    without passing it. They are cut at 1, the upper bound of the root, against rounding.
    """
    epsilon = np.finfo(z.dtype.as_numpy_dtype).eps

    def policy(x: tf.Tensor) -> tf.Tensor:
        # Nothing cancels: x is positive and z at most 0.
        return reference / (x - z)

    def step(x: tf.Tensor, more: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        del more
        p = policy(x)
        total = tf.reduce_sum(p, axis=-1, keepdims=True)
        slope = tf.reduce_sum(p / (x - z), axis=-1, keepdims=True)
        x = tf.minimum(x + total * (total - 1) / slope, 1)
        return x, tf.reduce_any(total - 1 > 8 * epsilon)

    start = tf.reduce_max(z + reference, axis=-1, keepdims=True)
    x, _ = tf.while_loop(
        lambda x, more: more, step, (start, tf.constant(True)), maximum_iterations=100
    )
    p = policy(x)
    # Subnormal numbers, whose reciprocals overflow, count as 0, as XLA has it anyway.
    p = tf.where(p < np.finfo(z.dtype.as_numpy_dtype).tiny, tf.zeros_like(p), p)
    return p / tf.reduce_sum(p, axis=-1, keepdims=True)
