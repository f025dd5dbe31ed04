"""Modified policy iteration: its two ends, and what lies between them."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.regularizers import Tsallis
from maxent_tf.tabular import (
    TabularMDP,
    modified_policy_iteration,
    soft_policy_iteration,
    soft_value_iteration,
)
from tests.tabular.processes import random_episodic_mdp, random_mdp


def test_without_sweeps_it_is_soft_value_iteration() -> None:
    # Oracle: value iteration itself, iterate for iterate.
    m = random_mdp((50,))
    for iterations in (1, 6, 1000):
        ours = modified_policy_iteration(m, 0.2, sweeps=0, max_iterations=iterations)
        theirs = soft_value_iteration(m, 0.2, max_iterations=iterations)
        np.testing.assert_allclose(ours.v, theirs.v, atol=1e-13)
        np.testing.assert_array_equal(ours.iterations, theirs.iterations)


def test_with_many_sweeps_it_is_soft_policy_iteration() -> None:
    # Oracle: policy iteration, iterate for iterate. Its first policy is greedy for values of 0,
    # and 400 sweeps leave 0.9^400 of the evaluation's error. After its k-th evaluation it backs
    # up once, as the (k + 1)-th iteration here does before its sweeps.
    m = random_mdp((50,))
    for iterations in (1, 2, 3):
        ours = modified_policy_iteration(m, 0.2, sweeps=400, max_iterations=iterations + 1)
        theirs = soft_policy_iteration(m, 0.2, max_iterations=iterations, tolerance=0.0)
        np.testing.assert_allclose(ours.v, theirs.v, atol=1e-9)


def test_one_sweep_matches_a_naive_loop() -> None:
    # Oracle: two rounds of greedy policy, backup and sweep, state by state.
    m, alpha, sweeps = random_episodic_mdp(()), 0.3, 2
    transition, reward = m.transition.numpy(), m.reward.numpy()
    v = np.zeros(6)
    for _ in range(2):
        q = reward + transition @ v
        policy = np.exp(q / alpha) / np.exp(q / alpha).sum(-1, keepdims=True)
        backed_up = alpha * np.log(np.exp(q / alpha).sum(-1))
        backed_up[-1] = 0
        w = backed_up
        for _ in range(sweeps):
            following = np.zeros(6)
            for s in range(5):
                for a in range(3):
                    paid = reward[s, a] - alpha * np.log(policy[s, a])
                    following[s] += policy[s, a] * (paid + transition[s, a] @ w)
            w = following
        v = w
    solution = modified_policy_iteration(m, alpha, sweeps=sweeps, max_iterations=2)
    np.testing.assert_allclose(solution.v, backed_up, rtol=1e-13)


def test_sweeps_save_iterations() -> None:
    # Oracle: value iteration's count; each iteration contracts by a further 0.99^20 at the end.
    m = random_mdp((20,), discount=0.99)
    few = modified_policy_iteration(m, 0.2, sweeps=20, regularizer=Tsallis())
    many = soft_value_iteration(m, 0.2, regularizer=Tsallis())
    assert np.all(few.converged)
    assert np.all(few.iterations.numpy() <= many.iterations.numpy() / 10)


def test_a_problem_does_not_depend_on_its_batch_and_runs_inside_a_function() -> None:
    # Oracle: the same problem alone; traced, the process's horizon is 1 / (1 - discount) as well.
    m = random_mdp((3,))
    together = modified_policy_iteration(m, [[0.0], [0.1]])
    one = tf.nest.map_structure(lambda x: x[1], m)

    @tf.function(autograph=False)
    def solve(m: TabularMDP, alpha: tf.Tensor) -> tf.Tensor:
        return modified_policy_iteration(m, alpha).v

    np.testing.assert_allclose(
        solve(one, tf.constant(0.1, tf.float64)), together.v[1, 1], atol=1e-9
    )
    alone = modified_policy_iteration(one, 0.1)
    np.testing.assert_allclose(alone.v, together.v[1, 1], atol=1e-13)
    assert int(alone.iterations) == int(together.iterations[1, 1])


def test_negative_sweeps_are_named() -> None:
    with pytest.raises(ValueError, match=r"sweeps must be at least 0, not -1\."):
        modified_policy_iteration(random_mdp(()), 0.1, sweeps=-1)
