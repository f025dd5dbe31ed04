r"""Standard deviation of a tanh-squashed Gaussian, to relative accuracy also when it is tiny.

`1 - E sech^2 - (E tanh)^2` has no digits left where the policy is narrow or saturated. Instead, two
trapezoid rules cover every `scale`; such a rule converges exponentially for an integrand that is
analytic in a strip around the real line, with the width of the strip over the step. `tanh` has its
poles at `+-i pi/2`, and the Gaussian bounds the step from its own side.

- *narrow*, `scale` below `SPLIT`: nodes `loc + scale * e_j` that move with the Gaussian. The poles
  are far away in units of `scale`, and few nodes suffice. Deviations from the median are averaged,
  in a form that does not cancel.
- *wide*: fixed nodes `u_j` at the origin, where `tanh` bends, and the variance of `1 - tanh(u)` for
  `loc >= 0` (the rest by symmetry), a number that is small when saturated. Far from the origin it
  is a step, whose version smoothed by a Gaussian has a closed-form expectation. The leftover decays
  like `exp(-2|u|)`; its values at the nodes are constants, only the density is evaluated there.

Every element computes both, with `scale` clamped to the side of each, and keeps one. All operations
are smooth, so derivatives of any order follow by automatic differentiation.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import tensorflow as tf

from maxent_tf.distributions.squashed_moments import leading
from maxent_tf.distributions.tanh import sech

# The scale, in units of the pre-tanh action, where the wide rule takes over from the narrow one.
SPLIT = 0.65

# Step and radius of the rules. The squares in a variance move the weight of a saturated Gaussian by
# up to 4 * scale towards the origin, and the radii allow for that.
_NARROW = {tf.float64: (0.35, 11.6), tf.float32: (0.6, 8.3)}
_WIDE = {tf.float64: (0.25, 40.0), tf.float32: (0.4, 22.0)}
# The width of the Gaussian that smooths the step. Its tail, seen from a saturated Gaussian, exceeds
# the variance by a factor of exp(8 * width^2), which the leftover has to cancel.
_WIDTH = 0.5

_erfc = np.vectorize(math.erfc)


def stddev_tanh(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    r"""Standard deviation of `tanh(u)` for `u ~ N(loc, scale^2)`, elementwise.

    With `q = 1 - tanh(loc)` and `x = scale e`, no digits cancel in the narrow rule's

    .. math::
        \tanh(\mathrm{loc} + x) - \tanh(\mathrm{loc})
        = \mathrm{sech}(\mathrm{loc})^2 \frac{r}{1 - q r}, \quad r = (1 - e^{-2x}) / 2

    Args:
      loc: [...], float, mean of the pre-tanh Gaussian.
      scale: [...], float, its standard deviation, positive; broadcasts with `loc`.

    Returns:
      [...], float, in (0, 1). A variance that underflows counts as the smallest normal number.

    >>> round(float(stddev_tanh(tf.constant(0.3), tf.constant(1.2))), 4)
    0.6681
    """
    loc, scale = loc + tf.zeros_like(scale), scale + tf.zeros_like(loc)
    size = tf.where(loc < 0, -loc, loc)
    near = _narrow(size, tf.minimum(scale, SPLIT))
    far = _wide(size, tf.maximum(scale, SPLIT))
    return tf.where(scale < SPLIT, near, far)


def _narrow(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    nodes = _midpoints(*_NARROW[loc.dtype])
    weights = np.exp(-0.5 * nodes**2)
    weights = leading(weights / weights.sum(), loc)
    r = -0.5 * tf.math.expm1(-2 * scale * leading(nodes, loc))
    ratio = r / (1 - 2 * tf.sigmoid(-2 * loc) * r) / scale
    deviation = ratio - tf.reduce_sum(ratio * weights, 0)
    unit_variance = tf.reduce_sum(tf.square(deviation) * weights, 0)
    return scale * tf.square(sech(loc)) * tf.sqrt(unit_variance)


def _wide(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    nodes, first, second = (leading(x, loc) for x in _leftovers(*_WIDE[loc.dtype]))
    density = tf.exp(-0.5 * tf.square((nodes - loc) / scale)) * (math.sqrt(0.5 / math.pi) / scale)
    step = tf.math.erfc(math.sqrt(0.5) * loc * tf.math.rsqrt(tf.square(scale) + _WIDTH**2))
    tail = step + tf.reduce_sum(density * first, 0)
    tail_squared = 2 * step + tf.reduce_sum(density * second, 0)
    variance = tail_squared - tf.square(tail)
    return tf.sqrt(tf.maximum(variance, np.finfo(loc.dtype.as_numpy_dtype).tiny))


@functools.cache
def _leftovers(step: float, radius: float) -> tuple[np.ndarray, ...]:
    """Returns nodes, and what `1 - tanh(u)` and its square exceed their smooth steps by."""
    u = _midpoints(step, radius)
    size = np.abs(u)
    # As differences of two tails, since the functions themselves would cancel.
    erfc, tail = _erfc(math.sqrt(0.5) * size / _WIDTH), 2 / (1 + np.exp(2 * size))
    first = np.sign(u) * (tail - erfc)
    second = tail**2 - np.where(u > 0, 2 * erfc, 4 * tail - 2 * erfc)
    return u, step * first, step * second


def _midpoints(step: float, radius: float) -> np.ndarray:
    count = math.ceil(radius / step)
    return (np.arange(-count, count) + 0.5) * step
