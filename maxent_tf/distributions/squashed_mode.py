r"""The mode of a tanh-squashed Gaussian.

In each dimension the log-density of the action, as a function of the pre-tanh `u`, is

.. math:: -\frac{(u - \mu)^2}{2 \sigma^2} + 2 \log\cosh u + \text{const}

and is stationary where `u = mu + 2 sigma^2 tanh(u)`. This equation has three roots (a maximum on
either side of a minimum) if `2 sigma^2 > 1` and `mu` is small, and one root otherwise. Since the
value at `u` exceeds that at `-u` by `2 mu u / sigma^2`, the global maximum has the sign of `mu`.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from maxent_tf.distributions.tanh import sech

_MAX_STEPS = 60


def squashed_mode(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Returns the pre-tanh value `u` at which the density of `tanh(u)` is largest, elementwise.

    Args:
      loc: [...], float, the mean of the pre-tanh Gaussian. If it is 0 and there are two equal
        maxima, the positive one is returned.
      scale: [...], float, its standard deviation, positive.

    Returns:
      The pre-tanh value, [...], float, differentiable to second order. At the one point `loc = 0,
      scale^2 = 1/2`, where the three roots meet, the derivative is infinite, and 0 is returned for
      the derivative.

    >>> u = squashed_mode(tf.constant(0.3), tf.constant(1.2))
    >>> round(float(tf.tanh(u)), 3)
    0.996
    """
    loc, scale = loc + tf.zeros_like(scale), scale + tf.zeros_like(loc)
    sign = tf.where(loc < 0, -tf.ones_like(loc), tf.ones_like(loc))
    gain = 2 * tf.square(scale)

    def newton(u: tf.Tensor, loc: tf.Tensor, gain: tf.Tensor) -> tf.Tensor:
        slope = 1 - gain * tf.square(sech(u))
        safe = tf.where(slope > 0, slope, tf.ones_like(slope))
        step = (u - loc - gain * tf.tanh(u)) / safe
        return tf.where(slope > 0, u - step, u)

    # For loc >= 0, `u - loc - gain * tanh(u)` is convex in u > 0 and positive right of its largest
    # root, so Newton's method started there descends to it monotonely.
    size, fixed_gain = tf.stop_gradient(sign * loc), tf.stop_gradient(gain)
    tolerance = 4 * np.finfo(loc.dtype.as_numpy_dtype).eps

    def going_on(_: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(step > tolerance)

    def descend(u: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        lower = tf.clip_by_value(newton(u, size, fixed_gain), tf.zeros_like(u), u)
        return lower, (u - lower) / (lower + tf.ones_like(u))

    start = size + fixed_gain
    root, _ = tf.while_loop(
        going_on, descend, (start, tf.ones_like(start)), maximum_iterations=_MAX_STEPS
    )
    # The root is found for constants. Two more steps, of functions of loc and scale, move it by
    # rounding only but carry its first two derivatives, as the implicit function theorem has them.
    root = tf.stop_gradient(root)
    return sign * newton(newton(root, sign * loc, gain), sign * loc, gain)
