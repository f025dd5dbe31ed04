"""The policy that is greedy with respect to a regularised value, such as the Boltzmann policy.

Shapes: `A` is the number of actions, `...` a batch shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.regularizers import Regularizer, Shannon

_LARGEST_LOGIT = 1e15


def _smallest_alpha(dtype: tf.DType) -> float:
    return float(np.sqrt(np.finfo(dtype.as_numpy_dtype).tiny))


def boltzmann(q: Any, alpha: Any, regularizer: Regularizer = Shannon()) -> tfd.Categorical:
    r"""Returns the distribution over actions that maximises the regularised value.

    .. math::
        \pi = \arg\max_p \langle p, q \rangle + \alpha \, \Omega(p),
        \quad \text{for Shannon's entropy } \pi(a) \propto \exp(q(a) / \alpha)

    Args:
      q: [..., A], float, action values, in units of reward; -inf marks an action as impossible.
      alpha: [...] or [], float, the temperature, in reward per nat, at least 0. At 0, the policy is
        the limit as alpha falls to 0. With Shannon's entropy, this is the uniform distribution over
        the actions with the largest value.
      regularizer: The regulariser, which defines the entropy. With Shannon's entropy, the policy is
        stored as logits, so that the logarithms of tiny probabilities are kept down to -1e15. An
        alpha below 1e-19 in float32 (1e-154 in float64) is then treated as 0, because its gradients
        would overflow.

    Returns:
      A categorical distribution of batch shape [...] over `A` actions.

    Raises:
      ValueError: If `alpha` is statically known and negative or NaN.

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
    if not isinstance(regularizer, Shannon):
        return tfd.Categorical(probs=regularizer.greedy(q, alpha))
    # Differences from the maximum: exact zeros for the maximisers, and no overflow at tiny alpha.
    shifted = q - tf.reduce_max(q, -1, keepdims=True)
    alpha = alpha[..., tf.newaxis]
    soft = alpha > _smallest_alpha(q.dtype)
    # Impossible actions stay out of the quotient, whose gradient -shifted / alpha^2 would overflow.
    possible = tf.where(soft, shifted >= -_LARGEST_LOGIT * alpha, shifted >= 0)
    logits = tf.where(possible, shifted, 0) / tf.where(soft, alpha, 1)
    return tfd.Categorical(logits=tf.where(possible, logits, -float("inf")))
