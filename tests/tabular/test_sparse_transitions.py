"""Sparse transitions against dense ones, plain loops and enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

from maxent_tf.environments import (
    Bandit,
    Chain,
    DeepSea,
    FiniteWorld,
    FourRooms,
    IcyGrid,
    RiverSwim,
    TwoGoalGrid,
)
from maxent_tf.regularizers import KL, Shannon, Tsallis
from maxent_tf.tabular import (
    Successors,
    TabularMDP,
    anderson_value_iteration,
    evaluate_policy,
    from_environment,
    modified_policy_iteration,
    natural_policy_gradient,
    occupancy,
    policy_gradient,
    relative_value_iteration,
    soft_policy_iteration,
    soft_value_iteration,
)
from maxent_tf.tabular.soft_value_iteration import _program
from tests.tabular.processes import best_deterministic_values, naive_soft_values

ALPHAS = np.array([0.0, 0.01, 0.3, 2.0])


def random_pair(
    batch: tuple[int, ...] = (),
    states: int = 7,
    actions: int = 3,
    discount: Any = 0.9,
    seed: int = 0,
) -> tuple[TabularMDP, TabularMDP]:
    """One random process (or a batch), sparse and dense, some successors twice or impossible.

    Every action ends the episode, in the last state, with probability 0.1 or more, so that discount
    1 is allowed.
    """
    rng = np.random.default_rng(seed)
    shape = (*batch, states, actions, 3)
    next_state = rng.integers(0, states, shape)
    next_state[..., -1] = states - 1
    probability = 0.9 * rng.dirichlet(np.ones(3), shape[:-1]) + [0.0, 0.0, 0.1]
    probability[..., 0, :, :] = [0.0, 0.4, 0.6]
    next_state[..., -1, :, :] = states - 1
    reward = rng.uniform(-1, 1, shape[:-1])
    reward[..., -1, :] = 0
    successors = Successors(next_state, probability)
    rest = (reward, discount, rng.dirichlet(np.ones(states), batch))
    return TabularMDP(successors, *rest), TabularMDP(successors.dense(), *rest)


def assert_equal(sparse: Any, dense: Any) -> None:
    """Checks two structures of values to 1e-12."""
    for a, b in zip(tf.nest.flatten(sparse), tf.nest.flatten(dense), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("discount", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_all_solvers_agree_with_dense_transitions(batch: tuple[int, ...], discount: float) -> None:
    # Oracle: the same process with its dense array.
    alpha = ALPHAS.reshape(-1, *[1] * len(batch))
    for seed in range(5):
        sparse, dense = random_pair(batch, discount=discount, seed=seed)
        assert sparse.batch_shape == dense.batch_shape == batch
        np.testing.assert_array_equal(sparse.terminal, dense.terminal)
        solutions = [soft_value_iteration(m, alpha, tolerance=1e-12) for m in (sparse, dense)]
        for field in ("q", "v", "policy"):
            # Ties at alpha = 0 may be broken by rounding.
            rows = slice(1, None) if field == "policy" else slice(None)
            assert_equal(*(getattr(s, field)[rows] for s in solutions))
        policy = solutions[1].policy
        assert_equal(*(evaluate_policy(m, policy, alpha) for m in (sparse, dense)))
        assert_equal(*(occupancy(m, policy) for m in (sparse, dense)))
        assert_equal(*(soft_policy_iteration(m, alpha).v for m in (sparse, dense)))


def test_gradients_and_average_rewards_agree_with_dense_transitions() -> None:
    # Oracle: the same process with its dense array; one without an end for the average.
    sparse, dense = random_pair((2,))
    logits = np.random.default_rng(1).normal(size=(7, 3))
    for ascend in (policy_gradient, natural_policy_gradient):
        assert_equal(*(ascend(m, logits, 0.1, 0.2, 5) for m in (sparse, dense)))
    rng = np.random.default_rng(2)
    successors = Successors(rng.integers(0, 5, (5, 2, 3)), rng.dirichlet(np.ones(3), (5, 2)))
    rest = (rng.uniform(size=(5, 2)), 0.9, np.full(5, 0.2), np.zeros(5, bool))
    pair = (TabularMDP(t, *rest) for t in (successors, successors.dense()))
    assert_equal(*(relative_value_iteration(m, [0.0, 0.5]).gain for m in pair))


@pytest.mark.parametrize("regularizer", [Shannon(), Tsallis(), KL([0.7, 0.2, 0.1])])
def test_regularizers_agree_with_dense_transitions(regularizer: Any) -> None:
    sparse, dense = random_pair()
    assert_equal(
        *(
            soft_value_iteration(m, ALPHAS[1:], regularizer=regularizer, tolerance=1e-12).v
            for m in (sparse, dense)
        )
    )


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(world, marks=() if type(world) in (DeepSea, IcyGrid) else pytest.mark.slow)
        for world in (
            TwoGoalGrid(),
            FourRooms(),
            DeepSea(5),
            Chain(5),
            RiverSwim(),
            IcyGrid(),
            Bandit([1.0, 0.9, 0.1]),
        )
    ],
    ids=lambda world: type(world).__name__,
)
def test_worlds_are_the_same_processes(world: FiniteWorld) -> None:
    # Oracle: the dense process of the same world, at every temperature in one call.
    sparse, dense = (from_environment(world, discount=0.9, sparse=s) for s in (True, False))
    np.testing.assert_allclose(sparse.transition.dense(), dense.transition, atol=1e-15)
    assert_equal(sparse[1:-1], dense[1:-1])
    np.testing.assert_array_equal(sparse.terminal, dense.terminal)
    solutions = [soft_value_iteration(m, ALPHAS, tolerance=1e-12) for m in (sparse, dense)]
    assert_equal(solutions[0].v, solutions[1].v)
    assert_equal(solutions[0].q, solutions[1].q)


def test_matches_enumeration_and_plain_loops() -> None:
    # Oracles: every deterministic policy, solved; and state by state with SciPy's log-sum-exp.
    for discount in (0.8, 1.0):
        sparse, dense = random_pair(states=5, discount=discount)
        v = soft_value_iteration(sparse, [0.0, 0.3], tolerance=1e-12).v
        np.testing.assert_allclose(v[0], best_deterministic_values(dense), atol=1e-9)
        np.testing.assert_allclose(v[1], naive_soft_values(dense, 0.3, 500), atol=1e-9)


@pytest.mark.parametrize("discount", [0.9, 1.0])
@pytest.mark.parametrize("iterations", [1, 5, 40, 100_000])
def test_the_bound_holds_whenever_it_stops(discount: float, iterations: int) -> None:
    # Oracle: 200 processes solved to rounding by the plain operator in NumPy, much longer.
    sparse, dense = random_pair((200,), discount=discount)
    alpha, goes_on = 0.2, ~dense.terminal.numpy()
    truth = np.zeros((200, 7))
    for _ in range(500):
        following = (dense.transition.numpy() @ truth[:, None, :, None])[..., 0]
        q = dense.reward.numpy() + discount * following
        truth = goes_on * alpha * np.log(np.exp(q / alpha).sum(-1))
    solution = soft_value_iteration(sparse, alpha, tolerance=1e-9, max_iterations=iterations)
    error = np.abs(solution.v.numpy() - truth).max(-1)
    assert np.all(error <= solution.error_bound)
    np.testing.assert_array_equal(solution.converged, solution.error_bound <= 1e-9)
    assert np.all(solution.converged) == (iterations == 100_000)


def test_the_rounding_bound_covers_the_rounding() -> None:
    # Oracle: one backup in extended precision, of lists of 1,000 successors each.
    rng = np.random.default_rng(0)
    shape = (50, 2, 1000)
    successors = Successors(rng.integers(0, 50, shape), rng.dirichlet(np.ones(1000), shape[:2]))
    m = TabularMDP(successors, rng.uniform(-1, 1, (50, 2)), 0.999, np.full(50, 0.02))
    solution = soft_value_iteration(m, 0.0, tolerance=0.0)
    assert not bool(solution.converged)
    v = solution.v.numpy().astype(np.longdouble)
    probability, next_state = m.transition.probability.numpy(), m.transition.next_state.numpy()
    q = m.reward.numpy() + np.longdouble(m.discount.numpy()) * (probability * v[next_state]).sum(-1)
    # The true residual times the contraction's factor bounds the true error from below too.
    truth = np.abs(q.max(-1) - v).max() / (1 + 0.999)
    assert truth <= solution.error_bound


def test_it_compiles_once_for_a_shape() -> None:
    m, _ = random_pair((2,), states=4)
    soft_value_iteration(m, 0.1)
    before = _program(Shannon()).experimental_get_tracing_count()
    other, _ = random_pair((2,), states=4, seed=1)
    soft_value_iteration(other, 0.2, tolerance=1e-5, max_iterations=7)
    assert _program(Shannon()).experimental_get_tracing_count() == before


def test_matrices_of_any_format_become_lists() -> None:
    # Oracle: SciPy's own dense arrays; duplicates of COO add up, and rows differ in length.
    rng = np.random.default_rng(0)
    dense = rng.random((6, 3, 6)) * (rng.random((6, 3, 6)) < 0.4) + 1e-3 * np.eye(6)[:, None]
    dense /= dense.sum(-1, keepdims=True)
    formats = ("csr", "csc", "lil")
    matrices = [scipy.sparse.csr_matrix(dense[:, a]).asformat(formats[a]) for a in range(3)]
    np.testing.assert_array_equal(Successors.from_matrices(matrices).dense(), dense)
    twice = scipy.sparse.coo_array(([0.25, 0.75, 1.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    assert Successors.from_matrices([twice]).dense()[:, 0].tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_matrices_that_do_not_fit_are_named() -> None:
    eye = scipy.sparse.eye(2, format="csr")
    with pytest.raises(ValueError, match="at least one action"):
        Successors.from_matrices([])
    with pytest.raises(ValueError, match=r"shape \(2, 2\), not \(3, 3\) for action 1"):
        Successors.from_matrices([eye, scipy.sparse.eye(3)])
    with pytest.raises(ValueError, match=r"shape \(2, 2\), not \(2, 3\) for action 0"):
        Successors.from_matrices([scipy.sparse.csr_matrix((2, 3))])
    with pytest.raises(TypeError, match="sparse, not ndarray for action 0"):
        Successors.from_matrices([np.eye(2)])
    # A row without entries is an action that leads nowhere.
    nowhere = scipy.sparse.csr_matrix(([1.0], ([0], [0])), shape=(2, 2))
    with pytest.raises(ValueError, match=r"sum to one over its last axis, not 0\.0 at \[1, 1\]"):
        TabularMDP(Successors.from_matrices([eye, nowhere]), np.zeros((2, 2)), 0.9, [1.0, 0.0])


def _arrays(**changes: Any) -> dict[str, Any]:
    good = {
        "next_state": np.array([[[0, 1], [1, 1]], [[1, 0], [1, 0]]]),
        "probability": np.array([[[0.5, 0.5], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]]),
        "reward": np.array([[0.0, 1.0], [0.0, 0.0]]),
        "discount": 0.9,
        "initial": np.array([1.0, 0.0]),
    }
    return {**good, **changes}


def _changed(name: str, index: tuple[int, ...], value: float) -> dict[str, Any]:
    array = _arrays()[name].copy()
    array[index] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            _changed("probability", (0, 0, 1), 0.499),
            r"transition must sum to one over its last axis, not 0\.999 at \[0, 0\]",
        ),
        (
            _changed("probability", (0, 0, 1), np.nan),
            r"transition must hold probabilities, at least 0, not nan at \[0, 0, 1\]",
        ),
        (_changed("probability", (0, 0, 1), -0.5), r"at least 0, not -0\.5 at \[0, 0, 1\]"),
        (
            _changed("next_state", (1, 0, 0), 2),
            r"next_state of transition must lie in 0 \.\. 1, not 2 at \[1, 0, 0\]",
        ),
        (_changed("next_state", (1, 0, 1), -1), r"must lie in 0 \.\. 1, not -1 at \[1, 0, 1\]"),
        ({"next_state": _arrays()["next_state"] / 1}, r"must be integers, not float64"),
        (
            {"probability": np.ones([2, 2, 1])},
            r"one shape \[\.\.\., S, A, K\], not \[2, 2, 2\] and \[2, 2, 1\]",
        ),
        ({"next_state": np.zeros(2, int), "probability": np.ones(2)}, r"one shape .* not \[2\]"),
        (
            {"next_state": np.zeros([2, 0, 1], int), "probability": np.ones([2, 0, 1])},
            r"at least one state and one action, not 2 states and 0 actions",
        ),
        (
            {"next_state": np.zeros([2, 2, 0], int), "probability": np.ones([2, 2, 0])},
            r"at least one successor for each action, not 0",
        ),
        ({"reward": np.zeros([2, 3])}, r"reward must have shape \[2, 2\] .* not \[2, 3\]"),
        (_changed("reward", (0, 1), np.nan), r"reward must be finite, not nan at \[0, 1\]"),
        ({"discount": 1.01}, r"discount must lie in \[0, 1\], not 1\.01"),
        ({"initial": [0.5, 0.4]}, r"initial must sum to one"),
        (
            {"terminal": [True, False]},
            r"transition of a terminal state must be to itself, not elsewhere at \[0, 0\]",
        ),
        (
            {"terminal": [False, True], **_changed("reward", (1, 0), 1.0)},
            r"reward in a terminal state must be 0, not 1\.0 at \[1, 0\]",
        ),
        (
            {"discount": 1.0, "terminal": [False, False]},
            r"discount must be below 1 unless every policy ends .* from state 0",
        ),
        (
            {"discount": 1.0, **_changed("next_state", (0, 0, 1), 0)},
            r"discount must be below 1 unless every policy ends .* from state 0",
        ),
    ],
)
def test_a_broken_rule_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    arrays = _arrays(**changes)
    transition = Successors(arrays.pop("next_state"), arrays.pop("probability"))
    with pytest.raises(ValueError, match=message):
        TabularMDP(transition, **arrays)


def test_impossible_successors_play_no_part() -> None:
    # State 1 lists state 0 with probability 0 and is terminal nevertheless.
    arrays = _arrays(discount=1.0)
    transition = Successors(arrays.pop("next_state"), arrays.pop("probability"))
    m = TabularMDP(transition, **arrays)
    assert m.terminal.numpy().tolist() == [False, True]


def test_linear_solves_of_many_states_name_the_remedy() -> None:
    states = 20_000
    own = np.arange(states)[:, None, None]
    transition = Successors((own + 1) % states, np.ones([states, 1, 1]))
    m = TabularMDP(transition, np.ones([states, 1]), 0.9, np.full(states, 1 / states))
    policy = np.ones([states, 1])
    for call in (
        lambda: evaluate_policy(m, policy),
        lambda: occupancy(m, policy),
        lambda: soft_policy_iteration(m, 0.1),
        lambda: policy_gradient(m, policy, 0.1, 0.1, 1),
    ):
        with pytest.raises(ValueError, match=r"20000 states.* 3\.0 GiB.*soft_value_iteration"):
            call()


@pytest.mark.parametrize(
    "solver", [anderson_value_iteration, modified_policy_iteration, soft_value_iteration]
)
def test_temperatures_in_one_call_are_solved_as_in_calls_of_their_own(solver: Any) -> None:
    # Oracle: separate calls, to the bit. Solved all at once they were gathered from a batch, at a
    # multiple of the time, and combinations of backups differed in the last digits.
    rng = np.random.default_rng(3)
    next_state, probability = rng.integers(0, 60, (60, 3, 4)), rng.dirichlet(np.ones(4), (60, 3))
    transition = Successors(next_state.astype(np.int32), probability)
    m = TabularMDP(transition, rng.normal(size=(60, 3)), 0.97, np.full(60, 1 / 60))
    alphas = np.array([[0.02, 0.3], [4.0, 0.0]])
    together = solver(m, alphas, tolerance=1e-7)
    for i in np.ndindex(2, 2):
        alone = solver(m, np.full((1, 1), alphas[i]), tolerance=1e-7)
        for ours, theirs in zip(together, alone, strict=True):
            if alphas[i] > 0:
                np.testing.assert_array_equal(ours[i], theirs[0, 0])
        np.testing.assert_allclose(together.v[i], alone.v[0, 0], rtol=1e-12)
