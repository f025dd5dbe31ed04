"""Tsallis's entropy, whose greedy policies are sparse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import envelope

_SMALLEST_INDEX = 1.01
_LARGEST_INDEX = 2.0


@dataclass(frozen=True)
class Tsallis:
    r"""Tsallis's entropy of index k, scaled so that index 1 is Shannon's and index 2 sparsemax.

    .. math::
       \Omega(p) = \frac{1}{k (k - 1)} \left(1 - \sum_a p_a^k\right), \qquad
       p^*_a = \left[(k - 1) \frac{q_a}{\alpha} - \tau\right]_+^{1 / (k - 1)}

    with the threshold tau for which the probabilities sum to 1. The textbook's Tsallis entropy is k
    times this one. At k = 2, this is half the Gini impurity, (1 - sum p^2) / 2. An action whose q
    is low enough has probability exactly 0.

    `Regularizer` describes shapes, alpha = 0, masks and gradients. The gradient of `greedy` jumps
    where an action enters the support.

    Attributes:
      index: k in [1.01, 2]. Towards 1, the exponent 1 / (k - 1) multiplies the rounding error: use
        `Shannon` instead. Above 2, a policy would have infinite slope where an action enters its
        support, and a relative rounding error e in q would become an error of e^(1 / (k - 1)) in p.

    Raises:
      ValueError: If `index` is out of range.

    References:
      K. Lee, S. Choi and S. Oh (2018), "Sparse Markov decision processes with causal sparse Tsallis
      entropy regularization", https://arxiv.org/abs/1709.06293; B. Peters, V. Niculae and A.
      Martins (2019), "Sparse sequence-to-sequence models", section 3,
      https://arxiv.org/abs/1905.05702

    >>> print(Tsallis().greedy(tf.constant([1.0, 0.5, -1.0]), alpha=[0.0, 1.0]).numpy())
    [[1.   0.   0.  ]
     [0.75 0.25 0.  ]]
    """

    index: float = 2.0

    def __post_init__(self) -> None:
        if not _SMALLEST_INDEX <= self.index <= _LARGEST_INDEX:
            raise ValueError(
                f"index must be in [{_SMALLEST_INDEX}, {_LARGEST_INDEX}], not {self.index}: for "
                "index 1 use Shannon()."
            )

    def value(self, p: tf.Tensor) -> tf.Tensor:
        """Returns the entropy, [...], at least 0, of probabilities p, [..., A]."""
        return self._value(tf.convert_to_tensor(p))

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns max_p <p, q> + alpha value(p), [...]; the largest q at alpha = 0."""
        q, alpha, bias = envelope.arguments(q, alpha, mask)
        return envelope.maximum(q, alpha, bias, self._attained, self._greedy, self._value)

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the policy that attains the maximum; uniform over maximisers at alpha = 0."""
        return self._greedy(*envelope.arguments(q, alpha, mask))

    def _value(self, p: tf.Tensor) -> tf.Tensor:
        power = p * p if self.index == 2 else tf.pow(p, self.index)
        return tf.reduce_sum(p - power, axis=-1) / (self.index * (self.index - 1))

    def _greedy(self, q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
        return envelope.maximiser(q, alpha, bias, self._solve, self._curvature)

    def _attained(self, q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
        p = self._greedy(q, alpha, bias)
        largest = tf.reduce_max(q, axis=-1)
        return (
            largest + envelope.expectation(p, q - largest[..., tf.newaxis]) + alpha * self._value(p)
        )

    def _curvature(self, p: tf.Tensor) -> tf.Tensor:
        # S'' = -p^(k - 2); outside the support the policy stays 0.
        possible = p > 0
        power = tf.pow(tf.where(possible, p, tf.ones_like(p)), 2 - self.index)
        return tf.where(possible, power, tf.zeros_like(p))

    def _solve(self, z: tf.Tensor) -> tf.Tensor:
        r"""Returns the policy for z, whose largest element is 0, by Newton's method on tau.

        f(tau) = sum_a [x_a - tau]_+^n - 1, with x = (k - 1) z and n = 1 / (k - 1) >= 1, is convex
        and falling. At tau = -1 it is at least 0, because the largest x is 0. From there, Newton's
        steps therefore rise to the root without passing it; at k = 2, where f is piecewise linear,
        they need finitely many steps. On a CPU this is as fast as a softmax, while sorting takes
        ten times as long.
        """
        power = 1 / (self.index - 1)
        x = (self.index - 1) * z
        epsilon = np.finfo(z.dtype.as_numpy_dtype).eps

        def excess(tau: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """Returns f(tau) and -f'(tau)."""
            rest = tf.nn.relu(x - tau)
            slope = tf.cast(rest > 0, z.dtype) if power == 1 else tf.pow(rest, power - 1)
            f = tf.reduce_sum(slope * rest, axis=-1, keepdims=True) - 1
            return f, power * tf.reduce_sum(slope, axis=-1, keepdims=True)

        def step(tau: tf.Tensor, more: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            del more
            f, slope = excess(tau)
            return tau + f / slope, tf.reduce_any(f > 4 * power * epsilon)

        start = -tf.ones_like(x[..., :1])
        tau, _ = tf.while_loop(
            lambda tau, more: more, step, (start, tf.constant(True)), maximum_iterations=200
        )
        weight = tf.nn.relu(x - tau)
        weight = weight if power == 1 else tf.pow(weight, power)
        return weight / tf.reduce_sum(weight, axis=-1, keepdims=True)
