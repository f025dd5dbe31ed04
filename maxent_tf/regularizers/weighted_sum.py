"""Weighted sums of Shannon's entropy and of divergences to reference policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import envelope, log_linear
from maxent_tf.regularizers.kl import KL
from maxent_tf.regularizers.shannon import Shannon

Term = Union[Shannon, KL]  # noqa: UP007 (mypy)


@dataclass(frozen=True, eq=False)
class WeightedSum:
    r"""A weighted sum of Shannon's entropy and of divergences to reference policies.

    .. math::
       \Omega(p) = \sum_i w_i \Omega_i(p) = w \left(H(p) + \langle p, b \rangle\right), \qquad
       w = \sum_i w_i, \qquad b = \frac{1}{w} \sum_{i: KL} w_i \log \mu_i

    The sum therefore has closed forms too: the temperature is :math:`\alpha w`, and the reference
    is the weighted geometric mean of the references. With weights (1 - c, c) on Shannon's entropy
    and on the divergence to the previous policy, soft value iteration becomes Munchausen's
    (Vieillard et al. 2020), which is mirror descent.

    `Regularizer` describes shapes, alpha = 0, masks and gradients.

    Attributes:
      weights: The weights, one for each term, at least 0 and not all 0; each broadcasts to alpha.
      terms: The terms, `Shannon` and `KL` regularisers. A sum with Tsallis's has no closed form.

    Raises:
      ValueError: If the numbers of weights and terms differ, or a weight is out of range.
      TypeError: If a term is neither `Shannon` nor `KL`.

    References:
      N. Vieillard et al. (2020), "Leverage the average: an analysis of KL regularization in
      reinforcement learning", section 3, https://arxiv.org/abs/2003.14089

    >>> r = WeightedSum(weights=(0.5, 0.5), terms=(Shannon(), KL([0.9, 0.1])))
    >>> print(r.greedy(tf.constant([0.0, 0.0]), alpha=1.0).numpy().round(4))  # odds: root of 9
    [0.75 0.25]
    """

    weights: Sequence[float | tf.Tensor]
    terms: Sequence[Term]

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.terms) or not self.terms:
            raise ValueError(
                "weights and terms must have the same number of elements, at least one, not "
                f"{len(self.weights)} and {len(self.terms)}."
            )
        for term in self.terms:
            if not isinstance(term, Shannon | KL):
                raise TypeError(f"terms must be Shannon or KL regularisers, not {term!r}.")
        known = [tf.get_static_value(tf.convert_to_tensor(weight)) for weight in self.weights]
        if any(weight is not None and not np.all(weight >= 0) for weight in known):
            raise ValueError(f"weights must be at least 0, not {self.weights}.")
        if all(weight is not None for weight in known) and not np.all(sum(known) > 0):
            raise ValueError(f"weights must not all be 0, as in {self.weights}.")

    def value(self, p: tf.Tensor) -> tf.Tensor:
        """Returns the weighted sum of the terms' values, [...]."""
        p = tf.convert_to_tensor(p)
        weights = self._weights(p.dtype)
        return tf.add_n([w * term.value(p) for w, term in zip(weights, self.terms, strict=True)])

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns max_p <p, q> + alpha value(p), [...]."""
        return log_linear.soft_max(*self._arguments(q, alpha, mask))

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the policy that attains the maximum, [..., A]."""
        return log_linear.greedy(*self._arguments(q, alpha, mask))

    def _weights(self, dtype: tf.DType) -> list[tf.Tensor]:
        return [tf.convert_to_tensor(weight, dtype) for weight in self.weights]

    def _arguments(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        q = envelope.as_values(q)
        weights = self._weights(q.dtype)
        total = sum(weights[1:], start=weights[0])
        bias = tf.zeros([], q.dtype)
        for weight, term in zip(weights, self.terms, strict=True):
            if isinstance(term, KL):
                share = (weight / total)[..., tf.newaxis]
                log_reference = term.log_reference(q.dtype)
                # A term of weight 0 forbids nothing: 0 times -inf counts as 0.
                bias += tf.where(share > 0, share * log_reference, tf.zeros_like(log_reference))
        alpha = tf.convert_to_tensor(alpha, q.dtype) * total
        return envelope.arguments(q, alpha, mask, bias)
