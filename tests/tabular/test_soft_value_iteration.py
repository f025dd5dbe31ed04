"""Soft value iteration against plain NumPy, enumeration and closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import DeepSea
from maxent_tf.regularizers import KL, Shannon, Tsallis
from maxent_tf.tabular import bounds, from_environment, soft_value_iteration
from maxent_tf.tabular.soft_value_iteration import _program
from tests.tabular.processes import (
    best_deterministic_values,
    naive_soft_values,
    random_episodic_mdp,
    random_mdp,
)

ALPHAS = np.array([0.0, 0.01, 0.3, 2.0])


def test_matches_plain_loops_at_every_temperature_in_one_call() -> None:
    m = random_mdp((), discount=0.8)
    solution = soft_value_iteration(m, ALPHAS, tolerance=1e-12)
    assert np.all(solution.converged)
    for v, alpha in zip(solution.v, ALPHAS, strict=True):
        np.testing.assert_allclose(v, naive_soft_values(m, alpha, 200), atol=2e-12)


def test_without_entropy_it_is_the_best_of_all_deterministic_policies() -> None:
    for m in (random_mdp((), states=4, actions=3), random_episodic_mdp((), states=4, actions=3)):
        v = soft_value_iteration(m, 0.0).v
        np.testing.assert_allclose(v, best_deterministic_values(m), atol=1e-9)


def test_the_undiscounted_sea_has_a_closed_form() -> None:
    # Oracle: with a path's probability in proportion to exp(return / alpha), the value is alpha
    # times the log of the sum over the 2^N paths, of which one earns 1: the others pay only costs.
    size, alpha = 8, 0.13
    cost = np.exp(-0.01 / size / alpha)
    total = (1 + cost) ** size + cost**size * (np.exp(1 / alpha) - 1)
    m = from_environment(DeepSea(size), discount=1.0)
    solution = soft_value_iteration(m, alpha)
    np.testing.assert_allclose(float(solution.v[0]), alpha * np.log(total), rtol=1e-13)
    assert bool(solution.converged)


def test_tsallis_and_kl_match_the_operator_iterated_in_numpy() -> None:
    # Oracle: sparsemax by sorting (Martins and Astudillo 2016), and a weighted log-sum-exp.
    m, alpha = random_mdp((), discount=0.7), 0.4
    reference = np.array([0.7, 0.2, 0.1])
    transition, reward = m.transition.numpy(), m.reward.numpy()

    def sparse(q: np.ndarray) -> float:
        z = np.sort(q / alpha)[::-1]
        k = np.arange(1, len(z) + 1)
        support = k[1 + k * z > np.cumsum(z)][-1]
        p = np.maximum(q / alpha - (z[:support].sum() - 1) / support, 0)
        return float(p @ q + alpha * (1 - p @ p) / 2)

    def weighted(q: np.ndarray) -> float:
        return float(alpha * np.log(reference @ np.exp(q / alpha)))

    for regularizer, soft_max in [(Tsallis(), sparse), (KL(reference), weighted)]:
        v = np.zeros(m.num_states)
        for _ in range(120):
            v = np.array([soft_max(q) for q in reward + 0.7 * transition @ v])
        solution = soft_value_iteration(m, alpha, regularizer=regularizer)
        np.testing.assert_allclose(solution.v, v, atol=1e-10)


@pytest.mark.parametrize("episodic", [False, True])
@pytest.mark.parametrize("iterations", [1, 5, 40, 100_000])
def test_the_bound_holds_whenever_it_stops(episodic: bool, iterations: int) -> None:
    # Oracle: 200 processes solved to rounding by the plain operator in NumPy, much longer.
    m = random_episodic_mdp((200,)) if episodic else random_mdp((200,))
    alpha = 0.2
    transition, reward = m.transition.numpy(), m.reward.numpy()
    discount, goes_on = m.discount.numpy()[:, None, None], ~m.terminal.numpy()
    truth = np.zeros((200, 6))
    for _ in range(600):
        q = reward + discount * (transition @ truth[:, None, :, None])[..., 0]
        truth = goes_on * alpha * np.log(np.exp(q / alpha).sum(-1))
    tolerance = 1e-9
    solution = soft_value_iteration(m, alpha, tolerance=tolerance, max_iterations=iterations)
    error = np.abs(solution.v.numpy() - truth).max(-1)
    assert np.all(error <= solution.error_bound)
    np.testing.assert_array_equal(solution.converged, solution.error_bound <= tolerance)
    assert np.all(solution.converged) == (iterations == 100_000)
    if iterations < 100_000:
        assert np.all(solution.iterations == iterations)
    if iterations == 40 and not episodic:
        # With one slow direction, that of constants, the bound is tight.
        assert np.all(solution.error_bound <= 10 * error)


def test_the_bound_without_its_rounding_is_that_of_the_contraction() -> None:
    solution = soft_value_iteration(random_mdp((), discount=0.9), 0.2, max_iterations=10)
    bound = bounds.contraction_error(solution.residual, 0.9)
    np.testing.assert_allclose(solution.error_bound, bound, rtol=1e-9)


def test_a_tolerance_below_rounding_ends_without_converging() -> None:
    # Oracle: no float64 value of size 10 is known to 1e-18.
    solution = soft_value_iteration(random_mdp(()), 0.2, tolerance=1e-18)
    assert not bool(solution.converged)
    assert int(solution.iterations) < 1000
    assert 1e-18 < float(solution.error_bound) < 1e-11


def test_a_problem_does_not_depend_on_its_batch() -> None:
    # Oracle: the same problems one by one.
    m = random_mdp((3,))
    together = soft_value_iteration(m, ALPHAS[:, None])
    assert together.v.shape == [4, 3, 6]
    for i in range(3):
        alone = soft_value_iteration(tf.nest.map_structure(lambda x, i=i: x[i], m), ALPHAS)
        np.testing.assert_allclose(alone.v, together.v[:, i], atol=1e-13)
        np.testing.assert_array_equal(alone.iterations, together.iterations[:, i])


def test_q_v_and_policy_fit_together() -> None:
    # Oracle: one backup and one softmax in NumPy.
    m = random_mdp(())
    solution = soft_value_iteration(m, 0.5)
    q = m.reward.numpy() + 0.9 * m.transition.numpy() @ solution.v.numpy()
    np.testing.assert_allclose(solution.q, q, rtol=1e-13)
    weight = np.exp(q / 0.5)
    np.testing.assert_allclose(solution.policy, weight / weight.sum(-1, keepdims=True), rtol=1e-12)


def test_it_compiles_once_for_a_shape() -> None:
    m = random_mdp((2,), states=3)
    soft_value_iteration(m, 0.1)
    before = _program(Shannon()).experimental_get_tracing_count()
    for alpha in (0.2, tf.constant(0.3, tf.float64)):
        soft_value_iteration(m, alpha, tolerance=1e-5, max_iterations=7)
    other = tf.nest.map_structure(tf.identity, m)
    soft_value_iteration(other, 0.1)
    assert _program(Shannon()).experimental_get_tracing_count() == before


def test_bad_temperatures_are_named() -> None:
    m = random_mdp((3,))
    with pytest.raises(ValueError, match=r"alpha must be finite, at least 0, not -1\.0"):
        soft_value_iteration(m, -1.0)
    with pytest.raises(ValueError, match=r"alpha of shape \(2,\) must broadcast"):
        soft_value_iteration(m, [0.1, 0.2])
