"""Evaluation and occupancy against iteration, power series and each other."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import reference
from maxent_tf.tabular import (
    TabularMDP,
    evaluate_policy,
    occupancy,
    policy_gradient,
    soft_value_iteration,
)
from tests.tabular.processes import random_episodic_mdp, random_mdp


def _policy(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1])


@pytest.mark.parametrize("episodic", [False, True])
def test_matches_repeated_expectation(episodic: bool) -> None:
    # Oracle: the policy's backup in NumPy, iterated to convergence.
    m = random_episodic_mdp(()) if episodic else random_mdp(())
    policy = _policy((6, 3))
    entropy = reference.discrete_entropy(np.log(policy))
    transition, reward = m.transition.numpy(), m.reward.numpy()
    for alpha in (0.0, 0.7):
        v = np.zeros(6)
        for _ in range(1000):
            q = reward + float(m.discount) * transition @ v
            v = np.where(m.terminal, 0, (policy * q).sum(-1) + alpha * entropy)
        found = evaluate_policy(m, policy, alpha)
        np.testing.assert_allclose(found.v, v, atol=1e-12)
        np.testing.assert_allclose(found.objective, m.initial.numpy() @ v, atol=1e-12)


def test_the_soft_optimal_policy_is_worth_the_soft_optimal_values() -> None:
    # Oracle: soft value iteration, on 200 processes and a path of temperatures.
    m, alpha = random_mdp((200,)), np.array([[0.05], [0.5]])
    solution = soft_value_iteration(m, alpha, tolerance=1e-11)
    found = evaluate_policy(m, solution.policy, alpha)
    np.testing.assert_allclose(found.v, solution.v, atol=1e-9)


@pytest.mark.parametrize("episodic", [False, True])
def test_occupancy_sums_the_distributions_over_time(episodic: bool) -> None:
    # Oracle: the distribution over states, followed step by step.
    m = random_episodic_mdp(()) if episodic else random_mdp(())
    policy = _policy((6, 3))
    now, total = m.initial.numpy() * ~m.terminal.numpy(), np.zeros((6, 3))
    for _ in range(1000):
        total += now[:, None] * policy
        now = float(m.discount) * np.einsum("s,sa,sat->t", now, policy, m.transition)
        now *= ~m.terminal.numpy()
    np.testing.assert_allclose(occupancy(m, policy), total, atol=1e-11)


def test_occupancy_and_values_give_one_return() -> None:
    # Oracle: duality, <d, r> = <mu, v>, on 200 processes.
    m, policy = random_mdp((200,)), _policy((200, 6, 3))
    paid = tf.reduce_sum(occupancy(m, policy) * m.reward, [-1, -2])
    np.testing.assert_allclose(paid, evaluate_policy(m, policy).objective, atol=1e-12)


def test_a_policy_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"policy must have shape \[\.\.\., 6, 3\]"):
        evaluate_policy(random_mdp(()), np.full((6, 2), 0.5))


@pytest.mark.parametrize("end", [3e-12, 1e-16])
@pytest.mark.parametrize("function", [evaluate_policy, occupancy])
def test_what_rounding_leaves_nothing_of_is_refused(function: Callable, end: float) -> None:
    # Oracle: 1 / p steps, each with a rounding error near 1e-16: 3e11 of them leave four digits,
    # 1e16 none, and a linear solve would give any sign.
    table = [[[0.0, 1 - end, end]], [[1 - end, 0.0, end]], [[0.0, 0.0, 1.0]]]
    m = TabularMDP(table, [[1.0], [1.0], [0.0]], 1.0, [1.0, 0.0, 0.0])
    if end > 1e-15:
        found = function(m, np.ones((3, 1)))
        size = found.v[0] if function is evaluate_policy else tf.reduce_sum(found)
        np.testing.assert_allclose(size, 1 / end, rtol=1e-3)
    else:
        with pytest.raises(ValueError, match="float64 cannot distinguish them from endless"):
            function(m, np.ones((3, 1)))


def test_a_singular_matrix_in_a_gradient_is_named() -> None:
    # Oracle: 1 - 1e-17 is 1 in float64.
    table = [[[1 - 1e-17, 1e-17]], [[0.0, 1.0]]]
    m = TabularMDP(table, [[1.0], [0.0]], 1.0, [1.0, 0.0])
    with pytest.raises(ValueError, match="Take a smaller discount, or finite_horizon"):
        policy_gradient(m, np.zeros((2, 1)), 0.0, 0.1, 2)


def test_a_network_gives_policies_and_temperatures_in_float32() -> None:
    # Oracle: the same numbers in float64. Python's numbers are not rounded to float32.
    m, policy = random_mdp(()), tf.constant(_policy((6, 3)), tf.float32)
    exact = evaluate_policy(m, tf.cast(policy, tf.float64), float(np.float32(0.3)))
    np.testing.assert_array_equal(evaluate_policy(m, policy, tf.constant(0.3)).v, exact.v)
    assert not np.array_equal(evaluate_policy(m, policy, 0.3).v, exact.v)
    np.testing.assert_array_equal(occupancy(m, policy), occupancy(m, tf.cast(policy, tf.float64)))
    one = [
        policy_gradient(m, x, 0.1, s, 1).logits
        for x, s in [(policy, tf.constant(0.5)), (tf.cast(policy, tf.float64), 0.5)]
    ]
    np.testing.assert_array_equal(*one)
