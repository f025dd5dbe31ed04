"""The squashed Gaussian against TFP, quadrature, and its own samples."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp
from absl import flags
from tensorflow_probability.python.internal import test_util as tfp_test_util

from maxent_tf import draws
from maxent_tf.distributions import SquashedGaussian, SquashedSample

tfb, tfd = tfp.bijectors, tfp.distributions
RNG = np.random.default_rng(0)
LOC, SCALE = RNG.normal(size=(4, 3)), np.exp(RNG.normal(size=3))
BOUNDS = [(-1.0, 1.0), (0.0, 1.0), (0.1, 0.7), (-2.0, [1.0, 3.0, 4.0]), ([-3.0, -2, -1], [0, 1, 5])]


def tfp_twin(low: object, high: object) -> tfd.Distribution:
    low, high = np.broadcast_to(low, 3).astype(float), np.broadcast_to(high, 3).astype(float)
    squash = tfb.Chain([tfb.Shift((low + high) / 2), tfb.Scale((high - low) / 2), tfb.Tanh()])
    base = tfd.MultivariateNormalDiag(LOC, np.broadcast_to(SCALE, LOC.shape))
    return tfd.TransformedDistribution(base, squash)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_log_prob_matches_tfp(low: object, high: object) -> None:
    # Oracle: tfd.TransformedDistribution, in float64 inside the bounds. It sums over dimensions and
    # counts the width of the box, as a wrong version would not.
    ours, theirs = SquashedGaussian(LOC, SCALE, low, high), tfp_twin(low, high)
    action = tf.identity(ours.bounds.squash(tf.constant(RNG.uniform(-3, 3, size=(7, 4, 3)))))
    np.testing.assert_allclose(ours.log_prob(action), theirs.log_prob(action), rtol=1e-11)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_joint_density_is_that_of_the_pre_tanh_value(low: object, high: object) -> None:
    # Oracle: TFP's Gaussian and its Jacobian at the same pre-tanh value.
    ours, theirs = SquashedGaussian(LOC, SCALE, low, high), tfp_twin(low, high)
    action, log_prob, u = ours.sample_with_gaussian([6], seed=1)
    jacobian = theirs.bijector.forward_log_det_jacobian(u, event_ndims=1)
    expected = theirs.distribution.log_prob(u) - jacobian
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.log_prob_from_gaussian(u), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(action, theirs.bijector.forward(u), rtol=1e-12, atol=1e-13)
    joint = ours.experimental_sample_and_log_prob([6], seed=1)
    np.testing.assert_array_equal(joint[0], action)
    np.testing.assert_array_equal(joint[1], log_prob)
    np.testing.assert_array_equal(ours.sample(6, seed=1), action)


@pytest.mark.parametrize("jit", [False, True])
def test_joint_density_is_exact_in_float32_when_saturated(jit: bool) -> None:
    # Oracle: float64. Every action rounds to 1, where a density recomputed from the action is
    # infinite or that of the epsilon.
    loc, scale = np.array([8.0, 12.0, -15.0, 40.0]), np.array([0.1, 2.0, 0.5, 3.0])
    d = SquashedGaussian(loc.astype(np.float32), scale.astype(np.float32))

    @tf.function(jit_compile=jit)
    def draw() -> tuple[SquashedSample, tf.Tensor]:
        return d.sample_with_gaussian([100], seed=3), draws.normal([100, 4], 3)

    sample, noise = draw()
    exact = SquashedGaussian(loc, d.scale.numpy().astype(float))
    u = loc + exact.scale.numpy() * noise.numpy().astype(float)
    expected = exact.log_prob_from_gaussian(u)
    np.testing.assert_allclose(sample.log_prob, expected, rtol=1e-6)
    assert np.all(np.abs(sample.action) <= 1)


def test_gradients_of_the_joint_density_match_their_closed_form() -> None:
    # Oracle: log pi = -eps^2/2 - log s - log(1 - tanh(u)^2) + const along u = loc + s eps, so its
    # total derivatives are 2 tanh(u) and 2 tanh(u) eps - 1 / s: never zero when saturated.
    loc, scale = tf.constant([0.3, 9.0, -12.0]), tf.constant([1.2, 0.5, 0.01])
    with tf.GradientTape() as tape:
        tape.watch([loc, scale])
        sample = SquashedGaussian(loc, scale).sample_with_gaussian(seed=5)
    d_loc, d_scale = tape.gradient(sample.log_prob, [loc, scale])
    noise = draws.normal([3], 5).numpy()
    np.testing.assert_allclose(d_loc, 2 * np.tanh(sample.gaussian), rtol=1e-6)
    expected = 2 * np.tanh(sample.gaussian) * noise - 1 / scale.numpy()
    np.testing.assert_allclose(d_scale, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-2.0, 2.0), (0.0, 1.0), (0.1, 0.7)])
def test_log_prob_of_boundary_actions_is_that_of_the_last_one_inside(
    dtype: type, low: float, high: float
) -> None:
    # Oracle: the density at pre-tanh +-arctanh(1 - eps / 2), finite, and its gradients.
    edge = np.arctanh(1 - np.finfo(dtype).eps.astype(float) / 2)
    loc, scale = tf.constant([0.5], dtype), tf.constant([2.0], dtype)
    for action, u in [(high, edge), (high + 1, edge), (low, -edge), (low - 1, -edge)]:
        value = tf.constant([action], dtype)
        with tf.GradientTape() as tape:
            tape.watch([value, loc, scale])
            log_prob = SquashedGaussian(loc, scale, low, high).log_prob(value)
        gradients = [g.numpy()[0] for g in tape.gradient(log_prob, [value, loc, scale])]
        exact = SquashedGaussian([0.5], [2.0], low, high).log_prob_from_gaussian([u])
        np.testing.assert_allclose(log_prob, exact, rtol=1e-6)
        expected = [0, (u - 0.5) / 4, (u - 0.5) ** 2 / 8 - 0.5]
        np.testing.assert_allclose(gradients, expected, rtol=1e-5)


def test_stored_float32_actions_keep_a_finite_density_after_a_round_trip() -> None:
    # Oracle: the density of the pre-tanh value, up to the rounding of the action: half an ulp of 1
    # moves u by 2^-25 cosh(u)^2, and the log-density by its slope times that.
    d = SquashedGaussian(tf.zeros([1]), tf.fill([1], 2.5))
    action, log_prob, u = d.sample_with_gaussian([5000], seed=2)
    stored = d.log_prob(np.array(action.numpy())).numpy()
    assert np.all(np.isfinite(stored))
    size = np.abs(u.numpy()[:, 0]).astype(float)
    slope = size / 6.25 + 2
    inside = size < 7
    bound = 4 * (slope * 2.0**-24 * np.cosh(size) ** 2 + 1e-6)
    assert np.all(np.abs(stored - log_prob)[inside] < bound[inside])


def test_log_prob_gradient_at_the_centre() -> None:
    # Oracle: at action 0, d log pi / da = loc / scale^2 (the Jacobian's slope is 0).
    action = tf.constant([0.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(action)
        log_prob = (
            SquashedGaussian([0.6], [0.5])
            .copy(loc=tf.constant([0.6], tf.float64), scale=tf.constant([0.5], tf.float64))
            .log_prob(action)
        )
    np.testing.assert_allclose(tape.gradient(log_prob, action), [2.4], rtol=1e-14)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_entropy_mean_and_median_match_samples(low: object, high: object) -> None:
    # Oracle: averages over 100,000 draws, within 5 standard errors.
    d = SquashedGaussian(LOC, SCALE, low, high)
    action, log_prob = (x.numpy() for x in d.experimental_sample_and_log_prob(100_000, seed=7))
    for exact, drawn in [(d.mean(), action), (d.entropy(), -log_prob)]:
        error = drawn.std(0) / np.sqrt(len(drawn))
        assert np.all(np.abs(drawn.mean(0) - exact) < 5 * error)
    below = (action < d.median().numpy()).mean(0)
    np.testing.assert_allclose(below, 0.5, atol=5 * 0.5 / np.sqrt(len(action)))


def test_crosses_tf_function_boundaries() -> None:
    # Oracle: the eager result; the bounds survive as static values.
    d = SquashedGaussian(LOC, SCALE, -2.0, [1.0, 3.0, 4.0])

    @tf.function
    def through(d: SquashedGaussian) -> tuple[tf.Tensor, SquashedGaussian]:
        return d.entropy(), d

    entropy, twin = through(d)
    np.testing.assert_allclose(entropy, d.entropy(), rtol=1e-14)
    assert isinstance(twin, SquashedGaussian)
    assert twin.bounds == d.bounds
    np.testing.assert_array_equal(twin.loc, LOC)


def test_shapes_of_batch_and_event() -> None:
    # Oracle: broadcasting of loc and scale, and TFP's slicing.
    d = SquashedGaussian(LOC, SCALE)
    assert d.batch_shape == [4]
    assert d.event_shape == [3]
    assert d[1:, tf.newaxis].batch_shape == [3, 1]
    assert d.log_prob(d.sample([2, 5], seed=0)).shape == [2, 5, 4]
    assert SquashedGaussian(0.0, [1.0, 2.0]).event_shape == [2]


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (1.0, 1.0, "low must be below high"),
        (0.0, [1.0, 0.0, 2.0], "low must be below high"),
        (-np.inf, 1.0, "both finite"),
        (-1.0, [1.0, 2.0], "one element for each of the 3"),
        ([-1.0] * 3, [1.0] * 2, "must be floats or have shape"),
    ],
)
def test_static_faults_raise(low: object, high: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SquashedGaussian(LOC, SCALE, low, high)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_cdf_and_quantile_are_each_others_inverse(low: object, high: object) -> None:
    # Oracle: SciPy's normal cdf of the pre-tanh value, per dimension; and the inverse.
    # Not saturated, where an action tells its pre-tanh value.
    loc, scale = np.clip(LOC, -1, 1), np.array([0.4, 0.9, 1.3])
    d = SquashedGaussian(loc, scale, low, high)
    u = tf.constant(RNG.uniform(-4, 4, size=(7, 4, 3)))
    cdf = d.cdf(d.bounds.squash(u))
    np.testing.assert_allclose(cdf, scipy.stats.norm.cdf(u, loc, scale), rtol=1e-9, atol=1e-12)
    p = tf.constant(RNG.uniform(0.01, 0.99, size=(7, 4, 3)))
    np.testing.assert_allclose(d.cdf(d.quantile(p)), p, rtol=1e-9)
    np.testing.assert_allclose(d.quantile(tf.constant(0.5, tf.float64)), d.median(), rtol=1e-13)


def test_cdf_and_quantile_at_and_beyond_the_bounds() -> None:
    # Oracle: no mass lies outside, and none on the bounds, wherever loc is.
    loc, scale = tf.constant([9.0, -30.0]), tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([loc, scale])
        d = SquashedGaussian(loc, scale, low=-2.0)
        cdf = d.cdf(tf.constant([[-3.0, -2.0], [1.0, 1.5]]))
        ends = d.quantile(tf.constant([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_array_equal(cdf, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(ends, [[-2, -2], [1, 1]])
    for y in (cdf, ends):
        np.testing.assert_array_equal(tape.gradient(y, loc), [0, 0])
        np.testing.assert_array_equal(tape.gradient(y, scale), [0, 0])


@pytest.mark.parametrize("jit", [False, True])
def test_float32_quantile_reaches_the_far_tail(jit: bool) -> None:
    # Oracle: SciPy in float64. With tf.math.ndtri, XLA returns the bound.
    d = SquashedGaussian([2.0], [0.1])
    p = tf.constant([[1e-12], [1e-30]])
    action = tf.function(lambda: d.quantile(p), jit_compile=jit)()
    expected = np.tanh(scipy.stats.norm.ppf(p.numpy().astype(float), 2.0, 0.1))
    np.testing.assert_allclose(action, expected, rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_kl_is_that_of_the_base_gaussians(low: object, high: object) -> None:
    # Oracle: TFP's KL between the diagonal Gaussians; cross entropy is entropy plus KL.
    p = SquashedGaussian(LOC, SCALE, low, high)
    q = SquashedGaussian(LOC[::-1] * 0.5, SCALE[::-1], low, high)
    bases = [tfd.MultivariateNormalDiag(d.loc, d.scale + tf.zeros_like(d.loc)) for d in (p, q)]
    expected = tfd.kl_divergence(*bases)
    np.testing.assert_allclose(p.kl_divergence(q), expected, rtol=1e-12)
    np.testing.assert_allclose(p.cross_entropy(q), p.entropy() + expected, rtol=1e-12)


def test_kl_and_cross_entropy_match_quadrature_over_actions() -> None:
    # Oracle: the definitions, integrated over the action itself.
    p, q = (
        SquashedGaussian(tf.constant([m], tf.float64), tf.constant([s], tf.float64), 0.0, 3.0)
        for m, s in [(0.4, 0.6), (-0.2, 0.9)]
    )
    # Equal steps in the pre-tanh value crowd the actions at the bounds, as the density does.
    action = p.bounds.squash(tf.constant(np.linspace(-8, 8, 20_001)[:, None]))
    log_p, log_q = p.log_prob(action).numpy(), q.log_prob(action).numpy()
    kl = scipy.integrate.simpson(np.exp(log_p) * (log_p - log_q), x=action.numpy()[:, 0])
    cross = scipy.integrate.simpson(-np.exp(log_p) * log_q, x=action.numpy()[:, 0])
    np.testing.assert_allclose(p.kl_divergence(q), kl, rtol=1e-6)
    np.testing.assert_allclose(p.cross_entropy(q), cross, rtol=1e-6)


def test_kl_between_different_boxes_raises() -> None:
    p = SquashedGaussian(LOC, SCALE)
    same = SquashedGaussian(LOC, SCALE, low=[-1.0, -1.0, -1.0])
    np.testing.assert_array_equal(p.kl_divergence(same), 0.0)
    with pytest.raises(ValueError, match="needs equal bounds"):
        p.kl_divergence(SquashedGaussian(LOC, SCALE, low=-2.0))


def test_small_kl_keeps_its_digits() -> None:
    # Oracle: for p = N(m + d, s), q = N(m, s) it is (d / s)^2 / 2; for scales that differ by a
    # factor 1 + h it is h^2 to leading order. Subtracting large terms would leave noise.
    one = tf.constant([1.0], tf.float64)
    shifted = SquashedGaussian(one + 1e-9, one).kl_divergence(SquashedGaussian(one, one))
    np.testing.assert_allclose(shifted, 0.5e-18, rtol=1e-6)
    scaled = SquashedGaussian(one, one * (1 + 1e-5)).kl_divergence(SquashedGaussian(one, one))
    np.testing.assert_allclose(scaled, 1e-10, rtol=1e-4)


class TestTfpHelpers(tfp_test_util.TestCase, tfp_test_util.VectorDistributionTestHelpers):
    """TFP's own consistency checks for distributions of vectors.

    The wheel ships these, but neither its bijector conformance function nor its hypothesis
    strategies.
    """

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        flags.FLAGS.mark_as_parsed()  # as TFP's own test runner does

    def test_samples_agree_with_the_density(self) -> None:
        # Oracle: the volume of a ball, estimated by importance sampling, at two places.
        d = SquashedGaussian([0.2, -0.3, 0.4], [0.9, 0.7, 1.1], low=-2.0, high=2.0)
        for center in ([0.0, 0.0, 0.0], [0.8, -0.5, 0.6]):
            self.run_test_sample_consistent_log_prob(
                self.evaluate, d, num_samples=200_000, radius=0.9, center=center, seed=1, rtol=0.05
            )

    def test_samples_agree_with_mean_and_covariance(self) -> None:
        # Oracle: sample moments.
        d = SquashedGaussian(LOC[0].astype(np.float32), [0.9, 0.3, 2.0], low=-2.0, high=[1, 2, 3])
        self.run_test_sample_consistent_mean_covariance(
            self.evaluate, d, num_samples=200_000, seed=2, rtol=0.01, atol=0.025
        )
