"""The benchmark times things that are equal."""

import numpy as np
import pytest
import tensorflow as tf

from experiments.benchmarks import distributions
from experiments.benchmarks.distributions import exact, gradients, one_sample, series, trapezoid


@pytest.mark.parametrize("contender", [trapezoid, series])
def test_exact_contenders_agree(contender: distributions.Entropy) -> None:
    # Oracle: each other: three algorithms that share nothing.
    rng = np.random.default_rng(0)
    loc, log_scale = rng.uniform(-10, 10, (500, 2)), rng.uniform(-3, 1, (500, 2))
    args = tf.constant(loc, tf.float32), tf.constant(log_scale, tf.float32), tf.constant([0, 0])
    for ours, theirs in zip(gradients(exact, *args), gradients(contender, *args), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-5)


def test_the_series_is_exact_in_float64() -> None:
    # Oracle: the accelerated series, of 22 terms, over the whole range.
    rng = np.random.default_rng(1)
    loc, scale = rng.uniform(-20, 20, (1000, 1)), np.exp(rng.uniform(-20, 2, (1000, 1)))
    args = tf.constant(loc), tf.constant(scale), tf.constant([0, 0])
    np.testing.assert_allclose(exact(*args), series(*args, num_terms=22), rtol=1e-12, atol=1e-12)


def test_one_sample_is_unbiased() -> None:
    # Oracle: the exact entropy and gradients, within 4.5 standard errors of 20,000 draws.
    loc, log_scale = (tf.fill([20_000, 1], x) for x in (0.7, -0.3))
    sampled = gradients(one_sample, loc, log_scale, tf.constant([3, 4]))
    for draws, mean in zip(
        sampled, gradients(exact, loc[:1], log_scale[:1], tf.constant([0, 0])), strict=True
    ):
        error = np.std(draws) / np.sqrt(20_000)
        assert abs(np.mean(draws) - float(tf.squeeze(mean))) < 4.5 * error + 1e-6
