"""The bounds on values and errors, held against exact solutions and numerical maximisation."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import scipy.optimize
import scipy.special

from maxent_tf.tabular import (
    bounds,
    evaluate_policy,
    occupancy,
    soft_policy_iteration,
    soft_value_iteration,
)
from tests.tabular.processes import random_mdp

ALPHAS = np.array([[0.01], [0.2], [2.0]])


def test_both_gaps_lie_within_their_bound_on_200_processes() -> None:
    m = random_mdp((200,))
    best = soft_policy_iteration(m, 0.0).v.numpy()
    soft = soft_policy_iteration(m, ALPHAS)
    reward_alone = evaluate_policy(m, soft.policy).v.numpy()
    bound = bounds.soft_value_gap(ALPHAS, 3, 0.9)[..., None]
    for gap in (soft.v.numpy() - best, best - reward_alone):
        assert np.all(gap >= -1e-9)
        assert np.all(gap <= bound + 1e-9)
    # It is attained where nothing is at stake.
    idle = m._replace(reward=0 * m.reward)
    entropy_alone = soft_policy_iteration(idle, 0.2).v
    np.testing.assert_allclose(entropy_alone, bounds.soft_value_gap(0.2, 3, 0.9), rtol=1e-9)


def test_the_bellman_operator_contracts_on_200_processes() -> None:
    # Oracle: the true errors of successive iterates.
    m = random_mdp((200,))
    truth = soft_policy_iteration(m, 0.2, tolerance=0.0).v.numpy()
    errors = [
        np.abs(soft_value_iteration(m, 0.2, max_iterations=k).v - truth).max(-1)
        for k in range(1, 9)
    ]
    for before, after in itertools.pairwise(errors):
        assert np.all(after <= 0.9 * before + 1e-12)
    assert bounds.contraction_error(3.0, 0.75) == 9.0


def test_suboptimality_is_divergence_from_the_soft_optimum_on_200_processes() -> None:
    # Oracle: lemma 26 of Mei et al. (2020): the two sides are computed apart.
    m, alpha = random_mdp((200,)), 0.3
    policy = np.random.default_rng(4).dirichlet(np.ones(3), (200, 6))
    best = soft_policy_iteration(m, alpha, tolerance=0.0)
    left = (m.initial * best.v).numpy().sum(-1) - evaluate_policy(m, policy, alpha).objective
    divergence = scipy.special.rel_entr(policy, best.policy.numpy()).sum(-1)
    right = alpha * (occupancy(m, policy).numpy().sum(-1) * divergence).sum(-1)
    np.testing.assert_allclose(left, right, atol=1e-10)


@pytest.mark.parametrize("num_actions", [2, 3, 10])
def test_no_bandit_loses_more_than_the_sharp_bound(num_actions: int) -> None:
    # Oracle: numerical maximisation over all gaps.
    alpha = 0.7

    def loss(gaps: np.ndarray) -> float:
        gaps = np.append(0.0, np.abs(gaps))
        return -float(scipy.special.softmax(-gaps / alpha) @ gaps)

    found = scipy.optimize.minimize(loss, np.linspace(0.5, 1.5, num_actions - 1), tol=1e-12)
    bound = bounds.bandit_suboptimality(alpha, num_actions)
    np.testing.assert_allclose(-found.fun, bound, rtol=1e-8)
    lambert = scipy.special.lambertw((num_actions - 1) / np.e).real
    np.testing.assert_allclose(bound, alpha * lambert, rtol=1e-14)
    assert bound < alpha * np.log(num_actions)


def test_policy_iteration_ends_within_its_quadratic_bound_on_200_processes() -> None:
    # Oracle: the true errors of successive policies.
    m = random_mdp((200,))
    truth = soft_policy_iteration(m, ALPHAS, tolerance=0.0).v.numpy()
    q, errors = m.reward.numpy(), []
    for _ in range(5):
        policy = scipy.special.softmax(q / ALPHAS[..., None, None], -1)
        evaluation = evaluate_policy(m, policy, ALPHAS)
        q = evaluation.q.numpy()
        errors.append(np.abs(evaluation.v - truth).max(-1))
    for before, after in itertools.pairwise(errors):
        bound = bounds.soft_policy_iteration_error(before, ALPHAS, 0.9)
        assert np.all(after <= bound + 1e-11)
    quadratic = bounds.soft_policy_iteration_error(errors[0], ALPHAS, 0.9) < 0.9 * errors[0]
    assert quadratic.any()
    assert not quadratic.all()


def test_the_estimated_threshold_equates_a_goal_with_wandering() -> None:
    # Closed form: alpha log A / (1 - gamma), what uniform wandering earns, is the goal's value.
    alpha = bounds.entropy_living_threshold(0.93, 4, 0.99)
    np.testing.assert_allclose(bounds.soft_value_gap(alpha, 4, 0.99), 0.93, rtol=1e-14)


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (lambda: bounds.soft_value_gap(0.1, 3, 1.5), r"discount must lie in \[0, 1\), not 1.5"),
        (lambda: bounds.soft_value_gap([0.1, -0.2], 3, 0.5), "alpha must be at least 0"),
        (lambda: bounds.soft_value_gap(0.1, 0, 0.5), "num_actions must be at least 1, not 0"),
        (lambda: bounds.contraction_error(0.3, [0.9, 1.0]), r"discount must lie in \[0, 1\)"),
        (lambda: bounds.contraction_error(-0.3, 0.9), "residual must be at least 0, not -0.3"),
        (lambda: bounds.contraction_error(np.nan, 0.9), "residual must be at least 0, not nan"),
        (lambda: bounds.soft_policy_iteration_error(0.0, 0.0, 0.5), "alpha must be positive"),
        (lambda: bounds.soft_policy_iteration_error(-1.0, 0.1, 0.5), "error must be at least 0"),
        (lambda: bounds.bandit_suboptimality(-0.5, 3), "alpha must be at least 0, not -0.5"),
    ],
)
def test_outside_of_their_range_there_is_no_bound(bound: Callable, message: str) -> None:
    # Oracle: the formulas would give negative numbers, NaN or infinity.
    with pytest.raises(ValueError, match=message):
        bound()
