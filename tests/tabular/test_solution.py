"""What all iterative solvers promise, on named worlds: known optima, and bounds near the error."""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from gymnasium.envs.toy_text.cliffwalking import CliffWalkingEnv
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from gymnasium.envs.toy_text.taxi import TaxiEnv

from maxent_tf.environments import Chain, DeepSea, IcyGrid, RiverSwim, TwoGoalGrid
from maxent_tf.regularizers import KL, Regularizer, Shannon, Tsallis
from maxent_tf.tabular import (
    Solution,
    Successors,
    TabularMDP,
    anderson_value_iteration,
    bounds,
    finite_horizon,
    from_environment,
    from_transition_table,
    modified_policy_iteration,
    soft_policy_iteration,
    soft_value_iteration,
)
from maxent_tf.tabular.backups import horizon, rounding
from tests.tabular.processes import random_episodic_mdp, random_mdp
from tests.tabular.rare_ends import best_over_policies, rarely_ending

Solver = Callable[..., Solution]
SOLVERS = [
    soft_value_iteration,
    soft_policy_iteration,
    modified_policy_iteration,
    anderson_value_iteration,
]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.__name__)


def _process(env: Any, discount: Any) -> TabularMDP:
    return from_transition_table(env.P, discount=discount, initial=env.initial_state_distrib)


def _steps_to_the_end(env: Any, paying: tuple[float, ...]) -> np.ndarray:
    """Breadth-first search backwards, along steps of deterministic worlds that pay as given."""
    before: dict[int, list[int]] = {}
    for s, row in env.P.items():
        for ((_, t, reward, end),) in row.values():
            if reward in paying:
                before.setdefault(-1 if end else int(t), []).append(s)
    steps, queue = {-1: 0}, deque([-1])
    while queue:
        t = queue.popleft()
        for s in before.get(t, []):
            if s not in steps:
                steps[s] = steps[t] + 1
                queue.append(s)
    return np.array([steps.get(s, -1) for s in env.P])


@each_solver
def test_cliff_walking_has_the_value_of_its_shortest_paths(solver: Solver) -> None:
    # Oracle: breadth-first search over the steps that cost 1, that is off the cliff.
    env = CliffWalkingEnv()
    steps = _steps_to_the_end(env, (-1,))
    v = solver(_process(env, 0.99), [0.0, 1e-4]).v.numpy()[:, :-1]
    truth = -(1 - 0.99**steps) / (1 - 0.99)
    assert steps[env.start_state_index] == 13
    np.testing.assert_allclose(v[0], truth, atol=1e-9)
    assert np.all(np.abs(v[1] - truth) <= bounds.soft_value_gap(1e-4, 4, 0.99) + 1e-9)


@each_solver
def test_taxi_has_the_value_of_its_shortest_rides(solver: Solver) -> None:
    # Oracle: breadth-first search over legal steps; the last pays 20, all others cost 1. Its mean
    # over starts without discount is the 7.93 that comparisons on Taxi name as the optimum.
    env = TaxiEnv()
    starts = env.initial_state_distrib > 0
    steps = _steps_to_the_end(env, (-1, 20))
    np.testing.assert_allclose(np.mean(21 - steps[starts]), 7.93, atol=0.005)
    v = solver(_process(env, 0.95), 0.0, tolerance=1e-8).v.numpy()[:-1]
    truth = 20 * 0.95 ** (steps - 1) - (1 - 0.95 ** (steps - 1)) / (1 - 0.95)
    np.testing.assert_allclose(v[starts], truth[starts], atol=1e-8)


@each_solver
def test_frozen_lake_approaches_its_optimum_as_alpha_falls(solver: Solver) -> None:
    # Oracle: value iteration by dictionaries and loops over the world's own table, and the
    # theorem on the gap.
    env, alphas = FrozenLakeEnv(), np.array([0.0, 1e-4, 1e-3, 1e-2])
    truth = np.zeros(16)
    for _ in range(1500):
        truth = np.array(
            [
                max(
                    sum(p * (r + 0.99 * truth[t] * (not end)) for p, t, r, end in outcomes)
                    for outcomes in row.values()
                )
                for row in env.P.values()
            ]
        )
    v = solver(_process(env, 0.99), alphas).v.numpy()[:, :-1]
    np.testing.assert_allclose(v[0], truth, atol=1e-6)
    gap = v - truth
    limit = bounds.soft_value_gap(alphas, 4, 0.99)[:, None]
    assert np.all(gap >= -1e-6)
    assert np.all(gap <= limit + 1e-6)
    assert np.all(np.diff(gap.max(-1)[1:]) > 0)


_WORLDS: dict[str, Callable[[float], TabularMDP]] = {
    "TwoGoalGrid": lambda discount: from_environment(TwoGoalGrid(), discount=discount),
    "RiverSwim": lambda discount: from_environment(RiverSwim(), discount=discount),
    "Chain": lambda discount: from_environment(Chain(8), discount=discount),
    "IcyGrid": lambda discount: from_environment(IcyGrid(), discount=discount),
    "FrozenLake": lambda discount: _process(FrozenLakeEnv(), discount),
    "CliffWalking": lambda discount: _process(CliffWalkingEnv(), discount),
}


def _check_bound(m: TabularMDP, solver: Solver, regularizer: Regularizer) -> None:
    """Oracle: policy iteration, whose linear solves leave nothing but rounding."""
    alphas = np.array([0.0, 0.01, 0.1, 1.0])
    truth = soft_policy_iteration(m, alphas, regularizer=regularizer, tolerance=0.0)
    solution = solver(m, alphas, regularizer=regularizer, tolerance=1e-5)
    assert np.all(solution.converged)
    error = np.abs(solution.v - truth.v).max(-1)
    unsure, bound = truth.error_bound.numpy(), solution.error_bound.numpy()
    assert np.all(error <= bound + unsure)
    floor = 4 * (horizon(m) * rounding(m, solution.v, solution.v, alphas)).numpy()
    assert np.all(bound <= 3 * (error + unsure) + floor)


@pytest.mark.parametrize(
    "regularizer",
    [
        Shannon(),
        pytest.param(Tsallis(), marks=pytest.mark.slow),
        pytest.param(KL([0.6, 0.4]), marks=pytest.mark.slow),
    ],
    ids=["shannon", "tsallis", "kl"],
)
@pytest.mark.parametrize("discount", [0.9, 0.999])
@pytest.mark.parametrize("world", _WORLDS)
def test_the_bound_is_at_most_three_times_the_error(
    world: str, discount: float, regularizer: Regularizer
) -> None:
    m = _WORLDS[world](discount)
    if isinstance(regularizer, KL):
        regularizer = KL(np.arange(1.0, m.num_actions + 1) / np.arange(1, m.num_actions + 1).sum())
    _check_bound(m, soft_value_iteration, regularizer)


@each_solver
def test_so_it_is_for_every_solver_and_without_discount(solver: Solver) -> None:
    _check_bound(_WORLDS["FrozenLake"](0.999), solver, Shannon())
    _check_bound(from_environment(DeepSea(6), discount=1.0), solver, Shannon())


def test_the_bound_is_sharper_than_the_contraction_where_episodes_end_early() -> None:
    # Oracle: the bound of the contraction, from the residual. Every step ends an episode with
    # probability 0.05 or more, though the discount would wait for ten thousand steps.
    m = random_episodic_mdp((), discount=0.9999)
    solution = soft_value_iteration(m, 0.1, tolerance=1e-4)
    plain = bounds.contraction_error(solution.residual, 0.9999)
    assert float(solution.error_bound) < plain / 100


@each_solver
def test_sparse_transitions_give_the_same(solver: Solver) -> None:
    # Oracle: the dense solution.
    m = random_mdp((), states=8)
    matrices = [scipy.sparse.csr_matrix(m.transition.numpy()[:, a]) for a in range(3)]
    transition = Successors.from_matrices(matrices)
    sparse = TabularMDP(transition, m.reward, m.discount, m.initial, m.terminal)
    alphas = [0.0, 0.2]
    np.testing.assert_allclose(solver(sparse, alphas).v, solver(m, alphas).v, atol=2e-10)
    dense_steps, sparse_steps = (finite_horizon(x, alphas, 9).v for x in (m, sparse))
    np.testing.assert_allclose(sparse_steps, dense_steps, rtol=1e-12)


@each_solver
@pytest.mark.parametrize("sparse", [False, True])
def test_however_rare_the_end_no_certificate_is_false(solver: Solver, sparse: bool) -> None:
    # Oracle: the best of all deterministic policies, in rational numbers.
    for exponent in (3, 6, 9, 10, 11, 12, 13, 14, 15, 16):
        end, seed = 10.0**-exponent, exponent
        dense, m = rarely_ending(end, seed), rarely_ending(end, seed, sparse=sparse)
        solution = solver(m, 0.0, tolerance=1e-3, max_iterations=300)
        bound = float(solution.error_bound)
        assert bool(solution.converged) == (bound <= 1e-3)
        truth = best_over_policies(dense, m.reward.numpy()[:3])
        if np.all(truth > 0):
            v = np.vectorize(Fraction)(solution.v.numpy()[:3])
            assert np.abs(v - truth).max() <= bound
        else:
            assert np.isinf(bound)
        # An exact solve is certified as far as rounding allows.
        if exponent == 6 and solver is soft_policy_iteration:
            assert bound < 0.01


@pytest.mark.parametrize("sparse", [False, True])
def test_nothing_is_certified_where_rounding_has_lost_the_end(sparse: bool) -> None:
    # Oracle: 1 - 1e-17 is 1 in float64, which leaves a process without end. Its values under a
    # reward of 0 are 0 all the same, but no bound on the steps can tell.
    table = [[[1 - 1e-17, 1e-17]], [[0.0, 1.0]]]
    every = np.broadcast_to(np.arange(2, dtype=np.int32), (2, 1, 2))
    transition = Successors(every, table) if sparse else table
    m = TabularMDP(transition, np.zeros((2, 1)), 1.0, [1.0, 0.0], [False, True])
    solution = soft_value_iteration(m, 0.0)
    assert np.isinf(solution.error_bound)
    assert not bool(solution.converged)
    with pytest.raises(ValueError, match="discount must be below 1 if a policy's episodes"):
        soft_policy_iteration(m, 0.0)


def test_values_that_overflow_are_not_certified() -> None:
    # Oracle: ten steps at 1e308 are more than float64 holds.
    m = TabularMDP([[[1.0]]], [[1e308]], 0.9, [1.0])
    solution = soft_value_iteration(m, 0.0, max_iterations=20)
    assert np.isinf(solution.error_bound)
    assert not bool(solution.converged)
