"""The generic entropies against the NumPy oracle, closed forms and quadrature; no stand-ins."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf import reference
from maxent_tf.distributions import SquashedGaussian, entropy, renyi_entropy, tsallis_entropy
from maxent_tf.regularizers import Tsallis

tfb, tfd = tfp.bijectors, tfp.distributions
LOGITS = np.random.default_rng(0).normal(size=(5, 4)) * 3
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
CORRELATED = np.array([[1.0, 0.0], [0.7, 0.4]])


@pytest.mark.parametrize("family", [tfd.Categorical, tfd.OneHotCategorical])
def test_categoricals_match_the_oracle(family: type) -> None:
    # Oracle: maxent_tf.reference.discrete_entropy, with an impossible action too.
    logits = LOGITS.copy()
    logits[0, 1] = -np.inf
    expected = reference.discrete_entropy(logits)
    np.testing.assert_allclose(entropy(family(logits=tf.constant(logits))), expected, rtol=1e-13)


def test_diagonal_gaussians_match_the_oracle() -> None:
    # Oracle: maxent_tf.reference.gaussian_entropy; Independent adds its dimensions up.
    log_std = np.random.default_rng(1).normal(size=(3, 2))
    expected = reference.gaussian_entropy(log_std)
    for d in (
        tfd.MultivariateNormalDiag(np.ones((3, 2)), np.exp(log_std)),
        tfd.Independent(tfd.Normal(np.ones((3, 2)), np.exp(log_std)), 1),
    ):
        np.testing.assert_allclose(entropy(d), expected, rtol=1e-13)


def test_the_one_hot_categorical_has_finite_gradients_at_impossible_outcomes() -> None:
    # Oracle: dH/dlogit = -p (log p + H); TFP's own gradient is NaN.
    logits = tf.constant([0.3, -np.inf, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = entropy(tfd.OneHotCategorical(logits=logits))
    p = tf.nn.softmax(logits).numpy()
    expected = -p * (np.log(np.where(p > 0, p, 1)) + value.numpy())
    np.testing.assert_allclose(tape.gradient(value, logits), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "distribution",
    [
        # TFP cannot know these; a stand-in (the base Gaussian's) would be silent.
        tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfb.Tanh()),
        tfd.MixtureSameFamily(tfd.Categorical([0.0, 0.0]), tfd.Normal([0.0, 1.0], 1.0)),
        tfd.Independent(tfd.LogitNormal([0.0], 1.0), 1),
        tfd.JointDistributionSequential([tfd.Normal(0.0, 1.0), lambda x: tfd.Normal(x, 1.0)]),
    ],
)
def test_an_unknown_entropy_raises_and_names_the_estimator(distribution: object) -> None:
    with pytest.raises(NotImplementedError, match="entropy_estimate"):
        entropy(distribution)


def test_the_squashed_gaussian_is_no_stand_in() -> None:
    # Oracle: 1,000 nats of the base's entropy are not the action's, which is at most log 2.
    assert float(entropy(SquashedGaussian([0.0], [1e5]))) < math.log(2)


def test_what_is_no_distribution_raises() -> None:
    with pytest.raises(TypeError, match="must be a TFP distribution"):
        entropy([0.5, 0.5])


@pytest.mark.parametrize("order", [0.0, 0.1, 0.5, 0.9, 1.1, 1.5, 2.0, 7.0])
def test_discrete_renyi_and_tsallis_match_their_definitions(order: float) -> None:
    # Oracle: the sums themselves, in float64.
    power_sum = (PROBS**order).sum(-1)
    renyi, tsallis = np.log(power_sum) / (1 - order), (1 - power_sum) / (order - 1)
    for d in (tfd.Categorical(logits=LOGITS), tfd.OneHotCategorical(logits=tf.constant(LOGITS))):
        np.testing.assert_allclose(renyi_entropy(d, order), renyi, rtol=1e-12)
        np.testing.assert_allclose(tsallis_entropy(d, order), tsallis, rtol=1e-12)
    two = PROBS[:, :2] / PROBS[:, :2].sum(-1, keepdims=True)
    bernoulli = tfd.Bernoulli(probs=tf.constant(two[:, 1]))
    expected = np.log((two**order).sum(-1)) / (1 - order)
    np.testing.assert_allclose(renyi_entropy(bernoulli, order), expected, rtol=1e-12)


@pytest.mark.parametrize("order", [0.3, 2.0, 5.0])
def test_gaussian_renyi_and_tsallis_match_quadrature(order: float) -> None:
    # Oracle: the integral of the density's power.
    loc, scale = 0.3, 0.7
    density = scipy.stats.norm(loc, scale).pdf
    integral, _ = scipy.integrate.quad(lambda x: density(x) ** order, -15, 15, epsabs=1e-13)
    d = tfd.Normal(tf.constant(loc, tf.float64), tf.constant(scale, tf.float64))
    np.testing.assert_allclose(renyi_entropy(d, order), np.log(integral) / (1 - order), rtol=1e-10)
    np.testing.assert_allclose(tsallis_entropy(d, order), (1 - integral) / (order - 1), rtol=1e-10)


@pytest.mark.parametrize("order", [0.5, 2.0, math.inf])
def test_multivariate_gaussian_renyi_adds_up_over_independent_dimensions(order: float) -> None:
    # Oracle: rotated independent normals, of which the entropies add; and Independent itself.
    loc, scale = np.zeros((4, 3)), np.exp(np.random.default_rng(2).normal(size=(4, 3)))
    expected = tf.reduce_sum(renyi_entropy(tfd.Normal(loc, scale), order), -1)
    independent = tfd.Independent(tfd.Normal(loc, scale), 1)
    np.testing.assert_allclose(renyi_entropy(independent, order), expected, rtol=1e-13)
    diagonal = tfd.MultivariateNormalDiag(loc, scale)
    np.testing.assert_allclose(renyi_entropy(diagonal, order), expected, rtol=1e-13)
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    covariance = rotation @ (scale[..., None] ** 2 * rotation.T)
    rotated = tfd.MultivariateNormalTriL(loc, np.linalg.cholesky(covariance))
    np.testing.assert_allclose(renyi_entropy(rotated, order), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "distribution",
    [
        tfd.Categorical(logits=LOGITS),
        tfd.Bernoulli(logits=tf.constant(LOGITS[0])),
        tfd.MultivariateNormalTriL(np.zeros(2), CORRELATED),
        tfd.Independent(tfd.Normal(np.zeros(3), np.ones(3)), 1),
    ],
)
def test_order_one_is_shannons_and_approached_smoothly(distribution: tfd.Distribution) -> None:
    # Oracle: Shannon's entropy; the derivative in the order is bounded, so 1e-9 away differs by
    # about 1e-9. The definition as written would lose all but 7 digits to cancellation.
    shannon = entropy(distribution)
    for f in (renyi_entropy, tsallis_entropy):
        np.testing.assert_array_equal(f(distribution, 1.0), shannon)
        for order in (1 - 1e-9, 1 + 1e-9):
            np.testing.assert_allclose(f(distribution, order), shannon, atol=1e-7, rtol=0)
            np.testing.assert_allclose(f(distribution, order), shannon, rtol=1e-7)


def test_extreme_orders_of_renyi() -> None:
    # Oracle: log of the number of possible outcomes, minus log of the largest probability, and for
    # a density on the whole line infinity.
    d = tfd.Categorical(logits=[[0.0, -np.inf, 1.0], [-1e4, 0.0, 3.0]])
    np.testing.assert_allclose(renyi_entropy(d, 0.0), np.log([2, 3]), rtol=1e-6)
    largest = d.probs_parameter().numpy().max(-1)
    np.testing.assert_allclose(renyi_entropy(d, math.inf), -np.log(largest), rtol=1e-6)
    assert renyi_entropy(tfd.Normal(0.0, 1.0), 0.0) == math.inf


def test_renyi_falls_with_the_order_and_has_finite_gradients() -> None:
    # Oracle: monotonicity in the order (Jensen); logits this far apart overflow a careless power.
    logits = tf.constant([[0.0, -2e4, 1.0, -np.inf], [3.0, 1.0, 0.0, -90.0]])
    last = np.full(2, np.inf)
    for order in (0.0, 0.3, 0.7, 0.999, 1.0, 1.001, 1.3, 2.0, 10.0, math.inf):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = renyi_entropy(tfd.Categorical(logits=logits), order)
        assert np.all(value.numpy() <= last + 1e-6)
        assert np.all(np.isfinite(tape.gradient(value, logits)))
        last = value.numpy()


@pytest.mark.parametrize("index", [1.5, 2.0])
def test_tsallis_is_a_multiple_of_the_regularizer(index: float) -> None:
    # Oracle: the regulariser of the same index, whose scale is 1 / index of the textbook's.
    expected = index * Tsallis(index).value(tf.constant(PROBS))
    d = tfd.Categorical(probs=PROBS)
    np.testing.assert_allclose(tsallis_entropy(d, index), expected, rtol=1e-12)


def test_orders_out_of_range_and_unknown_types_raise() -> None:
    with pytest.raises(ValueError, match="order must be at least 0, not -1"):
        renyi_entropy(tfd.Normal(0.0, 1.0), -1)
    with pytest.raises(ValueError, match="index must be finite"):
        tsallis_entropy(tfd.Normal(0.0, 1.0), math.inf)
    with pytest.raises(NotImplementedError, match="Gamma has no closed-form Rényi"):
        renyi_entropy(tfd.Gamma(1.0, 1.0), 2.0)
