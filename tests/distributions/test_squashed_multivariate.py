"""The squashed Gaussian with a full covariance against TFP, rotations and samples."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedMultivariateGaussian,
    entropy_estimate,
)

tfb, tfd = tfp.bijectors, tfp.distributions
RNG = np.random.default_rng(0)
LOC = RNG.normal(size=(4, 3))
SCALE_TRIL = np.tril(RNG.normal(size=(4, 3, 3)))
SCALE_TRIL[..., range(3), range(3)] = np.exp(RNG.normal(size=(4, 3)) * 0.5)
BOUNDS = [(-1.0, 1.0), (-2.0, [1.0, 3.0, 4.0])]


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_densities_match_tfp(low: object, high: object) -> None:
    # Oracle: tfd.TransformedDistribution of the full-covariance Gaussian.
    ours = SquashedMultivariateGaussian(LOC, SCALE_TRIL, low, high)
    low, high = np.broadcast_to(low, 3).astype(float), np.broadcast_to(high, 3).astype(float)
    squash = tfb.Chain([tfb.Shift((low + high) / 2), tfb.Scale((high - low) / 2), tfb.Tanh()])
    theirs = tfd.TransformedDistribution(tfd.MultivariateNormalTriL(LOC, SCALE_TRIL), squash)
    action, log_prob, u = ours.sample_with_gaussian([6], seed=1)
    expected = theirs.distribution.log_prob(u) - squash.forward_log_det_jacobian(u, event_ndims=1)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-11)
    np.testing.assert_allclose(ours.log_prob_from_gaussian(u), expected, rtol=1e-11)
    inside = tf.identity(ours.bounds.squash(tf.constant(RNG.uniform(-3, 3, size=(7, 4, 3)))))
    np.testing.assert_allclose(ours.log_prob(inside), theirs.log_prob(inside), rtol=1e-9)
    joint = ours.experimental_sample_and_log_prob([6], seed=1)
    np.testing.assert_array_equal(joint[0], action)
    np.testing.assert_array_equal(joint[1], log_prob)


def test_a_diagonal_covariance_is_the_squashed_gaussian() -> None:
    # Oracle: SquashedGaussian.
    scale = np.exp(RNG.normal(size=(4, 3)))
    full = SquashedMultivariateGaussian(LOC, scale[..., None] * np.eye(3), -2.0, 1.0)
    diagonal = SquashedGaussian(LOC, scale, -2.0, 1.0)
    for statistic in ("entropy", "mean", "stddev", "variance", "median"):
        ours, theirs = getattr(full, statistic)(), getattr(diagonal, statistic)()
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    other = SquashedMultivariateGaussian(0.5 * LOC, np.eye(3), -2.0, 1.0)
    twin = SquashedGaussian(0.5 * LOC, np.ones(3), -2.0, 1.0)
    np.testing.assert_allclose(full.kl_divergence(other), diagonal.kl_divergence(twin), rtol=1e-11)


@pytest.mark.parametrize("method", ["plain", "antithetic", "rao_blackwell"])
def test_entropy_matches_its_estimates(method: str) -> None:
    # Oracle: 20,000 samples, within 4.5 standard errors: three estimators of different terms.
    d = SquashedMultivariateGaussian(LOC, SCALE_TRIL, -2.0, [1.0, 3.0, 4.0])
    estimate = entropy_estimate(d, 20_000, seed=2, method=method)
    assert np.all(np.abs(estimate.value - d.entropy()) < 4.5 * estimate.standard_error)


def test_marginal_statistics_match_samples() -> None:
    # Oracle: sample moments and frequencies, within 5 standard errors.
    d = SquashedMultivariateGaussian(LOC, SCALE_TRIL, -2.0, 1.0)
    x = d.sample(100_000, seed=3).numpy()
    assert np.all(np.abs(x.mean(0) - d.mean()) < 5 * x.std(0) / np.sqrt(len(x)))
    np.testing.assert_allclose(x.std(0), d.stddev(), rtol=0.02)
    for p in (0.1, 0.5, 0.9):
        quantile = d.quantile(tf.constant(p, tf.float64))
        np.testing.assert_allclose((x < quantile.numpy()).mean(0), p, atol=5 * 0.5 / np.sqrt(1e5))
        np.testing.assert_allclose(d.cdf(quantile), p, rtol=1e-9)


@pytest.mark.parametrize("jit", [False, True])
def test_the_joint_density_is_exact_in_float32_when_saturated(jit: bool) -> None:
    # Oracle: float64 at the same pre-tanh value, up to the rounding of that value.
    loc, tril = np.array([9.0, -12.0]), np.array([[2.0, 0.0], [1.5, 1.0]])
    d = SquashedMultivariateGaussian(loc.astype(np.float32), tril.astype(np.float32))
    f = tf.function(lambda: d.sample_with_gaussian([200], seed=4), jit_compile=jit)
    sample = f()
    exact = SquashedMultivariateGaussian(loc, tril).log_prob_from_gaussian(
        sample.gaussian.numpy().astype(float)
    )
    np.testing.assert_allclose(sample.log_prob, exact, rtol=1e-5, atol=1e-4)


def test_gradients_are_finite_and_match_differences() -> None:
    # Oracle: central differences of the entropy in every element of L.
    tril = tf.constant(SCALE_TRIL[0])
    with tf.GradientTape() as tape:
        tape.watch(tril)
        value = SquashedMultivariateGaussian(LOC[0], tril).entropy()
    gradient = tape.gradient(value, tril).numpy()
    for i, j in zip(*np.tril_indices(3), strict=True):
        step = np.zeros((3, 3))
        step[i, j] = 1e-6
        up, down = (SquashedMultivariateGaussian(LOC[0], tril + s).entropy() for s in (step, -step))
        np.testing.assert_allclose(gradient[i, j], (up - down) / 2e-6, rtol=1e-5, atol=1e-8)


def test_crosses_tf_function_boundaries_and_slices() -> None:
    # Oracle: the eager result.
    d = SquashedMultivariateGaussian(LOC, SCALE_TRIL, -2.0, [1.0, 3.0, 4.0])
    entropy, twin = tf.function(lambda d: (d.entropy(), d))(d)
    np.testing.assert_allclose(entropy, d.entropy(), rtol=1e-13)
    assert twin.bounds == d.bounds
    np.testing.assert_allclose(d[2].entropy(), entropy[2], rtol=1e-13)
    assert d.batch_shape == [4]
    assert d.event_shape == [3]


def test_static_faults_raise() -> None:
    with pytest.raises(ValueError, match="one element for each of the 3"):
        SquashedMultivariateGaussian(LOC, SCALE_TRIL, high=[1.0, 2.0])
    p = SquashedMultivariateGaussian(LOC, SCALE_TRIL)
    with pytest.raises(ValueError, match="needs equal bounds"):
        p.kl_divergence(SquashedMultivariateGaussian(LOC, SCALE_TRIL, high=2.0))
