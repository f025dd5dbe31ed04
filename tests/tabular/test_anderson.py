"""Anderson-accelerated value iteration against plain value iteration and NumPy's least squares."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import FourRooms
from maxent_tf.tabular import (
    TabularMDP,
    anderson_value_iteration,
    from_environment,
    soft_policy_iteration,
    soft_value_iteration,
)
from tests.tabular.processes import random_episodic_mdp, random_mdp


def test_with_a_memory_of_one_it_is_soft_value_iteration() -> None:
    # Oracle: value iteration itself, iterate for iterate.
    for m in (random_mdp((50,)), random_episodic_mdp((50,))):
        for iterations in (1, 7, 1000):
            ours = anderson_value_iteration(m, 0.2, memory=1, max_iterations=iterations)
            theirs = soft_value_iteration(m, 0.2, max_iterations=iterations)
            np.testing.assert_allclose(ours.v, theirs.v, atol=1e-13)
            np.testing.assert_array_equal(ours.iterations, theirs.iterations)


def test_the_third_iterate_matches_constrained_least_squares() -> None:
    # Oracle: theta minimises |(1 - theta) f_0 + theta f_1|, one unknown, in closed form.
    m, alpha = random_mdp(()), 0.3

    def backup(v: np.ndarray) -> np.ndarray:
        q = m.reward.numpy() + 0.9 * m.transition.numpy() @ v
        return alpha * np.log(np.exp(q / alpha).sum(-1))

    start = backup(np.zeros(6))
    once = backup(start)
    before, after = start, once - start
    theta = -before @ (after - before) / ((after - before) @ (after - before))
    mixed = (1 - theta) * start + theta * once
    solution = anderson_value_iteration(m, alpha, max_iterations=3)
    np.testing.assert_allclose(solution.v, backup(mixed), rtol=1e-8)


def test_it_saves_iterations_where_discounting_is_slow() -> None:
    # Oracle: value iteration needs log(tolerance) / log(gamma); both must be right.
    m = random_mdp((200,), discount=0.999)
    truth = soft_policy_iteration(m, 0.2)
    fast = anderson_value_iteration(m, 0.2, tolerance=1e-6)
    slow = soft_value_iteration(m, 0.2, tolerance=1e-6)
    assert np.all(fast.converged)
    error = np.abs(fast.v - truth.v).max(-1)
    assert np.all(error <= fast.error_bound + truth.error_bound)
    ratio = fast.iterations.numpy() / slow.iterations.numpy()
    assert np.all(ratio < 1)
    assert np.median(ratio) < 0.01


@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_the_safeguard_keeps_it_from_being_much_slower(alpha: float) -> None:
    # Oracle: the residual falls by (1 + gamma) / 2 in every two backups, from 1 until certified
    # to the square of the tolerance. Hard maxima have kinks, over which combinations overshoot.
    discount = 0.9
    m = from_environment(FourRooms(), discount=discount)
    fast = anderson_value_iteration(m, alpha, tolerance=1e-8)
    slow = soft_value_iteration(m, alpha, tolerance=1e-8)
    assert bool(fast.converged)
    np.testing.assert_allclose(fast.v, slow.v, atol=2e-8)
    certified = np.log(1e-16 * (1 - discount)) / np.log((1 + discount) / 2)
    assert int(fast.iterations) <= 2 * certified


def test_running_out_of_iterations_shows_and_the_bound_stays_true() -> None:
    # Oracle: policy iteration. The best certified iterate is kept, so the bound never rises.
    m = random_mdp((200,), discount=0.99)
    truth = soft_policy_iteration(m, 0.0)
    last = np.full(200, np.inf)
    for iterations in (1, 2, 5, 9):
        solution = anderson_value_iteration(m, 0.0, max_iterations=iterations)
        assert not np.any(solution.converged)
        error = np.abs(solution.v - truth.v).max(-1)
        assert np.all(error <= solution.error_bound + truth.error_bound)
        assert np.all(solution.error_bound <= last)
        last = solution.error_bound


def test_a_problem_does_not_depend_on_its_batch_and_runs_inside_a_function() -> None:
    # Oracle: the same problem alone. Rounding moves combinations, within what is certified.
    m = random_mdp((3,))
    together = anderson_value_iteration(m, [[0.0], [0.1]])
    one = tf.nest.map_structure(lambda x: x[1], m)

    @tf.function(autograph=False)
    def solve(m: TabularMDP, alpha: tf.Tensor) -> tf.Tensor:
        return anderson_value_iteration(m, alpha).v

    np.testing.assert_allclose(
        solve(one, tf.constant(0.1, tf.float64)), together.v[1, 1], atol=2e-10
    )
    np.testing.assert_allclose(anderson_value_iteration(one, 0.1).v, together.v[1, 1], atol=2e-10)


def test_an_empty_memory_is_named() -> None:
    with pytest.raises(ValueError, match=r"memory must be at least 1, not 0\."):
        anderson_value_iteration(random_mdp(()), 0.1, memory=0)
