r"""Expectations under a tanh-squashed Gaussian, by quadrature to rounding error.

For `u ~ N(loc, scale^2)`, elementwise over any shape: `E log(1 - tanh(u)^2)`, the mean and the
standard deviation of `tanh(u)`.

Why a trapezoid rule. For an integrand that is analytic in a strip around the real line and decays,
equally spaced nodes converge exponentially, with the width of the strip over the step. `tanh` has
its poles at `+-i pi/2`, and the Gaussian bounds the step from its own side, so two rules cover
every `scale`:

- *narrow*, `scale` below `SPLIT`: nodes `loc + scale * e_j` that move with the Gaussian. The poles
  are far away in units of `scale`, and few nodes suffice.
- *wide*: fixed nodes `u_j` at the origin, where `tanh` bends. Far from it, `tanh(u)` is the sign of
  `u`, whose smooth version `erf(u / sqrt 2)` has a closed-form expectation under a Gaussian, and so
  has its integral. What is left, for example `tanh(u) - erf(u / sqrt 2)`, decays like
  `exp(-2|u|)`; its values at the nodes are constants, and only the Gaussian density is evaluated.

Every element computes both, with `scale` clamped to the side of each, and keeps one. The rules have
46 and 148 nodes in float64, for an error near 1e-15 (1e-14 in derivatives), and 18 and 34 nodes in
float32, for 1e-7 (1e-6); rounding adds its own. All operations are smooth, so derivatives of any
order follow by automatic differentiation.

The alternative is the alternating series in the moments `E exp(-2k|u|)`, accelerated (Cohen,
Rodriguez Villegas and Zagier 2000, "Convergence acceleration of alternating series", Experimental
Mathematics 9). It needs 22 terms in float64 and 10 in float32, each with two scaled complementary
error functions, and loses the relative accuracy of the moments of a narrow Gaussian to
cancellation. `experiments/benchmarks/distributions.py` compares the two.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.distributions.tanh import log_sech_squared, sech

# The scale, in units of the pre-tanh action, where the wide rule takes over from the narrow one.
SPLIT = 0.65

# Step and radius of the rules. The squares in a variance move the weight of a saturated Gaussian by
# up to 4 * scale towards the origin, and leave more of it far out, so its rules reach further.
_NARROW = {tf.float64: (0.4, 8.9), tf.float32: (0.7, 5.7)}
_WIDE = {tf.float64: (0.25, 18.5), tf.float32: (0.5, 8.5)}
_NARROW_SQUARED = {tf.float64: (0.35, 11.6), tf.float32: (0.6, 8.3)}
_WIDE_SQUARED = {tf.float64: (0.25, 40.0), tf.float32: (0.4, 22.0)}
# The width of the Gaussian e that smooths the sign of u there. Its tail, seen from a saturated
# Gaussian, exceeds the variance by a factor of exp(8 * width^2), which the leftover has to cancel.
_WIDTH_SQUARED = 0.5

_erfc = np.vectorize(math.erfc)


class _Narrow(NamedTuple):
    """Standard normal expectations: `E f(e)` is `sum_j weights_j f(nodes_j)`."""

    nodes: tf.Tensor
    weights: tf.Tensor


class _Wide(NamedTuple):
    """What smooth closed forms leave over, times the step, at fixed nodes."""

    nodes: tf.Tensor
    log: tf.Tensor  # log(1 - tanh^2) less 2 log 2 - 2 E|u + e|
    tanh: tf.Tensor  # tanh less the mean sign of u + e, erf(u / sqrt(2) width)
    tail_squared: tf.Tensor  # (1 - tanh)^2 less 2 erfc(u / sqrt(2) width)


def _midpoints(step: float, radius: float) -> np.ndarray:
    # Halfway between multiples of the step, so that no node meets the kink of an absolute value.
    count = math.ceil(radius / step)
    return (np.arange(-count, count) + 0.5) * step


def _narrow(dtype: tf.DType, step: float, radius: float) -> _Narrow:
    """Returns the rule for `scale <= SPLIT`; its weights sum to one exactly."""
    nodes = _midpoints(step, radius)
    weights = np.exp(-0.5 * nodes**2)
    return _Narrow(tf.constant(nodes, dtype), tf.constant(weights / weights.sum(), dtype))


def _wide(dtype: tf.DType, step: float, radius: float, width: float = 1.0) -> _Wide:
    """Returns the rule for `scale >= SPLIT`."""
    return _Wide(*(tf.constant(x, dtype) for x in _leftovers(step, radius, width)))


@functools.cache
def _leftovers(step: float, radius: float, width: float) -> tuple[np.ndarray, ...]:
    u = _midpoints(step, radius)
    size = np.abs(u)
    # Everything as a difference of two tails, since the functions themselves would cancel.
    erfc, tail = _erfc(math.sqrt(0.5) * size / width), 2 / (1 + np.exp(2 * size))
    # E|u + e| - |u|
    excess = math.sqrt(2 / math.pi) * width * np.exp(-0.5 * (u / width) ** 2) - size * erfc
    log = 2 * (excess - np.log1p(np.exp(-2 * size)))
    tanh = np.sign(u) * (erfc - tail)
    tail_squared = tail**2 - np.where(u > 0, 2 * erfc, 4 * tail - 2 * erfc)
    return u, step * log, step * tanh, step * tail_squared


def _density(loc: tf.Tensor, scale: tf.Tensor, nodes: tf.Tensor) -> tf.Tensor:
    """Returns the normal density at `nodes`, [..., J]."""
    z = (nodes - loc[..., tf.newaxis]) / scale[..., tf.newaxis]
    return tf.exp(-0.5 * tf.square(z)) * (math.sqrt(0.5 / math.pi) / scale)[..., tf.newaxis]


def _split(loc: tf.Tensor, scale: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns `loc` and `scale` broadcast, and `scale` clamped to either side of `SPLIT`."""
    loc, scale = loc + tf.zeros_like(scale), scale + tf.zeros_like(loc)
    return loc, scale, tf.minimum(scale, SPLIT), tf.maximum(scale, SPLIT)


def expected_log_sech_squared(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    r"""Expected log-Jacobian of `tanh` under a Gaussian, `E log(1 - tanh(u)^2)`.

    With `D` the leftover of `|u|` smoothed by a unit Gaussian, the wide rule is

    .. math::
        2 \log 2 - 2 E|u + e| + \sum_j h D(u_j) N(u_j; \mathrm{loc}, \mathrm{scale}^2),
        \quad e \sim N(0, 1)

    where `u + e` is Gaussian and the mean of its absolute value (the folded normal) elementary.

    Args:
      loc: [...], float, mean of the pre-tanh Gaussian.
      scale: [...], float, its standard deviation, positive.

    Returns:
      [...], float, at most 0.

    >>> round(float(expected_log_sech_squared(tf.constant(0.3), tf.constant(1.2))), 4)
    -1.0485
    """
    loc, scale, small, large = _split(loc, scale)
    narrow = _narrow(loc.dtype, *_NARROW[loc.dtype])
    u = loc[..., tf.newaxis] + small[..., tf.newaxis] * narrow.nodes
    near = tf.reduce_sum(log_sech_squared(u) * narrow.weights, -1)
    wide = _wide(loc.dtype, *_WIDE[loc.dtype])
    total = tf.sqrt(tf.square(large) + 1)
    z = loc / total
    folded = math.sqrt(2 / math.pi) * total * tf.exp(-0.5 * tf.square(z))
    folded += loc * tf.math.erf(math.sqrt(0.5) * z)
    far = 2 * math.log(2) - 2 * folded
    far += tf.reduce_sum(_density(loc, large, wide.nodes) * wide.log, -1)
    return tf.where(scale < SPLIT, near, far)


def mean_tanh(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    r"""Mean of a tanh-squashed Gaussian, `E tanh(u)`; its derivative in `loc` is `E sech(u)^2`.

    Args:
      loc: [...], float, mean of the pre-tanh Gaussian.
      scale: [...], float, its standard deviation, positive.

    Returns:
      [...], float, in [-1, 1].

    >>> round(float(mean_tanh(tf.constant(0.3), tf.constant(1.2))), 4)
    0.1606
    """
    loc, scale, small, large = _split(loc, scale)
    narrow = _narrow(loc.dtype, *_NARROW[loc.dtype])
    u = loc[..., tf.newaxis] + small[..., tf.newaxis] * narrow.nodes
    near = tf.reduce_sum(tf.tanh(u) * narrow.weights, -1)
    wide = _wide(loc.dtype, *_WIDE[loc.dtype])
    far = tf.math.erf(math.sqrt(0.5) * loc / tf.sqrt(tf.square(large) + 1))
    far += tf.reduce_sum(_density(loc, large, wide.nodes) * wide.tanh, -1)
    return tf.where(scale < SPLIT, near, far)


def stddev_tanh(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    r"""Standard deviation of a tanh-squashed Gaussian, to relative accuracy also when it is tiny.

    Both rules take `loc >= 0` (the rest by symmetry) and the tail `1 - tanh(u)`, a number that is
    small when saturated. The narrow rule averages its deviations from the median; with `q` the tail
    at `loc`, `x = scale e` and `r = (1 - exp(-2x)) / 2` no digits cancel in

    .. math::
        \tanh(\mathrm{loc} + x) - \tanh(\mathrm{loc})
        = \mathrm{sech}(\mathrm{loc})^2 \, r / (1 - q r)

    Args:
      loc: [...], float, mean of the pre-tanh Gaussian.
      scale: [...], float, its standard deviation, positive.

    Returns:
      [...], float, in (0, 1). A variance that underflows counts as the smallest normal number.

    >>> round(float(stddev_tanh(tf.constant(0.3), tf.constant(1.2))), 4)
    0.6681
    """
    loc, scale, small, large = _split(loc, scale)
    narrow = _narrow(loc.dtype, *_NARROW_SQUARED[loc.dtype])
    size = tf.where(loc < 0, -loc, loc)
    r = -0.5 * tf.math.expm1(-2 * small[..., tf.newaxis] * narrow.nodes)
    tail_at_loc = 2 * tf.sigmoid(-2 * size)[..., tf.newaxis]
    ratio = r / (1 - tail_at_loc * r) / small[..., tf.newaxis]
    deviation = ratio - tf.reduce_sum(ratio * narrow.weights, -1, keepdims=True)
    unit_variance = tf.reduce_sum(tf.square(deviation) * narrow.weights, -1)
    near = small * tf.square(sech(loc)) * tf.sqrt(unit_variance)

    wide = _wide(loc.dtype, *_WIDE_SQUARED[loc.dtype], _WIDTH_SQUARED)
    total = tf.sqrt(tf.square(large) + _WIDTH_SQUARED**2)
    step = tf.math.erfc(math.sqrt(0.5) * size / total)
    density = _density(size, large, wide.nodes)
    tail = step - tf.reduce_sum(density * wide.tanh, -1)
    tail_squared = 2 * step + tf.reduce_sum(density * wide.tail_squared, -1)
    variance = tail_squared - tf.square(tail)
    far = tf.sqrt(tf.maximum(variance, np.finfo(loc.dtype.as_numpy_dtype).tiny))
    return tf.where(scale < SPLIT, near, far)
