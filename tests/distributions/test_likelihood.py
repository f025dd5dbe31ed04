"""The likelihood of stored actions. Oracles: SciPy's normal tails, total probability, the score."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedGaussianMixture,
    SquashedMultivariateGaussian,
    log_likelihood,
    state_dependent_gaussian,
)
from maxent_tf.distributions.categorical import Categorical

# Where a stored action between -1 and 1 begins to stand for all beyond.
EDGE = {np.float32: np.arctanh(1 - 2.0**-19), np.float64: np.arctanh(1 - 2.0**-48)}
BOXES = [(-1.0, 1.0), (0.1, 0.7), ([-3.0, -2, -1], [0, 1, 5])]


@pytest.mark.parametrize(("low", "high"), BOXES)
def test_inside_the_bounds_it_is_the_density_to_the_bit(low: object, high: object) -> None:
    generator = np.random.default_rng(0)
    d = SquashedGaussian(np.float32(generator.normal(size=[4, 3])), np.float32(0.7), low, high)
    action = d.sample(50, seed=1)
    np.testing.assert_array_equal(log_likelihood(d, action), d.log_prob(action))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("side", [-1, 1])
def test_at_a_bound_it_is_the_probability_beyond(dtype: type, side: int, jit: bool) -> None:
    # Oracle: SciPy's tail, beside the density of a second dimension that is inside.
    loc, scale = np.array([-40.0, -1, 5, 9, 30]), np.array([0.5, 2, 0.3, 1, 20])
    box: dict[str, object] = {"low": [-1.0, 0.0], "high": [3.0, 1.0]}
    with_inside = np.stack([loc, np.zeros(5)], -1), np.stack([scale, np.ones(5)], -1)
    d = SquashedGaussian(*(x.astype(dtype) for x in with_inside), **box)
    inside = SquashedGaussian(dtype([0.0]), dtype([1.0]), 0.0, 1.0)
    action = dtype([3.0 if side == 1 else -1.0, 0.6])
    # The numbers up to 3 lie twice as far apart as those up to 1, in a box twice as wide.
    tail = scipy.stats.norm.logcdf((side * loc - EDGE[dtype]) / scale)
    actual = tf.function(lambda: log_likelihood(d, action), jit_compile=jit)()
    expected = tail + np.asarray(inside.log_prob(action[1:]))
    np.testing.assert_allclose(actual, expected, rtol=2e-5 if dtype == np.float32 else 1e-9)


def test_all_probability_is_one() -> None:
    # Oracle: quadrature over the pre-tanh value, of which the action is a function.
    d = SquashedGaussian(np.array([15.0]), np.array([6.0]))
    edge = EDGE[np.float64]

    def density(u: float) -> float:
        action = d.bounds.squash(tf.constant([u], tf.float64))
        return float(np.exp(log_likelihood(d, action))) / np.cosh(u) ** 2

    inside = scipy.integrate.quad(density, -edge, edge, limit=500, epsabs=1e-4)[0]
    bounds = np.exp(log_likelihood(d, np.array([[-1.0], [1.0]]))).sum()
    assert 0.3 < bounds < 0.4
    assert inside + bounds == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.1, 0.7), (99.0, 100.0)])
@pytest.mark.parametrize("jit", [False, True])
def test_its_score_has_mean_zero_where_that_of_the_density_has_not(
    low: float, high: float, jit: bool
) -> None:
    # Oracle: the score of a likelihood, over draws of its own distribution.
    @tf.function(jit_compile=jit)
    def scores(which: float) -> tuple[tf.Tensor, tf.Tensor]:
        loc, scale = tf.fill([200_000, 1], which), tf.constant([2.0])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(loc)
            d = SquashedGaussian(loc, scale, low, high)
            action = tf.stop_gradient(d.sample(seed=0))
            likelihood, density = log_likelihood(d, action), d.log_prob(action)
        return tape.gradient(likelihood, loc), tape.gradient(density, loc)

    edge = SquashedGaussian([0.0], [1.0], low, high).bounds.resolved(tf.float32)
    ours, density = (x.numpy() for x in scores(float(edge) + 2))
    assert abs(ours.mean()) < 5 * ours.std() / np.sqrt(len(ours))
    assert abs(density.mean()) > 0.05


def test_a_box_too_small_for_its_numbers_tells_the_side() -> None:
    # Oracle: P(u >= 0). Between 10^6 and 10^6 + 1 float32 has 16 steps.
    d = SquashedGaussian([0.5], [2.0], 1e6, 1e6 + 1)
    expected = scipy.stats.norm.logcdf([0.25, -0.25])
    actual = log_likelihood(d, [[1e6 + 1], [1e6]])
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_steps_far_beyond_a_bound_change_nothing() -> None:
    # Oracle: the probability of the bound is 1 before and after, to every digit.
    near, far = (SquashedGaussian([loc], [0.9]) for loc in (-31.0, -40.0))
    action = tf.constant([-1.0])
    assert log_likelihood(near, action) == log_likelihood(far, action) == 0
    assert near.log_prob(action) - far.log_prob(action) > 200


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("action", [[1.0, 0.5], [-1.0, 0.0], [0.3, 1.0], [0.3, 0.6], [1.0, 1.0]])
def test_of_a_mixture_it_is_the_weighted_sum(action: list[float], jit: bool) -> None:
    # Oracle: SciPy's tails and densities of the components, in float64, and the density's Jacobian.
    weights = np.array([0.5, 0.2, 0.3])
    loc = np.array([[9.0, 0.2], [-30.0, 1.0], [0.1, 11.0]])
    scale = np.array([[2.0, 1.0], [0.7, 0.3], [1.5, 4.0]])
    d = SquashedGaussianMixture(np.log(weights), loc, scale, [-1.0, 0.0], [1.0, 1.0])
    each = np.ones(3)
    for i, (low, high) in enumerate([(-1.0, 1.0), (0.0, 1.0)]):
        if action[i] in (low, high):
            side, edge = (1 if action[i] == high else -1), d.bounds.resolved(tf.float64)[i]
            each *= scipy.stats.norm.cdf((side * loc[:, i] - edge) / scale[:, i])
        else:
            half = (high - low) / 2
            t = (action[i] - low) / half - 1
            each *= scipy.stats.norm.pdf(np.arctanh(t), loc[:, i], scale[:, i])
            each /= half * (1 - t**2)
    actual = tf.function(lambda: log_likelihood(d, action), jit_compile=jit)()
    np.testing.assert_allclose(actual, np.log(weights @ each), rtol=1e-9)


def test_all_probability_of_a_mixture_is_one() -> None:
    # Oracle: quadrature over the pre-tanh value; the density at the bounds counts them too often.
    d = SquashedGaussianMixture(np.zeros(2), np.array([[15.0], [-22.0]]), np.array([[6.0], [9.0]]))
    u = np.linspace(-EDGE[np.float64], EDGE[np.float64], 200_001)[:, None]
    action = d.bounds.squash(tf.constant(u))
    inside = np.exp(log_likelihood(d, action)) / np.cosh(u[:, 0]) ** 2
    bounds = np.exp(log_likelihood(d, np.array([[-1.0], [1.0]]))).sum()
    assert 0.4 < bounds < 0.6
    # What the rounding of the actions near the bounds leaves of their pre-tanh values is 0.1.
    assert np.trapezoid(inside, u[:, 0]) + bounds == pytest.approx(1, abs=1e-2)


def test_of_state_dependent_exploration_it_is_that_of_the_sum_of_the_noises() -> None:
    # Oracle: SciPy's tail of N(30, (3 sigma_1)^2 + (4 sigma_2)^2).
    d = state_dependent_gaussian(np.array([30.0]), np.array([3.0, 4.0]), np.array([[2.0], [3.0]]))
    tail = scipy.stats.norm.logcdf((-30 - EDGE[np.float64]) / np.hypot(6, 12))
    np.testing.assert_allclose(log_likelihood(d, [-1.0]), tail, rtol=1e-10)


def test_a_full_covariance_has_none_and_says_what_to_do() -> None:
    d = SquashedMultivariateGaussian([0.0, 0.0], [[1.0, 0.0], [0.8, 0.6]])
    with pytest.raises(NotImplementedError, match="store the pre-tanh value"):
        log_likelihood(d, [1.0, 0.0])


normal = scipy.stats.norm(0.3, 0.7)


@pytest.mark.parametrize(
    ("distribution", "action", "expected"),
    [
        (tfd.Categorical(probs=[[0.3, 0.7], [0.6, 0.4]]), [1, 0], np.log([0.7, 0.6])),
        (Categorical(logits=np.log([0.3, 0.7])), 0, np.log(0.3)),
        (tfd.OneHotCategorical(probs=[0.3, 0.7]), [1.0, 0.0], np.log(0.3)),
        (tfd.Bernoulli(probs=0.3), 1, np.log(0.3)),
        (tfd.Binomial(4.0, probs=0.3), 3.0, scipy.stats.binom(4, 0.3).logpmf(3)),
        (tfd.Poisson(2.5), 3.0, scipy.stats.poisson(2.5).logpmf(3)),
        (tfd.Normal(0.3, 0.7), 1.5, normal.logpdf(1.5)),
        (tfd.Laplace(0.3, 0.7), 1.5, scipy.stats.laplace(0.3, 0.7).logpdf(1.5)),
        (tfd.Logistic(0.3, 0.7), 1.5, scipy.stats.logistic(0.3, 0.7).logpdf(1.5)),
        (tfd.StudentT(5.0, 0.3, 0.7), 1.5, scipy.stats.t(5, 0.3, 0.7).logpdf(1.5)),
        (
            tfd.MultivariateNormalDiag([0.3, 0.3], [0.7, 0.7]),
            [1.5, 0.0],
            normal.logpdf([1.5, 0.0]).sum(),
        ),
        (
            tfd.MultivariateNormalTriL([0.3, 0.3], [[0.7, 0.0], [0.1, 0.5]]),
            [1.5, 0.0],
            scipy.stats.multivariate_normal([0.3, 0.3], [[0.49, 0.07], [0.07, 0.26]]).logpdf(
                [1.5, 0.0]
            ),
        ),
        (
            tfd.Independent(tfd.Normal([[0.3] * 2] * 3, 0.7), 1),
            [[1.5, 0.0]] * 3,
            [normal.logpdf([1.5, 0.0]).sum()] * 3,
        ),
        (
            tfd.Independent(tfd.Categorical(probs=[[0.3, 0.7], [0.6, 0.4]]), 1),
            [[1, 0], [0, 0]],
            np.log([0.7 * 0.6, 0.3 * 0.6]),
        ),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, tfd.Distribution) else "",
)
def test_where_rounding_takes_nothing_it_is_the_log_probability(
    distribution: tfd.Distribution, action: object, expected: object
) -> None:
    # Oracle: SciPy's log-probabilities, or those that the distribution was made of.
    np.testing.assert_allclose(log_likelihood(distribution, action), expected, rtol=2e-6)


def test_independent_squashed_gaussians_keep_their_tails() -> None:
    # Oracle: the same as one distribution of two dimensions.
    loc, scale = np.array([30.0, -9.0]), np.array([1.0, 2.0])
    apart = tfd.Independent(SquashedGaussian(loc[:, None], scale[:, None]), 1)
    together = log_likelihood(SquashedGaussian(loc, scale), [-1.0, 0.4])
    np.testing.assert_allclose(log_likelihood(apart, [[-1.0], [0.4]]), together, rtol=1e-14)


@pytest.mark.parametrize(
    "distribution",
    [
        tfd.Beta(2.0, 2.0),
        tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfp.bijectors.Tanh()),
        tfd.Independent(tfd.Beta([2.0, 3.0], 2.0), 1),
    ],
)
def test_anything_else_is_refused_by_name(distribution: tfd.Distribution) -> None:
    name = "TransformedDistribution" if hasattr(distribution, "bijector") else "Beta"
    with pytest.raises(NotImplementedError, match=rf"known for {name}: .*log_prob\(action\)"):
        log_likelihood(distribution, tf.fill(distribution.event_shape, 0.5))


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a TFP distribution"):
        log_likelihood(0.5, 0.5)


@pytest.mark.parametrize(("dtype", "least"), [(np.float32, 1e-11), (np.float64, 1e-60)])
@pytest.mark.parametrize("jit", [False, True])
def test_gradients_of_tiny_scales_are_finite_and_right(
    dtype: type, least: float, jit: bool
) -> None:
    # Oracle: mpmath's derivatives of the density inside and of the tail at the bounds. The third
    # dimension is on the bound that its mean is beyond, where nothing changes the probability.
    loc = np.array([-0.4, 5.0, 40.0, 0.2], dtype)
    scales = np.array([least, 5e-10, 2e-6, 3e-3], dtype)
    action = np.array([0.3, -1.0, 1.0, 1.0], dtype)

    @tf.function(jit_compile=jit)
    def derivatives(loc: tf.Tensor, scale: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch((loc, scale))
            likelihood = log_likelihood(SquashedGaussian(loc, scale), action)
        return tape.gradient(likelihood, (loc, scale))

    actual = derivatives(tf.tile(loc[None], [4, 1]), tf.tile(scales[:, None], [1, 4]))
    expected = np.zeros([2, 4, 4])
    with mpmath.workdps(200):
        u = mpmath.atanh(mpmath.mpf(float(action[0])))
        edge = mpmath.mpf(float(EDGE[dtype]))
        terms = {
            0: lambda m, s: -(((u - m) / s) ** 2) / 2 - mpmath.log(s),
            1: lambda m, s: mpmath.log(mpmath.ncdf((-m - edge) / s)),
            3: lambda m, s: mpmath.log(mpmath.ncdf((m - edge) / s)),
        }
        for row, scale in enumerate(scales):
            for i, term in terms.items():
                m, s = mpmath.mpf(float(loc[i])), mpmath.mpf(float(scale))
                h = s * mpmath.mpf(10) ** -10
                expected[0, row, i] = (term(m + h, s) - term(m - h, s)) / (2 * h)
                expected[1, row, i] = (term(m, s + h) - term(m, s - h)) / (2 * h)
    np.testing.assert_allclose(actual, expected, rtol=2e-5 if dtype == np.float32 else 1e-9)
