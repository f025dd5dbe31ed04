"""All solvers against each other, enumeration and plain NumPy, on 200 random processes a call."""

import functools
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.regularizers import KL, Regularizer, ReverseKL, Shannon, Tsallis
from maxent_tf.tabular import (
    Solution,
    TabularMDP,
    anderson_value_iteration,
    bounds,
    evaluate_policy,
    finite_horizon,
    modified_policy_iteration,
    soft_policy_iteration,
    soft_value_iteration,
)
from maxent_tf.tabular.backups import horizon
from maxent_tf.tabular.backups import rounding as rounding_of_a_backup
from tests.tabular.processes import best_deterministic_values, random_episodic_mdp, random_mdp

ALPHAS = np.array([0.0, 0.01, 0.1, 1.0])[:, None]
REGULARIZERS = [Shannon(), Tsallis(), KL([0.6, 0.3, 0.1]), ReverseKL([0.6, 0.3, 0.1])]
SOLVERS = [
    soft_value_iteration,
    soft_policy_iteration,
    modified_policy_iteration,
    anderson_value_iteration,
]
Solver = Callable[..., Solution]

each_regularizer = pytest.mark.parametrize(
    "regularizer", REGULARIZERS, ids=["shannon", "tsallis", "kl", "reverse-kl"]
)
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.__name__)
each_kind = pytest.mark.parametrize("episodic", [False, True], ids=["endless", "episodic"])


def _processes(episodic: bool, states: int = 6) -> TabularMDP:
    build = random_episodic_mdp if episodic else random_mdp
    return build((200,), states=states)


@pytest.mark.parametrize(
    "regularizer",
    [
        Shannon(),
        *(pytest.param(x, marks=pytest.mark.slow, id=type(x).__name__) for x in REGULARIZERS[1:]),
    ],
)
@each_kind
def test_all_solvers_agree_at_every_temperature(episodic: bool, regularizer: Regularizer) -> None:
    m = _processes(episodic)
    solutions = [solver(m, ALPHAS, regularizer=regularizer) for solver in SOLVERS]
    for solution in solutions:
        assert np.all(solution.converged)
        for other in solutions:
            difference = np.abs(solution.v - other.v).max(-1)
            assert np.all(difference <= solution.error_bound + other.error_bound)
    # With 200 steps left, what follows is worth at most 0.9^200 or 0.95^200 of the largest value.
    steps = finite_horizon(m, ALPHAS, 200, regularizer=regularizer)
    rest = (0.95 if episodic else 0.9) ** 200 * np.abs(solutions[0].v).max()
    np.testing.assert_allclose(steps.v[0], solutions[0].v, rtol=0, atol=rest + 2e-10)
    np.testing.assert_allclose(steps.q[0], solutions[0].q, rtol=0, atol=rest + 2e-10)


@each_solver
@each_kind
def test_without_entropy_it_is_value_iteration_in_numpy(episodic: bool, solver: Solver) -> None:
    # Oracle: the hard backup, 600 times, on arrays.
    m = _processes(episodic)
    transition, reward, goes_on = m.transition.numpy(), m.reward.numpy(), ~m.terminal.numpy()
    v = np.zeros((200, 6))
    for _ in range(600):
        following = np.einsum("msat,mt->msa", transition, v)
        v = goes_on * (reward + m.discount.numpy()[:, None, None] * following).max(-1)
    np.testing.assert_allclose(solver(m, ALPHAS).v[0], v, rtol=0, atol=2e-10)


@each_solver
@each_kind
def test_without_entropy_no_deterministic_policy_is_better(episodic: bool, solver: Solver) -> None:
    # Oracle: all 3^4 policies of each of 20 processes, each by a linear solve.
    m = _processes(episodic, states=4)
    v = solver(m, 0.0).v
    for i in range(20):
        one = tf.nest.map_structure(lambda x: x[i], m)  # noqa: B023
        np.testing.assert_allclose(v[i], best_deterministic_values(one), rtol=0, atol=2e-10)


@functools.cache
def _values_in_long_double(episodic: bool) -> np.ndarray:
    """The values for Shannon's entropy at all temperatures, by backups from nearby ones."""
    m = _processes(episodic)
    alpha = ALPHAS[..., None].astype(np.longdouble)
    transition, reward = (x.numpy().astype(np.longdouble) for x in (m.transition, m.reward))
    discount, goes_on = m.discount.numpy().astype(np.longdouble)[:, None, None], ~m.terminal.numpy()
    v = soft_policy_iteration(m, ALPHAS, tolerance=0.0).v.numpy().astype(np.longdouble)
    for _ in range(120):
        q = reward + discount * (transition @ v[..., None, :, None])[..., 0]
        top = q.max(-1)
        gap = (q - top[..., None]) / np.maximum(alpha, 1e-30)[..., None]
        v = goes_on * (top + alpha * np.log(np.exp(gap).sum(-1)))
    return v


@each_solver
@each_kind
@pytest.mark.parametrize("iterations", [1, 4, 15, 100_000])
def test_the_bound_holds_and_is_tight(solver: Solver, episodic: bool, iterations: int) -> None:
    # Oracle: the fixed points to 18 digits.
    m = _processes(episodic)
    solution = solver(m, ALPHAS, tolerance=1e-7, max_iterations=iterations)
    truth = _values_in_long_double(episodic)
    error = np.abs(solution.v.numpy() - truth).max(-1).astype(np.float64)
    bound = solution.error_bound.numpy()
    assert np.all(error <= bound)
    np.testing.assert_array_equal(solution.converged, bound <= 1e-7)
    if iterations == 1 and solver is not soft_policy_iteration:
        assert not np.any(solution.converged)
    if iterations == 100_000:
        assert np.all(solution.converged)
        rounding = (horizon(m) * rounding_of_a_backup(m, solution.v, solution.v, ALPHAS)).numpy()
        assert np.all(bound <= 3 * error + 4 * rounding)


# The reverse divergence has no bound.
@pytest.mark.parametrize("regularizer", REGULARIZERS[:3], ids=["shannon", "tsallis", "kl"])
def test_the_published_bounds_hold_on_all_of_them(regularizer: Regularizer) -> None:
    # Oracle: the fixed points of policy iteration; for each regulariser the range of Omega stands
    # for log A: the greatest in its size, since a divergence is negative.
    m = _processes(False)
    largest = {Shannon: np.log(3), Tsallis: 1 / 3, KL: np.log(10)}[type(regularizer)]
    unit = bounds.soft_value_gap(1.0, 3, 0.9) / np.log(3) * largest
    hard = soft_policy_iteration(m, 0.0, tolerance=0.0).v.numpy()
    soft = soft_policy_iteration(m, ALPHAS, regularizer=regularizer, tolerance=0.0)
    reward_alone = evaluate_policy(m, soft.policy).v.numpy()
    gap = ALPHAS[..., None] * unit + 1e-9
    assert np.all(np.abs(soft.v.numpy() - hard) <= gap)
    assert np.all(hard - reward_alone >= -1e-9)
    assert np.all(hard - reward_alone <= gap)
    early = soft_value_iteration(m, ALPHAS, regularizer=regularizer, max_iterations=7)
    error = np.abs(early.v - soft.v).max(-1)
    assert np.all(error <= bounds.contraction_error(early.residual, 0.9) + 1e-12)
