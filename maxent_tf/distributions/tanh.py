r"""The hyperbolic tangent, its inverse and its log-Jacobian, exact in floating point.

Near 0, `log1p(-tanh(u)^2)` keeps the relative accuracy of the log-Jacobian. Far out, `1 - tanh(u)`
has lost its digits. With `t = tanh(u)` and `u > 0`, however, `1 - t = (1 + t) exp(-2u)`, so that

.. math:: \log(1 - \tanh(u)^2) = 2 \log(1 + \tanh|u|) - 2 |u|

is accurate there. The code switches between the two forms where neither cancels. No epsilon appears
in a logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


@tf.custom_gradient
def log_sech_squared(u: tf.Tensor) -> Any:
    r"""Returns the logarithm of the derivative of `tanh`, to relative machine precision everywhere.

    .. math:: \log(1 - \tanh(u)^2) = -2 \log\cosh(u)

    Its gradient is `-2 tanh(u)`, from which TensorFlow derives every further derivative.

    Args:
      u: [...], float, any real number.

    Returns:
      The logarithm, [...], float, at most 0: about `-u^2` near 0, about `2 log 2 - 2|u|` far out.

    >>> log_sech_squared(tf.constant([1e-4, 10.0], tf.float64)).numpy().round(12).tolist()
    [-1e-08, -18.613705643002]
    """
    t = tf.abs(tf.tanh(u))
    near = t < 0.75
    log = tf.math.log1p(tf.where(near, -tf.square(t), t))
    value = tf.where(near, log, 2 * (log - tf.abs(u)))
    return value, lambda upstream: -2 * tf.tanh(u) * upstream


@tf.custom_gradient
def sech(u: tf.Tensor) -> Any:
    r"""Returns the hyperbolic secant, to relative machine precision and without overflow.

    .. math:: \mathrm{sech}(u) = 2 e^{-|u|} / (1 + e^{-2|u|})

    Args:
      u: [...], float, any real number.

    Returns:
      The secant, [...], float, in [0, 1]; 0 where it underflows.

    >>> round(float(sech(tf.constant(2.0))), 4)
    0.2658
    """
    decay = tf.exp(-tf.abs(u))
    return 2 * decay / (1 + tf.square(decay)), lambda upstream: -tf.tanh(u) * sech(u) * upstream


def inverse_tanh(below: tf.Tensor, above: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    r"""Returns the inverse hyperbolic tangent, from distances that are known without cancellation.

    For `t` in [-1, 1], which rounding or clipping may have moved to a bound or beyond it,

    .. math:: \mathrm{arctanh}(t) = \tfrac12 \mathrm{sign}(t) \log(1 + 2|t| / (1 - |t|))

    keeps relative accuracy at 0 and absolute accuracy at the bounds. `1 - |t|` is taken to be at
    least that of the last representable number inside, `eps / 2` (2^-24 in float32, 2^-53 in
    float64). The result therefore lies within +-8.66 (float32) or +-18.7 (float64): it is finite,
    and constant beyond.

    Args:
      below: [...], float, `1 + t`.
      above: [...], float, `1 - t`.
      offset: [...], float, `t`.

    Returns:
      The inverse, [...], float. Its gradient is `1 / (1 - t^2)` inside the bounds and 0 at and
      beyond them.
    """
    smallest = np.finfo(offset.dtype.as_numpy_dtype).eps / 2
    # Not tf.sign and tf.abs, whose gradients vanish at 0 where this one does not.
    sign = tf.where(offset < 0, -tf.ones_like(offset), tf.ones_like(offset))
    gap = tf.minimum(below, above)
    inside = gap >= smallest
    size = tf.where(inside, sign * offset, tf.cast(1 - smallest, offset.dtype))
    gap = tf.where(inside, gap, tf.cast(smallest, offset.dtype))
    return 0.5 * sign * tf.math.log1p(2 * size / gap)
