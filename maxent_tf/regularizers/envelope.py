r"""The gradients of a regularised maximum and of its maximiser, common to all regularisers.

Let :math:`\Omega(p) = S(p) + \langle p, b \rangle` with S strictly concave and permutation
invariant (b, the bias, is log of the reference for the KL divergence and absent otherwise), and

.. math::
   v(q, \alpha, b) = \max_p \langle p, q \rangle + \alpha \, \Omega(p), \qquad
   p^* = \arg\max = P\left(\frac{q - \max q}{\alpha} + b\right).

By the envelope theorem, the *maximum* has the gradients

.. math::
   \frac{\partial v}{\partial q} = p^*, \qquad
   \frac{\partial v}{\partial \alpha} = \Omega(p^*), \qquad
   \frac{\partial v}{\partial b} = \alpha p^*,

at alpha = 0 too. Differentiating the formulas by which v is computed would give 0 / 0 there.

The *maximiser* satisfies :math:`z_i = -S'_i(p) + \tau` on its support, and with
:math:`s_i = -1 / S''_{ii}(p)`, the `curvature`, its differential is

.. math:: dp = s \left(dz - \frac{\langle s, dz \rangle}{\langle s, 1 \rangle}\right).

This is a symmetric map, so that it also serves for backpropagation as it stands. The gradient is 0
at alpha = 0 (where the maximiser is piecewise constant in q) and outside the support.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

# P above, from z (whose largest element without a bias is 0; -inf marks an impossible action).
Solve = Callable[[tf.Tensor], tf.Tensor]
# From p, [..., A], to S(p), [...], or to s, [..., A].
Functional = Callable[[tf.Tensor], tf.Tensor]


def as_values(q: Any) -> tf.Tensor:
    """Returns q as a tensor, or raises a ValueError if it is not [..., A] of a floating dtype."""
    q = tf.convert_to_tensor(q)
    if not q.dtype.is_floating or not q.shape.rank:
        raise ValueError(
            f"q must be a floating tensor [..., A], not of dtype {q.dtype.name} and shape "
            f"{q.shape}."
        )
    return q


def arguments(
    q: Any, alpha: Any, mask: Any = None, bias: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Returns q [..., A], alpha [...] and the bias [..., A], each broadcast; q is -inf if illegal.

    Raises:
      ValueError: If q is not [..., A] of a floating dtype, or if alpha is statically known and
        negative or NaN.
    """
    q = as_values(q)
    alpha = tf.convert_to_tensor(alpha, q.dtype)
    known = tf.get_static_value(alpha)
    if known is not None and not np.all(known >= 0):
        raise ValueError(f"alpha must be at least 0, not {known}.")
    if mask is not None:
        q = tf.where(mask, q, tf.constant(-np.inf, q.dtype))
    if bias is not None:
        q = tf.where(tf.math.is_inf(bias), tf.constant(-np.inf, q.dtype), q)
    q, alpha = _broadcast(q, alpha[..., tf.newaxis])
    return q, alpha[..., 0], bias if bias is None else tf.broadcast_to(bias, tf.shape(q))


def _broadcast(q: tf.Tensor, alpha: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns q [..., A] and alpha [..., 1], broadcast in all axes but the last."""
    if q.shape.is_fully_defined() and q.shape[:-1] == alpha.shape[:-1]:
        return q, alpha
    shape = tf.broadcast_dynamic_shape(tf.shape(q), tf.shape(alpha))
    q = tf.broadcast_to(q, shape)
    return q, tf.broadcast_to(alpha, tf.concat([shape[:-1], [1]], axis=0))


def positive_part(alpha: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns whether alpha is treated as positive, and alpha where it is but 1 elsewhere.

    The margin over the smallest normal number keeps (q - max q) / alpha^2 finite wherever
    exp((q - max q) / alpha) has not vanished. It also excludes subnormal numbers, which XLA sets
    to 0.
    """
    positive = alpha >= 1024 * np.finfo(alpha.dtype.as_numpy_dtype).tiny
    return positive, tf.where(positive, alpha, tf.ones_like(alpha))


def ratio(q: tf.Tensor, alpha: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    """Returns z = (q - max q) / alpha + bias, with the limit of the quotient at alpha = 0."""
    gap = q - tf.reduce_max(q, axis=-1, keepdims=True)
    positive, safe = positive_part(alpha[..., tf.newaxis])
    limit = tf.where(gap < 0, tf.constant(-np.inf, q.dtype), tf.zeros_like(gap))
    z = tf.where(positive, gap / safe, limit)
    return z if bias is None else z + bias


def maximiser(
    q: tf.Tensor,
    alpha: tf.Tensor,
    bias: tf.Tensor | None,
    solve: Solve,
    curvature: Functional,
) -> tf.Tensor:
    """Returns the maximiser p*, [..., A], with the gradient of this module's docstring.

    Args:
      q: [..., A], the action values.
      alpha: [...], the temperature.
      bias: [..., A], the bias b, or None.
      solve: The function P, from z to p*.
      curvature: The curvature s as a function of p, 0 where p is 0.
    """

    @tf.custom_gradient
    def function(q: tf.Tensor, alpha: tf.Tensor, *bias: tf.Tensor) -> Any:
        def gradient(upstream: tf.Tensor) -> Any:
            # Not the p of the forward pass: this one has a gradient, for the second order.
            p = function(q, alpha, *bias)
            s = curvature(p)
            mean = tf.reduce_sum(s * upstream, -1, keepdims=True)
            dz = s * (upstream - mean / tf.reduce_sum(s, -1, keepdims=True))
            positive, safe = positive_part(alpha[..., tf.newaxis])
            dq = tf.where(positive, dz / safe, tf.zeros_like(dz))
            gap = q - tf.reduce_max(q, axis=-1, keepdims=True)
            gap = tf.where(p > 0, gap, tf.zeros_like(gap))
            dalpha = -tf.reduce_sum(dq * gap / safe, -1)
            return (dq, dalpha, dz) if bias else (dq, dalpha)

        return solve(ratio(q, alpha, bias[0] if bias else None)), gradient

    return function(q, alpha) if bias is None else function(q, alpha, bias)


def maximum(
    q: tf.Tensor,
    alpha: tf.Tensor,
    bias: tf.Tensor | None,
    forward: Callable[..., tf.Tensor],
    argmax: Callable[..., tf.Tensor],
    value: Functional,
) -> tf.Tensor:
    """Returns the maximum v, [...], with the gradient of this module's docstring.

    Args:
      q: [..., A], the action values.
      alpha: [...], the temperature.
      bias: [..., A], the bias b, or None.
      forward: A function from (q, alpha, bias) to v; its own gradient is not used.
      argmax: A function from (q, alpha, bias) to p*, as `maximiser` returns it.
      value: The function S.
    """

    @tf.custom_gradient
    def function(q: tf.Tensor, alpha: tf.Tensor, *bias: tf.Tensor) -> Any:
        linear = bias[0] if bias else None

        def gradient(upstream: tf.Tensor) -> Any:
            p = argmax(q, alpha, linear)
            dq = upstream[..., tf.newaxis] * p
            omega = value(p) if linear is None else value(p) + expectation(p, linear)
            dalpha = upstream * omega
            return (dq, dalpha) if linear is None else (dq, dalpha, alpha[..., tf.newaxis] * dq)

        return forward(q, alpha, linear), gradient

    return function(q, alpha) if bias is None else function(q, alpha, bias)


def expectation(p: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Returns sum_a p_a x_a, [...], where 0 times an infinity is 0, in the gradient too."""
    possible = p > 0
    return tf.reduce_sum(p * tf.where(possible, x, tf.zeros_like(x)), -1)
