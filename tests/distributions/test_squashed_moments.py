"""Entropy, mean and variance of a squashed Gaussian against quadrature in 30 digits."""

import functools
from collections.abc import Callable

import hypothesis
import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import SquashedGaussian
from maxent_tf.distributions.squashed_moments import (
    expected_log_sech_squared,
    kolmogorov_density,
    mean_sech_squared,
    mean_tanh,
)
from maxent_tf.distributions.squashed_spread import SPLIT, stddev_tanh
from tests.distributions.quadrature import Statistic, Statistics, statistics

LOC = [-20.0, -1.0, -1e-6, 0.3, 2.5, 11.0]
LOG_SCALE = [-20.0, -11.0, -4.0, -1.5, np.log(SPLIT) - 1e-3, np.log(SPLIT) + 1e-3, 0.2, 1.0, 2.0]
# Relative to what each is measured against below.
VALUE = {np.float64: 1e-12, np.float32: 1e-5}
GRADIENT = {np.float64: 1e-9, np.float32: 1e-4}


@functools.cache
def grid() -> tuple[np.ndarray, np.ndarray, Statistics]:
    # Rounded to float32 once, so that both dtypes take the same numbers.
    loc, log_scale = np.meshgrid(LOC, LOG_SCALE)
    loc, scale = loc.astype(np.float32), np.exp(log_scale).astype(np.float32)
    return loc, scale, statistics(loc, scale)


def with_gradients(f: Callable, loc: np.ndarray, scale: np.ndarray) -> list[np.ndarray]:
    m, s = tf.constant(loc), tf.constant(scale)
    with tf.GradientTape() as tape:
        tape.watch([m, s])
        value = f(m, s)
    return [x.numpy().astype(np.float64) for x in (value, *tape.gradient(value, [m, s]))]


def stddev_from(variance: Statistic) -> Statistic:
    stddev = np.sqrt(variance.value)
    return Statistic(stddev, variance.d_loc / (2 * stddev), variance.d_scale / (2 * stddev))


def check(
    dtype: type,
    loc: np.ndarray,
    scale: np.ndarray,
    exact: Statistics,
    compiled: Callable = lambda f: f,
) -> None:
    """Checks values and gradients of all three, each relative to its own size.

    The expectation, of which the entropy is made by adding numbers of order 1, and the mean, which
    can vanish, have a floor to that size: 1, and the spread. The standard deviation has none, and
    is as accurate at 1e-25 as at 0.5.
    """
    loc, scale = loc.astype(dtype), scale.astype(dtype)
    stddev = stddev_from(exact.variance)
    for function, statistic, floor in [
        (expected_log_sech_squared, exact.log_jacobian, 1.0),
        (mean_tanh, exact.mean, stddev.value),
        (stddev_tanh, stddev, 0.0),
    ]:
        value, d_loc, d_scale = with_gradients(compiled(function), loc, scale)
        size = np.maximum(np.abs(statistic.value), floor)
        error = np.abs(value - statistic.value)
        assert np.all(error <= VALUE[dtype] * size), (function, error / size)
        for ours, theirs in [
            (d_loc, statistic.d_loc),
            (d_scale * scale, statistic.d_scale * scale),
        ]:
            error = np.abs(ours - theirs)
            slope_size = np.maximum(np.abs(theirs), size)
            assert np.all(error <= GRADIENT[dtype] * slope_size), (function, error / slope_size)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_values_and_gradients_match_quadrature(dtype: type, mode: str) -> None:
    # Oracle: mpmath. float64 to 1e-12 and 1e-9, float32 to 1e-5 and 1e-4.
    loc, scale, exact = grid()

    def compiled(f: Callable) -> Callable:
        return f if mode == "eager" else tf.function(f, jit_compile=mode == "xla")

    check(dtype, loc, scale, exact, compiled)


@hypothesis.settings(max_examples=25, deadline=None, derandomize=True)
@hypothesis.given(
    loc=st.floats(-20, 20, width=32),
    log_scale=st.floats(-20, 2, width=32),
    dtype=st.sampled_from([np.float64, np.float32]),
)
def test_anywhere_in_the_range(loc: float, log_scale: float, dtype: type) -> None:
    # Oracle: mpmath.
    m, s = np.array([loc], np.float32), np.exp(np.array([log_scale], np.float32))
    check(dtype, m, s, statistics(m, s))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_at_a_thousand_random_points(dtype: type) -> None:
    # Oracle: mpmath.
    rng = np.random.default_rng(3)
    loc = rng.uniform(-20, 20, 1000).astype(np.float32)
    scale = np.exp(rng.uniform(-20, 2, 1000)).astype(np.float32)
    check(dtype, loc, scale, statistics(loc, scale))


@pytest.mark.parametrize("scale", [1e2, 1e4, 1e6])
def test_far_beyond_the_range_the_limits_hold(scale: float) -> None:
    # Oracle: for scale -> infinity, tanh(u) is the sign of u but for a strip around 0 of which the
    # first-order effect is known: E log sech^2 = 2 log 2 - 2 E|u| - c N(0), c = pi^2 / 6, with
    # integral of log(1 + exp(-2|u|)) over the line = pi^2 / 12; E sech^2 = 2 N(0).
    m, s = tf.constant(0.7, tf.float64), tf.constant(scale, tf.float64)
    density = 1 / (scale * np.sqrt(2 * np.pi))
    folded = scale * np.sqrt(2 / np.pi) * (1 + 0.5 * (0.7 / scale) ** 2)
    expected = 2 * np.log(2) - 2 * folded - np.pi**2 / 6 * density
    np.testing.assert_allclose(
        expected_log_sech_squared(m, s), expected, rtol=max(scale**-3, 1e-14)
    )
    np.testing.assert_allclose(stddev_tanh(m, s) ** 2, 1 - 2 * density, atol=scale**-2)


def test_kolmogorov_density() -> None:
    # Oracle: the alternating series alone, in 60 digits, of which it needs many near 0. (SciPy's
    # kstwobign is good to 2e-8 only.)
    k = np.linspace(0.16, 5, 60)
    with mpmath.workdps(60):
        n = range(1, 80)
        terms = [
            [(-1) ** (i + 1) * i**2 * mpmath.exp(-2 * (i * mpmath.mpf(x)) ** 2) for i in n]
            for x in k
        ]
        expected = [float(8 * x * mpmath.fsum(row)) for x, row in zip(k, terms, strict=True)]
    np.testing.assert_allclose(kolmogorov_density(k), expected, rtol=1e-13)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 2e-15), (np.float32, 3e-7)])
def test_a_vanishing_scale_gives_the_functions_themselves(dtype: type, bound: float) -> None:
    # Oracle: log sech^2, tanh and sech^2, which bound the error at every other scale.
    u = tf.constant(np.linspace(-30, 30, 4001), dtype)
    scale = tf.constant(1e-12, dtype)
    exact = u.numpy().astype(np.float64)
    size = np.abs(exact)
    log = 2 * (np.log(2) - size - np.log1p(np.exp(-2 * size)))
    np.testing.assert_allclose(expected_log_sech_squared(u, scale), log, atol=bound, rtol=bound)
    np.testing.assert_allclose(mean_tanh(u, scale), np.tanh(exact), atol=bound)
    np.testing.assert_allclose(mean_sech_squared(u, scale), np.cosh(exact) ** -2, atol=10 * bound)


def test_an_unknown_rank() -> None:
    # Oracle: the same with the rank known.
    unknown = tf.TensorSpec(None, tf.float64)
    f = tf.function(expected_log_sech_squared, input_signature=[unknown, unknown])
    loc, scale = tf.constant([[0.3], [2.0]], tf.float64), tf.constant([0.5, 1.5], tf.float64)
    np.testing.assert_allclose(f(loc, scale), expected_log_sech_squared(loc, scale), rtol=1e-14)


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_second_derivatives(mode: str) -> None:
    # Oracle: d2/dloc2 E log sech^2 = -2 E sech^2 = -2 d/dloc E tanh, at loc 0 too, and
    # d2/(dloc dscale) = -2 d/dscale E tanh.
    def second(loc: tf.Tensor, scale: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch([loc, scale])
            with tf.GradientTape() as inner:
                inner.watch(loc)
                value = expected_log_sech_squared(loc, scale)
            slope = inner.gradient(value, loc)
        return outer.gradient(slope, [loc, scale])

    loc = tf.constant([0.0, 0.0, 1.3, -2.0, 0.4, 7.0], tf.float64)
    scale = tf.constant([0.3, 1.5, 0.2, 0.9, 3.0, 0.5], tf.float64)
    f = second if mode == "eager" else tf.function(second, jit_compile=mode == "xla")
    exact = statistics(loc.numpy(), scale.numpy()).mean
    for ours, theirs in zip(f(loc, scale), (exact.d_loc, exact.d_scale), strict=True):
        np.testing.assert_allclose(ours, -2 * theirs, rtol=1e-10, atol=1e-14)


def test_symmetry() -> None:
    # Oracle: u -> -u leaves entropy and spread, and negates the mean.
    rng = np.random.default_rng(0)
    m, s = tf.constant(rng.normal(size=50) * 5), tf.constant(np.exp(rng.normal(size=50)))
    np.testing.assert_allclose(
        expected_log_sech_squared(-m, s), expected_log_sech_squared(m, s), rtol=1e-13
    )
    np.testing.assert_allclose(mean_tanh(-m, s), -mean_tanh(m, s), rtol=1e-12)
    np.testing.assert_array_equal(stddev_tanh(-m, s), stddev_tanh(m, s))


@hypothesis.settings(max_examples=25, deadline=None, derandomize=True)
@hypothesis.given(
    bounds=st.tuples(st.floats(-100, 100), st.floats(0.01, 100)),
    shape=st.sampled_from([(1,), (3,), (2, 2), (2, 1, 3)]),
    dtype=st.sampled_from([np.float64, np.float32]),
    seed=st.integers(0, 2**20),
)
def test_any_bounds_shape_and_dtype(
    bounds: tuple[float, float], shape: tuple[int, ...], dtype: type, seed: int
) -> None:
    # Oracle: the statistics on (-1, 1), moved by hand: H + D log(width / 2), and affine moments.
    low, high = bounds[0], bounds[0] + bounds[1]
    half, middle = (high - low) / 2, (high + low) / 2
    rng = np.random.default_rng(seed)
    loc = rng.uniform(-20, 20, shape).astype(dtype)
    scale = np.exp(rng.uniform(-20, 2, shape)).astype(dtype)
    unit, boxed = SquashedGaussian(loc, scale), SquashedGaussian(loc, scale, low, high)
    assert boxed.entropy().shape == shape[:-1]
    assert boxed.mean().shape == shape
    assert boxed.dtype == dtype
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    entropy = unit.entropy().numpy() + shape[-1] * np.log(half)
    np.testing.assert_allclose(boxed.entropy(), entropy, rtol=tolerance, atol=30 * tolerance)
    mean = middle + half * unit.mean().numpy().astype(float)
    np.testing.assert_allclose(boxed.mean(), mean, atol=tolerance * (abs(middle) + half))
    variance = half**2 * unit.stddev().numpy().astype(float) ** 2
    np.testing.assert_allclose(boxed.variance(), variance, rtol=10 * tolerance, atol=1e-37)
    assert np.all(boxed.entropy() <= shape[-1] * np.log(2 * half) + 30 * tolerance)
