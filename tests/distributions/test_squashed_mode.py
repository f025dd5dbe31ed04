"""The mode against a search over the density."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import SquashedGaussian
from maxent_tf.distributions.squashed_mode import squashed_mode

RNG = np.random.default_rng(0)


def log_density(u: np.ndarray, loc: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return -0.5 * ((u - loc) / scale) ** 2 + 2 * np.logaddexp(u, -u)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("jit", [False, True])
def test_no_other_point_is_denser(dtype: type, tolerance: float, jit: bool) -> None:
    # Oracle: a search of 20,001 points over every place where the maximum can be.
    loc = np.concatenate([RNG.uniform(-20, 20, 100), RNG.normal(size=200), [0, 0, 0, 1e-6]])
    scale = np.concatenate([np.exp(RNG.uniform(-20, 2, 100)), np.exp(RNG.normal(size=200) * 0.5)])
    scale = np.concatenate([scale, [0.3, 0.5**0.5, 2.0, 2.0]])
    loc, scale = loc.astype(dtype), scale.astype(dtype)
    mode = tf.function(lambda m, s: squashed_mode(m, s), jit_compile=jit)(loc, scale).numpy()
    loc, scale = loc.astype(np.float64), scale.astype(np.float64)
    reach = 2 * scale**2 + 1e-9
    grid = loc + reach * np.linspace(-1, 1, 20_001)[:, None]
    best = log_density(grid, loc, scale).max(0)
    # A density this flat at its top moves by rounding, of u and then of its logarithm.
    found = log_density(mode.astype(np.float64), loc, scale)
    rounding = (np.finfo(dtype).eps * np.maximum(np.abs(mode), 1e-12) / scale) ** 2
    assert np.all(found >= best - tolerance * (1 + np.abs(best)) - rounding)


def test_three_roots_and_their_tie() -> None:
    # Oracle: at loc 0.1, scale 1.2 the stationary points are three; the largest is the maximum
    # although loc itself is near the smaller ones. At loc 0 the two maxima tie: the upper one.
    u = squashed_mode(tf.constant([0.1, -0.1, 0.0], tf.float64), tf.constant(1.2, tf.float64))
    residual = u - [0.1, -0.1, 0.0] - 2 * 1.44 * np.tanh(u)
    np.testing.assert_allclose(residual, 0, atol=1e-13)
    assert u[0] > 2
    assert u[1] < -2
    assert u[2] > 2


def test_the_mode_is_neither_the_median_nor_the_mean() -> None:
    # Oracle: mu = 0.3, sigma = 1.2 has its median at 0.291, its mean at 0.161, its mode near 0.996.
    d = SquashedGaussian([0.3], [1.2])
    found = [d.median().numpy()[0], d.mean().numpy()[0], d.mode().numpy()[0]]
    np.testing.assert_allclose(found, [0.2913, 0.1606, 0.9965], atol=1e-4)


def test_a_mode_beyond_the_representable_interior_is_the_bound() -> None:
    # Oracle: the pre-tanh mode is near 18, where float32 has tanh = 1.
    d = SquashedGaussian([0.1, -0.1], [3.0, 3.0], low=-2.0, high=[1.0, 3.0])
    np.testing.assert_array_equal(d.mode(), [1.0, -2.0])


def test_first_and_second_derivatives() -> None:
    # Oracle: implicit differentiation, u' = 1 / f with f = 1 - 2 s^2 sech(u)^2, and
    # u'' = -4 s^2 sech(u)^2 tanh(u) / f^3.
    loc = tf.constant([0.3, -1.0, 2.0, 0.1], tf.float64)
    scale = tf.constant([1.2, 0.4, 0.9, 3.0], tf.float64)
    with tf.GradientTape() as outer:
        outer.watch(loc)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch([loc, scale])
            u = squashed_mode(loc, scale)
        d_loc, d_scale = inner.gradient(u, [loc, scale])
    tanh, s = np.tanh(u), scale.numpy()
    sech_squared = np.cosh(u) ** -2
    f = 1 - 2 * s**2 * sech_squared
    np.testing.assert_allclose(d_loc, 1 / f, rtol=1e-12)
    np.testing.assert_allclose(d_scale, 4 * s * tanh / f, rtol=1e-12)
    second = -4 * s**2 * sech_squared * tanh / f**3
    np.testing.assert_allclose(outer.gradient(d_loc, loc), second, rtol=1e-9, atol=1e-12)
