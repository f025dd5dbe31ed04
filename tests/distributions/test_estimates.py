"""Monte Carlo estimates against the exact values, and their standard errors against reality."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import (
    Estimate,
    SquashedGaussian,
    divergence,
    divergence_estimate,
    entropy,
    entropy_estimate,
)

tfb, tfd = tfp.bijectors, tfp.distributions

SQUASHED = SquashedGaussian([[0.3, 2.0], [-1.0, 0.0]], [[1.2, 0.3], [0.7, 2.0]], high=3.0)
NORMAL_MIXTURE = tfd.MixtureSameFamily(
    tfd.Categorical(probs=[0.8, 0.15, 0.05]), tfd.Normal([0.0, 2.0, -5.0], [1.0, 0.1, 2.0])
)


def mixture_entropy() -> float:
    def surprise(x: float) -> float:
        p = scipy.stats.norm.pdf(x, [0.0, 2.0, -5.0], [1.0, 0.1, 2.0]) @ [0.8, 0.15, 0.05]
        return -p * np.log(p)

    return scipy.integrate.quad(surprise, -25, 25, points=[-5, 0, 1.5, 2, 2.5], limit=200)[0]


def assert_within(estimate: Estimate, exact: object, least: float = 0.0) -> None:
    error = np.abs(np.asarray(estimate.value) - np.asarray(exact))
    assert np.all(error <= 4.5 * np.asarray(estimate.standard_error) + least), estimate


@pytest.mark.parametrize("method", ["plain", "antithetic", "rao_blackwell"])
def test_squashed_gaussian_matches_the_exact_entropy(method: str) -> None:
    # Oracle: the exact entropy.
    estimate = entropy_estimate(SQUASHED, 20_000, seed=1, method=method)
    assert estimate.value.shape == [2]
    assert_within(estimate, entropy(SQUASHED))


@pytest.mark.parametrize("method", ["plain", "antithetic", "rao_blackwell"])
@pytest.mark.parametrize(
    "base",
    [
        tfd.Normal(0.3, 1.2),
        tfd.Independent(tfd.Normal([0.3], 1.2), 1),
        tfd.MultivariateNormalDiag([0.3], [1.2]),
        tfd.MultivariateNormalTriL([0.3], [[1.2]]),
    ],
)
def test_transformed_distributions_match_the_exact_entropy(
    method: str, base: tfd.Distribution
) -> None:
    # Oracle: the exact entropy of the same distribution as one of ours.
    d = tfd.TransformedDistribution(base, tfb.Tanh())
    estimate = entropy_estimate(d, 10_000, seed=2, method=method)
    assert_within(estimate, entropy(SquashedGaussian([0.3], [1.2])))


@pytest.mark.parametrize("method", ["plain", "rao_blackwell"])
def test_mixtures_match_quadrature(method: str) -> None:
    # Oracle: SciPy's quadrature.
    estimate = entropy_estimate(NORMAL_MIXTURE, 30_000, seed=3, method=method)
    assert_within(estimate, mixture_entropy())


def test_a_batched_mixture_of_vectors_is_stratified_over_the_right_axis() -> None:
    # Oracle: components that coincide make it one Gaussian, whose entropy is known.
    loc = np.broadcast_to(np.arange(2.0)[:, None, None], (2, 3, 4))
    scale = np.broadcast_to([0.5, 1.0, 2.0, 3.0], (2, 3, 4))
    components = tfd.MultivariateNormalDiag(loc, scale)
    mixture = tfd.MixtureSameFamily(
        tfd.Categorical(probs=np.array([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])), components
    )
    estimate = entropy_estimate(mixture, 3000, seed=4, method="rao_blackwell")
    assert_within(estimate, components.entropy()[:, 0])


def test_discrete_distributions_match_the_exact_entropy() -> None:
    # Oracle: the exact entropy.
    d = tfd.Categorical(logits=[0.3, -1.0, 2.0])
    assert_within(entropy_estimate(d, 20_000, seed=5), entropy(d))


@pytest.mark.parametrize("method", ["plain", "antithetic", "rao_blackwell"])
def test_standard_errors_are_those_of_repeated_estimates(method: str) -> None:
    # Oracle: the spread of 400 independent estimates; a sample deviation over that many is good to
    # 1 / sqrt(800) = 3.5%, allow 4 of these.
    d = SquashedGaussian([1.5], [1.0])

    @tf.function
    def estimates() -> Estimate:
        return tf.map_fn(
            lambda seed: entropy_estimate(d, 64, seed=tf.stack([7, seed]), method=method),
            tf.range(400),
            fn_output_signature=Estimate(tf.float32, tf.float32),
        )

    value, error = estimates()
    np.testing.assert_allclose(np.std(value), np.sqrt(np.mean(error**2)), rtol=0.15)


@pytest.mark.parametrize(
    ("loc", "method", "factor"), [(6.0, "antithetic", 2), (0.0, "rao_blackwell", 1.2)]
)
def test_better_methods_have_smaller_errors_where_they_should(
    loc: float, method: str, factor: float
) -> None:
    # Oracle: at loc 6 the log-Jacobian is nearly odd about the mean, and pairs cancel it; at loc 0
    # the base's surprise, which Rao-Blackwell removes, is most of the variance.
    d = SquashedGaussian([loc], [1.5 if loc else 0.5])
    plain = entropy_estimate(d, 4000, seed=8)
    better = entropy_estimate(d, 4000, seed=8, method=method)
    assert better.standard_error * factor < plain.standard_error


def test_an_affine_image_has_no_error_at_all_when_rao_blackwellised() -> None:
    # Oracle: its Jacobian is constant.
    d = tfd.MultivariateNormalTriL(np.zeros(2), np.array([[1.0, 0.0], [0.7, 0.4]]))
    estimate = entropy_estimate(d, 10, seed=0, method="rao_blackwell")
    np.testing.assert_allclose(estimate.value, entropy(d), rtol=1e-13)
    assert estimate.standard_error < 1e-12


def test_a_batch_in_the_bijector_alone() -> None:
    # Oracle: the entropy of a scaled normal, and no error; antithetic pairs have that too.
    d = tfd.TransformedDistribution(tfd.Normal(0.0, 1.0), tfb.Scale([1.0, 2.0, 4.0]))
    estimate = entropy_estimate(d, 10, seed=0, method="rao_blackwell")
    np.testing.assert_allclose(
        estimate.value, tfd.Normal(0.0, [1.0, 2.0, 4.0]).entropy(), rtol=1e-6
    )
    assert_within(entropy_estimate(d, 2000, seed=0, method="antithetic"), estimate.value)


def test_gradients_of_reparameterised_estimates() -> None:
    # Oracle: the exact gradient; the estimate's own spread sets the tolerance.
    scale = tf.Variable([0.8])

    def gradient(f: object) -> float:
        with tf.GradientTape() as tape:
            value = f(SquashedGaussian([0.5], scale))  # type: ignore[operator]
        return float(tape.gradient(value, scale)[0])

    exact = gradient(entropy)
    for method in ("plain", "antithetic", "rao_blackwell"):
        draws = [
            gradient(lambda d, s=s, m=method: entropy_estimate(d, 500, seed=s, method=m).value)
            for s in range(12)
        ]
        assert abs(np.mean(draws) - exact) < 5 * np.std(draws) / np.sqrt(12)


def test_divergence_matches_the_closed_form() -> None:
    # Oracle: the exact divergence.
    p, q = SquashedGaussian([0.3], [0.5]), SquashedGaussian([0.0], [0.8])
    assert_within(divergence_estimate(p, q, 20_000, seed=9), divergence(p, q))


@pytest.mark.parametrize(
    ("distribution", "num_samples", "method", "error", "message"),
    [
        (SQUASHED, 100, "exact", ValueError, "method must be one of"),
        (SQUASHED, 1, "plain", ValueError, "num_samples must be at least 2"),
        (SQUASHED, 7, "antithetic", ValueError, "even and at least 4, not 7"),
        (NORMAL_MIXTURE, 10, "rao_blackwell", ValueError, "multiple of the 3 components"),
        (NORMAL_MIXTURE, 10, "antithetic", NotImplementedError, "does not apply to Mixture"),
        (tfd.Gamma(1.0, 1.0), 10, "rao_blackwell", NotImplementedError, "use method='plain'"),
    ],
)
def test_what_does_not_apply_raises(
    distribution: tfd.Distribution,
    num_samples: int,
    method: str,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        entropy_estimate(distribution, num_samples, seed=0, method=method)
