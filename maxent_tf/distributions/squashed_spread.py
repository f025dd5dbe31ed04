r"""The standard deviation of a tanh-squashed Gaussian, with relative accuracy even if it is tiny.

`1 - E sech^2 - (E tanh)^2` has no digits left if the policy is narrow or saturated. Instead, two
trapezoid rules cover every `scale`. A trapezoid rule converges exponentially if the integrand is
analytic in a strip around the real line; the rate is the width of the strip over the step. `tanh`
has its poles at `+-i pi/2`. The Gaussian also limits the step.

- *narrow*, for `scale` below `SPLIT`: the nodes `loc + scale * e_j` move with the Gaussian. The
  poles are far away in units of `scale`, so that few nodes suffice. The rule averages deviations
  from the median, in a form in which no digits cancel.
- *wide*, for other scales: the nodes `u_j` are fixed around the origin, where `tanh` bends. The
  rule computes the variance of `1 - tanh(u)` for `loc >= 0` (other `loc` follow by symmetry), which
  is a small number when saturated. Far from the origin, `1 - tanh(u)` is a step. A step smoothed by
  a Gaussian has an expectation in closed form. The difference from this step decays like
  `exp(-2|u|)`. Its values at the nodes are constants; only the density is evaluated there.

Both rules are computed for every element, with `scale` clamped to the range of each rule, and one
result is kept. All operations are smooth, so that derivatives of any order follow by automatic
differentiation.
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
    r"""Returns the standard deviation of `tanh(u)` for `u ~ N(loc, scale^2)`, elementwise.

    With `q = 1 - tanh(loc)` and `x = scale e`, the narrow rule averages, without cancellation,

    .. math::
        \tanh(\mathrm{loc} + x) - \tanh(\mathrm{loc})
        = \mathrm{sech}(\mathrm{loc})^2 \frac{r}{1 - q r}, \quad r = (1 - e^{-2x}) / 2

    Args:
      loc: [...], float, the mean of the pre-tanh Gaussian.
      scale: [...], float, its standard deviation, positive; broadcasts with `loc`.

    Returns:
      The standard deviation, [...], float, in (0, 1). A variance that underflows is replaced by the
      smallest normal number.

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
    """Returns the nodes, and the differences of `1 - tanh(u)` and its square from smooth steps."""
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
