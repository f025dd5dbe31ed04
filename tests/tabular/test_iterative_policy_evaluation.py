"""Evaluation by iteration against linear solves."""

import numpy as np
import pytest

from maxent_tf.regularizers import Tsallis
from maxent_tf.tabular import evaluate_policy, iterative_policy_evaluation
from tests.tabular.processes import random_episodic_mdp, random_mdp
from tests.tabular.test_sparse_transitions import random_pair


@pytest.mark.parametrize("discount", [0.0, 0.9, 1.0])
def test_sparse_and_dense_agree_with_linear_solves(discount: float) -> None:
    # Oracle: evaluate_policy.
    sparse, dense = random_pair((2,), discount=discount)
    policy = np.random.default_rng(3).dirichlet(np.ones(3), (2, 7))
    alpha = [[0.0], [0.5]]
    truth = evaluate_policy(dense, policy, alpha)
    for m in (sparse, dense):
        found = iterative_policy_evaluation(m, policy, alpha, tolerance=1e-12)
        np.testing.assert_allclose(found.v, truth.v, atol=2e-12)
        np.testing.assert_allclose(found.q, truth.q, atol=2e-12)
        np.testing.assert_allclose(found.objective, truth.objective, atol=2e-12)
        assert np.all(found.converged)


@pytest.mark.parametrize("episodic", [False, True])
@pytest.mark.parametrize("iterations", [1, 10, 100_000])
def test_the_bound_holds_whenever_it_stops(episodic: bool, iterations: int) -> None:
    # Oracle: linear solves, on 200 processes with random policies.
    m = random_episodic_mdp((200,)) if episodic else random_mdp((200,))
    policy = np.random.default_rng(0).dirichlet(np.ones(3), (200, 6))
    found = iterative_policy_evaluation(
        m, policy, 0.3, regularizer=Tsallis(), tolerance=1e-9, max_iterations=iterations
    )
    truth = evaluate_policy(m, policy, 0.3, regularizer=Tsallis()).v
    assert np.all(np.abs(found.v - truth).max(-1) <= found.error_bound)
    np.testing.assert_array_equal(found.converged, found.error_bound <= 1e-9)
    assert np.all(found.converged) == (iterations == 100_000)


def test_a_policy_of_another_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"policy must have shape \[\.\.\., 6, 3\]"):
        iterative_policy_evaluation(random_mdp(()), np.ones([6, 2]) / 2)
