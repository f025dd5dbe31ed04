"""Boltzmann-Gumbel exploration against its probabilities: softmax, and quadrature."""

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import tensorflow as tf

from maxent_tf import exploration

COUNT = 200_000


def frequencies(q: list[float], beta: list[float] | float, seed: int) -> np.ndarray:
    _, action = exploration.boltzmann_gumbel(np.tile(q, (COUNT, 1)), beta, seed=seed)
    return np.bincount(action, minlength=len(q)) / COUNT


def probabilities(q: list[float], beta: list[float]) -> np.ndarray:
    """The chance of each action: where its perturbed value lies, the others lie below."""

    def density(x: float, chosen: int) -> float:
        others = [i for i in range(len(q)) if i != chosen]
        below = scipy.stats.gumbel_r.cdf(x, np.take(q, others), np.take(beta, others))
        return scipy.stats.gumbel_r.pdf(x, q[chosen], beta[chosen]) * below.prod()

    return np.array(
        [scipy.integrate.quad(density, -20, 60, args=(i,), limit=400)[0] for i in range(len(q))]
    )


def assert_drawn(found: np.ndarray, expected: np.ndarray) -> None:
    error = np.sqrt(expected * (1 - expected) / COUNT)
    assert np.all(np.abs(found - expected) < 4 * error)


@pytest.mark.parametrize("beta", [0.3, 2.0])
def test_one_beta_is_softmax(beta: float) -> None:
    # Closed form: exp(q / beta), normalised.
    q = [1.0, 0.4, 0.0, -0.5]
    assert_drawn(frequencies(q, beta, seed=1), scipy.special.softmax(np.divide(q, beta)))


def test_each_action_has_its_beta() -> None:
    # Oracle: quadrature over the chosen action's perturbed value.
    q, beta = [1.0, 0.8, 0.5], [0.1, 0.5, 1.5]
    expected = probabilities(q, beta)
    np.testing.assert_allclose(expected.sum(), 1, atol=1e-8)
    assert_drawn(frequencies(q, beta, seed=2), expected)


def test_without_noise_it_is_greedy_and_the_values_stay() -> None:
    # Oracle: the definition at beta = 0, also where other actions have noise.
    q = np.random.default_rng(0).normal(size=(50, 4))
    perturbed, action = exploration.boltzmann_gumbel(q, 0.0, seed=0)
    np.testing.assert_array_equal(perturbed, q)
    np.testing.assert_array_equal(action, q.argmax(-1))
    mixed, _ = exploration.boltzmann_gumbel(q, [0.0, 0.0, 1.0, 1.0], seed=0)
    np.testing.assert_array_equal(mixed[:, :2], q[:, :2])
    assert np.all(mixed[:, 2:] != q[:, 2:])


def test_the_perturbation_is_gumbel() -> None:
    # Oracle: SciPy's distribution; the action is where the perturbed value is the largest.
    q, beta = np.tile([2.0, -1.0], (5000, 1)), np.array([0.5, 3.0])
    perturbed, action = exploration.boltzmann_gumbel(q, beta, seed=3)
    for noise in ((perturbed.numpy() - q) / beta).T:
        assert scipy.stats.kstest(noise, "gumbel_r").pvalue > 1e-3
    np.testing.assert_array_equal(action, np.argmax(perturbed, -1))


def test_an_action_never_tried_comes_first() -> None:
    # Oracle: 1 / sqrt(0) is infinite, as the doubt about a value that was never seen.
    beta = 1 / tf.sqrt([[4.0, 0.0, 9.0], [0.0, 0.0, 1.0]])
    perturbed, action = exploration.boltzmann_gumbel([[9.0, 0.0, 9.0]] * 2, beta, seed=0)
    np.testing.assert_array_equal(action, [1, 0])
    assert not np.any(np.isnan(perturbed))


def test_the_same_in_a_graph_under_xla() -> None:
    # Oracle: eager evaluation, to rounding.
    q, beta = np.float32([[0.1, 0.2, 0.3]] * 100), np.float32([0.1, 0.2, 0.4])
    program = tf.function(exploration.boltzmann_gumbel, jit_compile=True)
    for eager, compiled in zip(
        exploration.boltzmann_gumbel(q, beta, seed=5), program(q, beta, seed=5), strict=True
    ):
        np.testing.assert_allclose(eager, compiled, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("beta", [-1.0, float("nan")])
def test_bad_beta_raises(beta: float) -> None:
    with pytest.raises(ValueError, match="beta must be at least 0, not"):
        exploration.boltzmann_gumbel([1.0, 2.0], beta, seed=0)
