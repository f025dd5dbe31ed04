"""The functions around tanh against 50-digit arithmetic."""

import mpmath
import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import log_sech_squared
from maxent_tf.distributions.tanh import inverse_tanh, sech

U = np.concatenate([-np.logspace(-12, 1.9, 60), [0.0], np.logspace(-12, 1.9, 60)])
EPS = {np.float32: 1.2e-7, np.float64: 2.3e-16}


def exact(function: object, u: np.ndarray) -> np.ndarray:
    with mpmath.workdps(50):
        return np.array([float(function(mpmath.mpf(float(x)))) for x in u])  # type: ignore[operator]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("jit", [False, True])
def test_log_sech_squared_is_relatively_exact(dtype: type, jit: bool) -> None:
    # Oracle: mpmath. The epsilon form is off by 5 at u = 10, `log1p(-tanh^2)` infinite, and TFP's
    # softplus form has no correct digit at u = 1e-4 in float32.
    u = U.astype(dtype)
    value = tf.function(log_sech_squared, jit_compile=jit)(tf.constant(u)).numpy()
    expected = exact(lambda x: -2 * mpmath.log(mpmath.cosh(x)), u)
    normal = np.abs(expected) > 1e-30  # u^2 underflows in float32 below
    np.testing.assert_allclose(value[normal], expected[normal], rtol=8 * EPS[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sech_is_relatively_exact(dtype: type) -> None:
    # Oracle: mpmath.
    u = U.astype(dtype)
    expected = exact(mpmath.sech, u)
    np.testing.assert_allclose(sech(tf.constant(u)).numpy(), expected, rtol=8 * EPS[dtype])


def test_derivatives_of_both_orders_match_their_closed_forms() -> None:
    # Oracle: d/du -2 log cosh u = -2 tanh u and its derivative -2 sech^2 u; sech' = -sech tanh and
    # sech'' = sech (1 - 2 sech^2): also at 0, where autodiff through |u| would be wrong.
    u = tf.constant(U)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(u)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(u)
            log, value = log_sech_squared(u), sech(u)
        d_log, d_value = inner.gradient(log, u), inner.gradient(value, u)
    s = exact(mpmath.sech, U)
    np.testing.assert_allclose(d_log, -2 * np.tanh(U), rtol=1e-14)
    np.testing.assert_allclose(outer.gradient(d_log, u), -2 * s**2, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(d_value, -s * np.tanh(U), rtol=1e-14)
    np.testing.assert_allclose(outer.gradient(d_value, u), s * (1 - 2 * s**2), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_is_exact_inside_and_that_of_the_last_number_inside_beyond(dtype: type) -> None:
    # Oracle: mpmath.atanh.
    def inverse(t: np.ndarray) -> np.ndarray:
        t = tf.constant(t)
        return inverse_tanh(1 + t, 1 - t, t).numpy()

    last = np.nextafter(dtype(1), dtype(0))
    t = np.array([-last, -0.5, -1e-9, 0.0, 1e-9, 0.1, 0.99, last], dtype)
    expected = exact(mpmath.atanh, t)
    np.testing.assert_allclose(inverse(t), expected, rtol=8 * EPS[dtype])
    beyond = inverse(np.array([-1.5, -1.0, 1.0, 1.5], dtype))
    np.testing.assert_allclose(beyond, expected[[0, 0, -1, -1]], rtol=8 * EPS[dtype])
