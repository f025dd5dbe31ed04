"""Evaluation and occupancy against iteration, power series and each other."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import reference
from maxent_tf.tabular import evaluate_policy, occupancy, soft_value_iteration
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
