"""Natural policy gradient against its Fisher form, its theorem and soft policy iteration."""

import numpy as np
import pytest

from maxent_tf.tabular import (
    TabularMDP,
    bounds,
    evaluate_policy,
    natural_policy_gradient,
    occupancy,
    policy_gradient,
    soft_policy_iteration,
)
from tests.tabular.processes import random_episodic_mdp, random_mdp


def test_a_step_is_the_gradient_through_the_inverse_fisher_matrix() -> None:
    # Oracle: the pseudo-inverse of the Fisher matrix of the normalised visits, written out.
    m, alpha, step_size = random_mdp(()), 0.2, 0.1
    logits = np.random.default_rng(2).normal(size=(6, 3))
    policy = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    gradient = policy_gradient(m, logits, alpha, 1.0, 1).logits.numpy() - logits
    visits = (1 - 0.9) * occupancy(m, policy).numpy().sum(-1)
    following = logits.copy()
    for s in range(6):
        fisher = visits[s] * (np.diag(policy[s]) - np.outer(policy[s], policy[s]))
        following[s] += step_size * np.linalg.pinv(fisher, rcond=1e-10) @ gradient[s]
    expected = np.exp(following) / np.exp(following).sum(-1, keepdims=True)
    found = natural_policy_gradient(m, logits, alpha, step_size, 1).policy
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_largest_step_is_soft_policy_iteration() -> None:
    # Oracle: a softmax of the evaluated action values.
    m, alpha = random_mdp((20,)), 0.3
    q = evaluate_policy(m, np.full((20, 6, 3), 1 / 3), alpha).q.numpy()
    weight = np.exp(q / alpha)
    found = natural_policy_gradient(m, np.zeros((6, 3)), alpha, (1 - 0.9) / alpha, 1).policy
    np.testing.assert_allclose(found, weight / weight.sum(-1, keepdims=True), rtol=1e-10)


@pytest.mark.parametrize("fraction", [0.2, 1.0])
def test_the_theorem_s_bounds_hold_on_200_processes(fraction: float) -> None:
    # Oracle: theorem 1 of Cen et al., from a random policy. Rounding is some 1e-11 of the values.
    m, alpha = random_mdp((200,)), 0.2
    step_size = fraction * (1 - 0.9) / alpha
    logits = np.random.default_rng(3).normal(size=(200, 6, 3))
    best = soft_policy_iteration(m, alpha, tolerance=0.0)
    best_log = np.log(best.policy)

    def errors(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ascent = natural_policy_gradient(m, logits, alpha, step_size, 0)
        q_error = np.abs(ascent.q - best.q).max((-1, -2))
        return q_error, np.abs(np.log(ascent.policy) - best_log).max((-1, -2)), ascent.logits

    q_error, log_error, _ = errors(logits)
    constant = bounds.natural_gradient_constant(q_error, log_error, alpha, step_size, 0.9)
    for t in range(1, 21):
        logits = natural_policy_gradient(m, logits, alpha, step_size, 1).logits.numpy()
        q_error, log_error, _ = errors(logits)
        q_bound, log_bound = bounds.natural_gradient_errors(constant, alpha, step_size, 0.9, t)
        assert np.all(q_error <= q_bound + 1e-11)
        assert np.all(log_error <= log_bound + 1e-10)


def test_the_bandit_needs_the_known_numbers_of_steps() -> None:
    # Oracle: figures computed independently in NumPy, from the uniform policy.
    m = TabularMDP([[[1.0]] * 3], [[1.0, 0.9, 0.1]], 0.0, [1.0], terminal=[False])
    best = np.array([1.0, 0.9, 0.1]) - np.log(np.exp([1.0, 0.9, 0.1]).sum())
    logits = np.zeros((1, 3))
    for solver, steps in [(natural_policy_gradient, 63), (policy_gradient, 278)]:
        for t, close in [(steps - 1, False), (steps, True)]:
            policy = solver(m, logits, 1.0, 0.1, t).policy
            assert (np.abs(np.log(policy[0]) - best).max() < 1e-3) == close


def test_steps_that_need_not_converge_are_refused() -> None:
    with pytest.raises(ValueError, match=r"step_size must be at most .* not 10 times that"):
        natural_policy_gradient(random_mdp(()), np.zeros((6, 3)), 1.0, 1.0, 1)
    with pytest.raises(ValueError, match=r"discount must be below 1, not 1\.0"):
        natural_policy_gradient(random_episodic_mdp(()), np.zeros((6, 3)), 0.1, 0.1, 1)
