"""The normal's distribution function and quantile against SciPy."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf.distributions.standard_normal import normal_cdf, normal_quantile


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 2e-14), (np.float32, 1e-6)])
def test_quantile_in_both_tails(dtype: type, rtol: float, jit: bool) -> None:
    # Oracle: SciPy's ndtri in float64. tf.math.ndtri is infinite here under XLA.
    small = np.logspace(-37, -1, 300).astype(dtype)
    p = np.concatenate([small, np.linspace(0.1, 0.999, 300).astype(dtype), 1 - small[-100:]])
    p = p[p < 1]
    z = tf.function(lambda p: normal_quantile(p), jit_compile=jit)(tf.constant(p))
    expected = scipy.special.ndtri(p.astype(np.float64))
    np.testing.assert_allclose(z, expected, rtol=rtol, atol=rtol)


def test_gradients_of_the_quantile() -> None:
    # Oracle: dz/dp = 1 / phi(z) and d2z/dp2 = z / phi(z)^2.
    p = tf.constant([1e-12, 0.2, 0.5, 0.99], tf.float64)
    with tf.GradientTape() as outer:
        outer.watch(p)
        with tf.GradientTape() as inner:
            inner.watch(p)
            z = normal_quantile(p)
        slope = inner.gradient(z, p)
    density = np.exp(-0.5 * z.numpy() ** 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(slope, 1 / density, rtol=1e-12)
    np.testing.assert_allclose(outer.gradient(slope, p), z / density**2, rtol=1e-12, atol=1e-12)


def test_cdf_keeps_its_lower_tail() -> None:
    # Oracle: SciPy's ndtr.
    z = np.linspace(-35, 8, 200)
    np.testing.assert_allclose(normal_cdf(tf.constant(z)), scipy.special.ndtr(z), rtol=1e-12)
