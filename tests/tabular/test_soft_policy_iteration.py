"""Soft policy iteration against soft value iteration, and its own theory."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.regularizers import KL, Regularizer, ReverseKL, Shannon, Tsallis
from maxent_tf.tabular import soft_policy_iteration, soft_value_iteration
from tests.tabular.processes import (
    best_deterministic_values,
    random_episodic_mdp,
    random_mdp,
)


@pytest.mark.parametrize(
    "regularizer",
    [Shannon(), Tsallis(), KL([0.6, 0.3, 0.1]), ReverseKL([0.6, 0.3, 0.1])],
    ids=["shannon", "tsallis", "kl", "reverse-kl"],
)
def test_agrees_with_soft_value_iteration_on_200_processes(regularizer: Regularizer) -> None:
    m, alpha = random_mdp((200,)), np.array([[0.0], [0.05], [0.5]])
    by_policies = soft_policy_iteration(m, alpha, regularizer=regularizer)
    by_values = soft_value_iteration(m, alpha, regularizer=regularizer)
    assert np.all(by_policies.converged)
    assert np.all(by_values.converged)
    difference = np.abs(by_policies.v - by_values.v).max(-1)
    assert np.all(difference <= by_policies.error_bound + by_values.error_bound)
    assert np.max(by_policies.iterations) <= 12


def test_without_discount_it_agrees_too() -> None:
    m = random_episodic_mdp((50,))
    by_policies = soft_policy_iteration(m, 0.3)
    assert np.all(by_policies.converged)
    np.testing.assert_allclose(by_policies.v, soft_value_iteration(m, 0.3).v, atol=2e-10)


def test_at_alpha_zero_it_is_policy_iteration() -> None:
    # Oracle: enumeration of the deterministic policies.
    m = random_mdp((), states=4, actions=3)
    solution = soft_policy_iteration(m, 0.0)
    np.testing.assert_allclose(solution.v, best_deterministic_values(m), atol=1e-11)


def test_contracts_by_the_discount_and_finally_squares_its_error() -> None:
    # Oracle: the theorem's rate gamma; e_{k+1} <= C e_k^2 with one C over the last iterations.
    m, alpha = random_mdp((200,)), 0.2
    truth = soft_policy_iteration(m, alpha, tolerance=0.0).v.numpy()
    errors = []
    for iterations in range(1, 7):
        v = soft_policy_iteration(m, alpha, tolerance=0.0, max_iterations=iterations).v
        errors.append(np.abs(v - truth).max(-1))
    for before, after in itertools.pairwise(errors):
        assert np.all(after <= 0.9 * before + 1e-13)
    early, late = errors[0], errors[1]
    assert np.all(late <= 5 * early**2)
    assert late.max() > 1e-6  # not yet rounding


def test_the_bound_holds_when_it_runs_out_of_iterations() -> None:
    # Oracle: the converged solution, within its own bound.
    m = random_mdp((200,))
    truth = soft_policy_iteration(m, 0.2)
    early = soft_policy_iteration(m, 0.2, max_iterations=1)
    assert not np.any(early.converged)
    error = np.abs(early.v - truth.v).max(-1)
    assert np.all(error <= early.error_bound + truth.error_bound)


def test_a_problem_does_not_depend_on_its_batch() -> None:
    m = random_mdp((3,))
    together = soft_policy_iteration(m, 0.1)
    alone = soft_policy_iteration(tf.nest.map_structure(lambda x: x[1], m), 0.1)
    np.testing.assert_allclose(alone.v, together.v[1], atol=1e-13)
    assert int(alone.iterations) == int(together.iterations[1])
