"""The likelihood of stored actions. Oracles: SciPy's normal tails, total probability, the score."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import SquashedGaussian, log_likelihood

# Where a stored action between -1 and 1 begins to stand for all beyond.
EDGE = {np.float32: np.arctanh(1 - 2.0**-19), np.float64: np.arctanh(1 - 2.0**-48)}
BOXES = [(-1.0, 1.0), (0.1, 0.7), ([-3.0, -2, -1], [0, 1, 5])]


@pytest.mark.parametrize(("low", "high"), BOXES)
def test_inside_the_bounds_it_is_the_density_to_the_bit(low: object, high: object) -> None:
    generator = np.random.default_rng(0)
    d = SquashedGaussian(np.float32(generator.normal(size=[4, 3])), np.float32(0.7), low, high)
    action = d.sample(50, seed=1)
    np.testing.assert_array_equal(d.log_likelihood(action), d.log_prob(action))


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
    actual = tf.function(d.log_likelihood, jit_compile=jit)(action)
    expected = tail + np.asarray(inside.log_prob(action[1:]))
    np.testing.assert_allclose(actual, expected, rtol=2e-5 if dtype == np.float32 else 1e-9)


def test_all_probability_is_one() -> None:
    # Oracle: quadrature over the pre-tanh value, of which the action is a function.
    d = SquashedGaussian(np.array([15.0]), np.array([6.0]))
    edge = EDGE[np.float64]

    def density(u: float) -> float:
        action = d.bounds.squash(tf.constant([u], tf.float64))
        return float(np.exp(d.log_likelihood(action))) / np.cosh(u) ** 2

    inside = scipy.integrate.quad(density, -edge, edge, limit=500, epsabs=1e-4)[0]
    bounds = np.exp(d.log_likelihood(np.array([[-1.0], [1.0]]))).sum()
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
            likelihood, density = d.log_likelihood(action), d.log_prob(action)
        return tape.gradient(likelihood, loc), tape.gradient(density, loc)

    edge = SquashedGaussian([0.0], [1.0], low, high).bounds.resolved(tf.float32)
    ours, density = (x.numpy() for x in scores(float(edge) + 2))
    assert abs(ours.mean()) < 5 * ours.std() / np.sqrt(len(ours))
    assert abs(density.mean()) > 0.05


def test_a_box_too_small_for_its_numbers_tells_the_side() -> None:
    # Oracle: P(u >= 0). Between 10^6 and 10^6 + 1 float32 has 16 steps.
    d = SquashedGaussian([0.5], [2.0], 1e6, 1e6 + 1)
    expected = scipy.stats.norm.logcdf([0.25, -0.25])
    actual = d.log_likelihood([[1e6 + 1], [1e6]])
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_steps_far_beyond_a_bound_change_nothing() -> None:
    # Oracle: the probability of the bound is 1 before and after, to every digit.
    near, far = (SquashedGaussian([loc], [0.9]) for loc in (-31.0, -40.0))
    action = tf.constant([-1.0])
    assert near.log_likelihood(action) == far.log_likelihood(action) == 0
    assert near.log_prob(action) - far.log_prob(action) > 200


def test_of_what_has_none_of_its_own_it_is_the_log_probability() -> None:
    d = tfp.distributions.Categorical(logits=[[0.0, 1.0], [2.0, 0.0]])
    np.testing.assert_array_equal(log_likelihood(d, [0, 1]), d.log_prob([0, 1]))
    gaussian = SquashedGaussian([30.0], [1.0])
    assert log_likelihood(gaussian, [1.0]) == gaussian.log_likelihood([1.0])


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
            likelihood = SquashedGaussian(loc, scale).log_likelihood(action)
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
