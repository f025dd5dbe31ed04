"""The mixture of squashed Gaussians against TFP's mixture, quadrature and samples."""

import numpy as np
import pytest
import scipy.integrate
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedGaussianMixture,
    Tanh,
    entropy,
    entropy_estimate,
)

tfd = tfp.distributions
RNG = np.random.default_rng(0)
LOGITS, LOC = RNG.normal(size=(4, 3)), 2 * RNG.normal(size=(4, 3, 2))
SCALE = np.exp(RNG.normal(size=(3, 2)) - 0.5)


def mixture() -> SquashedGaussianMixture:
    return SquashedGaussianMixture(LOGITS, LOC, SCALE, -2.0, [1.0, 3.0])


def one_dimensional(spread: float, scale: float = 0.6) -> SquashedGaussianMixture:
    loc = spread * np.array([[-1.0], [0.2], [1.5]])
    return SquashedGaussianMixture(np.log([0.5, 0.2, 0.3]), loc, np.full((3, 1), scale), 0.0, 3.0)


def quadrature(d: SquashedGaussianMixture) -> float:
    """Returns the entropy of a one-dimensional mixture, integrated over the pre-tanh value."""
    u = np.linspace(-15, 15, 40_001)[:, None]
    log_prob = d.log_prob_from_gaussian(u).numpy()
    log_slope = Tanh(d.low, d.high).forward_log_det_jacobian(u, event_ndims=1)
    return scipy.integrate.simpson(-np.exp(log_prob + log_slope) * log_prob, x=u[:, 0])


def test_densities_match_tfp() -> None:
    # Oracle: tfd.MixtureSameFamily, of Gaussians before the squashing and of our components after.
    ours = mixture()
    scale = np.broadcast_to(SCALE, LOC.shape)
    theirs = tfd.MixtureSameFamily(
        tfd.Categorical(logits=LOGITS), SquashedGaussian(LOC, scale, -2.0, [1.0, 3.0])
    )
    action, log_prob, u = ours.sample_with_gaussian([50], seed=1)
    np.testing.assert_allclose(ours.log_prob(action), theirs.log_prob(action), rtol=1e-12)
    gaussians = tfd.MixtureSameFamily(
        tfd.Categorical(logits=LOGITS), tfd.MultivariateNormalDiag(LOC, scale)
    )
    jacobian = Tanh(-2.0, [1.0, 3.0]).forward_log_det_jacobian(u, event_ndims=1)
    expected = gaussians.log_prob(u) - jacobian
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(ours.log_prob_from_gaussian(u), log_prob)
    for statistic in ("mean", "variance"):
        expected = getattr(theirs, statistic)()
        np.testing.assert_allclose(getattr(ours, statistic)(), expected, rtol=1e-12)


def test_samples_have_the_distribution() -> None:
    # Oracle: its mean, standard deviation and cdf, within 5 standard errors of 100,000 draws.
    d = mixture()
    x = d.sample(100_000, seed=2).numpy()
    assert np.all(np.abs(x.mean(0) - d.mean()) < 5 * x.std(0) / np.sqrt(len(x)))
    np.testing.assert_allclose(x.std(0), d.stddev(), rtol=0.02)
    for value in ([-1.5, -1.0], [0.0, 0.3], [0.9, 2.5]):
        below = (x < value).mean(0)
        np.testing.assert_allclose(
            d.cdf(tf.constant(value, tf.float64)), below, atol=5 * 0.5 / np.sqrt(1e5)
        )


@pytest.mark.parametrize("method", ["plain", "rao_blackwell"])
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0, 5.0])
def test_entropy_estimates_match_quadrature(method: str, spread: float) -> None:
    # Oracle: Simpson's rule.
    d = one_dimensional(spread)
    estimate = entropy_estimate(d, 30_000, seed=3, method=method)
    assert abs(estimate.value - quadrature(d)) < 4.5 * estimate.standard_error + 1e-6


def test_stratification_over_batches_and_vectors_is_unbiased() -> None:
    # Oracle: the plain estimate, within the errors of both.
    d = mixture()
    plain = entropy_estimate(d, 30_000, seed=4)
    better = entropy_estimate(d, 30_000, seed=5, method="rao_blackwell")
    error = np.hypot(plain.standard_error, better.standard_error)
    assert np.all(np.abs(plain.value - better.value) < 4.5 * error)


def test_stratification_is_better_where_weights_are_equal() -> None:
    # Oracle: the law of total variance; the exact log-Jacobian adds to it.
    d = SquashedGaussianMixture(np.zeros((4, 3)), LOC, SCALE)
    plain = entropy_estimate(d, 9000, seed=4)
    better = entropy_estimate(d, 9000, seed=4, method="rao_blackwell")
    assert np.all(better.standard_error < plain.standard_error)


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.7, 1.0, 2.0, 4.0])
def test_bounds_enclose_the_entropy(spread: float) -> None:
    # Oracle: quadrature.
    d = one_dimensional(spread)
    lower, upper = (float(x) for x in d.entropy_bounds())
    exact = quadrature(d)
    assert lower <= exact + 1e-6
    assert exact <= upper + 1e-6
    assert upper <= np.log(3.0)


def test_bounds_meet_where_components_coincide_or_are_far_apart() -> None:
    # Oracle: one component's entropy; the weights' entropy plus the components'.
    lower, upper = one_dimensional(0.0).entropy_bounds()
    single = entropy(SquashedGaussian(np.zeros(1), np.full(1, 0.6), 0.0, 3.0))
    np.testing.assert_allclose([lower, upper], [single] * 2, rtol=1e-12)
    apart = one_dimensional(3.0, scale=0.05)
    w = np.array([0.5, 0.2, 0.3])
    expected = -w @ np.log(w) + w @ apart.components.entropy().numpy()
    np.testing.assert_allclose(apart.entropy_bounds(), [expected] * 2, rtol=1e-12)


def test_gradients_of_the_stratified_estimate() -> None:
    # Oracle: central differences of the quadrature in the weights, means and scales. The path-wise
    # gradient of a plain estimate would leave out the choice of the component.
    base = one_dimensional(1.0)
    arguments = [base.logits, base.loc, base.scale]

    @tf.function(autograph=False)
    def gradient(seed: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            d = SquashedGaussianMixture(*arguments, 0.0, 3.0)
            value = entropy_estimate(d, 3000, seed=seed, method="rao_blackwell").value
        return [tf.reshape(g, [-1]) for g in tape.gradient(value, arguments)]

    draws = np.array([np.concatenate(gradient(tf.constant([s, 1]))) for s in range(30)])
    expected = []
    for i, argument in enumerate(arguments):
        for j in range(3):
            step = np.zeros(argument.shape)
            step.reshape(-1)[j] = 1e-4
            ends = []
            for sign in (1, -1):
                moved = [a + sign * step if k == i else a for k, a in enumerate(arguments)]
                ends.append(quadrature(SquashedGaussianMixture(*moved, 0.0, 3.0)))
            expected.append((ends[0] - ends[1]) / 2e-4)
    error = draws.std(0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(0) - expected) < 5 * error + 1e-6)


def test_samples_carry_no_gradient() -> None:
    # Oracle: a path-wise gradient without that of the choice is biased: there must be none.
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        action = SquashedGaussianMixture(logits, LOC, SCALE).sample(seed=1)
    assert tape.gradient(action, logits) is None
    assert mixture().reparameterization_type == tfd.NOT_REPARAMETERIZED


def test_a_component_without_weight_counts_for_nothing() -> None:
    # Oracle: the mixture of the others; gradients stay finite.
    with_it = SquashedGaussianMixture(
        [0.3, -np.inf, 0.0], np.array([[0.5], [9.0], [-1.0]], np.float32), np.ones((3, 1), "f")
    )
    without = SquashedGaussianMixture(
        [0.3, 0.0], np.array([[0.5], [-1.0]], np.float32), np.ones((2, 1), "f")
    )
    np.testing.assert_allclose(with_it.entropy_bounds(), without.entropy_bounds(), rtol=1e-6)
    np.testing.assert_allclose(with_it.log_prob([0.2]), without.log_prob([0.2]), rtol=1e-6)
    estimate = entropy_estimate(with_it, 9000, seed=1, method="rao_blackwell")
    lower, upper = without.entropy_bounds()
    assert lower - 0.02 < estimate.value < upper + 0.02
    loc = tf.constant(with_it.loc)
    with tf.GradientTape() as tape:
        tape.watch(loc)
        bounds = SquashedGaussianMixture(with_it.logits, loc, with_it.scale).entropy_bounds()
    assert np.all(np.isfinite(tape.gradient(bounds, loc)))


def test_the_entropy_itself_raises_and_names_the_estimator() -> None:
    with pytest.raises(NotImplementedError, match="entropy_estimate"):
        entropy(mixture())


@pytest.mark.parametrize("jit", [False, True])
def test_crosses_tf_function_boundaries(jit: bool) -> None:
    # Oracle: the eager result.
    d = mixture()
    f = tf.function(lambda d, a: (d.log_prob(a), d.entropy_bounds()), jit_compile=jit)
    action = d.sample(seed=1)
    log_prob, bounds = f(d, action)
    np.testing.assert_allclose(log_prob, d.log_prob(action), rtol=1e-11)
    np.testing.assert_allclose(bounds, d.entropy_bounds(), rtol=1e-11)
    assert d.batch_shape == [4]
    assert d[1].event_shape == [2]
