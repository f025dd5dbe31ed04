"""Processes in which some actions are illegal, against loops over the legal ones alone."""

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf import tabular
from maxent_tf.environments import FiniteWorld
from maxent_tf.regularizers import KL, Regularizer, Shannon, Tsallis
from maxent_tf.tabular import Successors, TabularMDP
from tests.tabular.processes import random_episodic_mdp, random_mdp

STATES, ACTIONS = 4, 3
PLAIN = random_mdp((), STATES, ACTIONS)
# One, two and three legal actions, and not the first where it would be the best.
LEGAL = np.array([[0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 1]], bool)
REFERENCE = np.array([0.2, 0.5, 0.3])


def masked(m: TabularMDP, legal: np.ndarray, sparse: bool = False) -> TabularMDP:
    """The process with these legal actions, and nonsense in the tables of the others."""
    transition = np.where(legal[..., None], m.transition, np.nan)
    reward = np.where(legal, m.reward, np.nan)
    if sparse:
        next_state = np.broadcast_to(np.arange(m.num_states), transition.shape)
        wrong = np.where(legal[..., None], next_state, -7)
        transition = Successors(wrong, transition)
    return TabularMDP(transition, reward, m.discount, m.initial, m.terminal, legal)


def sparsemax_value(z: np.ndarray) -> float:
    """max_p <p, z> + (1 - sum p^2) / 2, by trying every size of the support."""
    z = np.sort(z)[::-1]
    thresholds = [(z[:k].sum() - 1) / k for k in range(1, len(z) + 1)]
    tau = max(thresholds)
    p = np.maximum(z - tau, 0)
    return float(p @ z + (1 - p @ p) / 2)


def soft_maximum(kind: str, q: np.ndarray, legal: np.ndarray, alpha: float) -> float:
    """The soft maximum of one state over its legal actions, by definition."""
    q, mu = q[legal], REFERENCE[legal]
    if alpha == 0:
        return q.max()
    if kind == "tsallis":
        return alpha * sparsemax_value(q / alpha)
    return alpha * scipy.special.logsumexp(q / alpha, b=mu if kind == "kl" else None)


def fixed_point(kind: str, m: TabularMDP, legal: np.ndarray, alpha: float) -> np.ndarray:
    transition, reward, discount = m.transition.numpy(), m.reward.numpy(), float(m.discount)
    v = np.zeros(m.num_states)
    for _ in range(600):
        q = reward + discount * transition @ v
        v = np.array([soft_maximum(kind, q[s], legal[s], alpha) for s in range(m.num_states)])
        v[m.terminal.numpy()] = 0
    return v


REGULARIZERS: dict[str, Regularizer] = {
    "shannon": Shannon(),
    "kl": KL(REFERENCE),
    "tsallis": Tsallis(),
}
SOLVERS = [
    tabular.soft_value_iteration,
    tabular.soft_policy_iteration,
    tabular.modified_policy_iteration,
    tabular.anderson_value_iteration,
]


# Every solver, and every regulariser with both kinds of transitions; all of all when asked for.
@pytest.mark.parametrize(
    ("solver", "kind", "sparse"),
    [
        pytest.param(
            solver,
            kind,
            sparse,
            marks=()
            if solver is SOLVERS[0] or (kind == "shannon" and not sparse)
            else pytest.mark.slow,
            id=f"{solver.__name__}-{kind}-{'sparse' if sparse else 'dense'}",
        )
        for solver in SOLVERS
        for kind in REGULARIZERS
        for sparse in (False, True)
    ],
)
def test_the_soft_optimum_is_over_legal_actions(solver: Any, kind: str, sparse: bool) -> None:
    # Oracle: a fixed point in NumPy over the legal actions alone, within the certified bound.
    alphas = [0.0, 0.3, 2.0]
    solution = solver(masked(PLAIN, LEGAL, sparse), alphas, regularizer=REGULARIZERS[kind])
    assert np.all(solution.converged)
    for i, alpha in enumerate(alphas):
        error = np.abs(solution.v[i] - fixed_point(kind, PLAIN, LEGAL, alpha)).max()
        assert error <= solution.error_bound[i] + 1e-13
        assert solution.error_bound[i] <= 1e-10
    policy = solution.policy.numpy()
    assert not np.any(policy[:, ~LEGAL])
    np.testing.assert_allclose(policy.sum(-1), 1, rtol=1e-12)
    if kind == "shannon":
        assert np.all(policy[1:, LEGAL] > 0)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda f: f.__name__)
def test_without_entropy_the_best_legal_policy_is_found(solver: Any) -> None:
    # Oracle: all deterministic policies of legal actions, each evaluated by a linear solve.
    transition, reward = PLAIN.transition.numpy(), PLAIN.reward.numpy()
    states, best = np.arange(STATES), np.full(STATES, -np.inf)
    for actions in itertools.product(*(np.flatnonzero(row) for row in LEGAL)):
        chain = np.eye(STATES) - float(PLAIN.discount) * transition[states, list(actions)]
        best = np.maximum(best, np.linalg.solve(chain, reward[states, list(actions)]))
    np.testing.assert_allclose(solver(masked(PLAIN, LEGAL), 0.0).v, best, atol=1e-9)


def test_only_legal_actions_must_end_an_episode() -> None:
    # Oracle: the fixed point; an action that is illegal may go on for ever at discount 1.
    m = random_episodic_mdp((), STATES, ACTIONS)
    solution = tabular.soft_value_iteration(masked(m, LEGAL), 0.5)
    assert solution.converged
    np.testing.assert_allclose(solution.v, fixed_point("shannon", m, LEGAL, 0.5), atol=1e-9)
    stay = np.where(LEGAL[..., None], m.transition, np.eye(STATES)[:, None])
    with pytest.raises(ValueError, match="discount must be below 1 unless every policy ends"):
        TabularMDP(stay, m.reward, 1.0, m.initial, m.terminal)
    again = TabularMDP(stay, m.reward, 1.0, m.initial, m.terminal, LEGAL)
    np.testing.assert_array_equal(tabular.soft_value_iteration(again, 0.5).v, solution.v)


# Two legal actions in every state: without the third, a process with nothing to mask.
TWO = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], bool)
KEPT = np.argsort(~TWO, axis=-1, kind="stable")[:, :2]
REDUCED = TabularMDP(
    np.take_along_axis(PLAIN.transition.numpy(), KEPT[..., None], 1),
    np.take_along_axis(PLAIN.reward.numpy(), KEPT, 1),
    PLAIN.discount,
    PLAIN.initial,
    PLAIN.terminal,
)
MASKED = masked(PLAIN, TWO)
LOGITS = np.random.default_rng(1).normal(size=(STATES, ACTIONS))


def kept(table: Any) -> np.ndarray:
    """What a table, [..., S, A], says of the legal actions, [..., S, 2]."""
    table = np.asarray(table)
    return np.take_along_axis(table, np.broadcast_to(KEPT, (*table.shape[:-1], 2)), -1)


def policy_of(logits: np.ndarray, legal: np.ndarray) -> np.ndarray:
    return scipy.special.softmax(np.where(legal, logits, -np.inf), axis=-1)


def assert_same(name: str, found: Any, expected: Any, tables: tuple[str, ...]) -> None:
    for field, one, other in zip(found._fields, found, expected, strict=True):
        one = kept(one) if field in tables else one
        if np.asarray(one).dtype == np.float64 and field not in ("error_bound", "residual"):
            np.testing.assert_allclose(one, other, atol=1e-9, err_msg=f"{name}: {field}")


@pytest.mark.parametrize("regularizer", [Shannon(), Tsallis()], ids=["shannon", "tsallis"])
def test_illegal_actions_are_as_if_there_were_none(regularizer: Regularizer) -> None:
    # Oracle: the process without them, of two actions in every state; illegal ones have probability
    # exactly 0.
    policy = policy_of(LOGITS, TWO)
    how: dict[str, Any] = {"regularizer": regularizer}
    runs: dict[str, Any] = {
        "finite_horizon": lambda m, p, x: tabular.finite_horizon(m, [0.0, 0.5], 7, **how),
        "relative": lambda m, p, x: tabular.relative_value_iteration(m, [0.0, 0.5], **how),
        "evaluate": lambda m, p, x: tabular.evaluate_policy(m, p, 0.5, **how),
        "iterative": lambda m, p, x: tabular.iterative_policy_evaluation(m, p, 0.5, **how),
        "gradient": lambda m, p, x: tabular.policy_gradient(m, x, 0.5, 0.1, 20, **how),
    }
    for name, run in runs.items():
        found, expected = run(MASKED, policy, LOGITS), run(REDUCED, kept(policy), kept(LOGITS))
        assert_same(name, found, expected, ("q", "policy", "logits"))
        if hasattr(found, "policy"):
            assert not np.any(found.policy.numpy()[..., ~TWO])


@pytest.mark.parametrize("step_size", [0.05, 0.2], ids=["short", "longest"])
def test_natural_gradients_are_among_the_legal_actions(step_size: float) -> None:
    # Oracle: the process without the illegal ones.
    found = tabular.natural_policy_gradient(MASKED, LOGITS, 0.5, step_size, 15)
    expected = tabular.natural_policy_gradient(REDUCED, kept(LOGITS), 0.5, step_size, 15)
    assert_same("natural", found, expected, ("q", "policy", "logits"))
    assert not np.any(found.policy.numpy()[~TWO])


def test_visits_are_of_legal_actions() -> None:
    # Oracle: the process without the illegal ones.
    policy = policy_of(LOGITS, TWO)
    found = tabular.occupancy(MASKED, policy)
    np.testing.assert_allclose(kept(found), tabular.occupancy(REDUCED, kept(policy)), rtol=1e-12)
    assert not np.any(found.numpy()[~TWO])
    uniform = np.full((STATES, ACTIONS), 1 / 3)
    for evaluate in (
        tabular.occupancy,
        tabular.evaluate_policy,
        tabular.iterative_policy_evaluation,
    ):
        with pytest.raises(ValueError, match=r"illegal actions probability 0, not 0.33.* \[0, 0\]"):
            evaluate(MASKED, uniform)


@pytest.mark.parametrize(
    ("legal", "message"),
    [
        (LEGAL.astype(int), "legal must be bool, not int64"),
        (LEGAL[:, :2], r"legal must have shape \[4, 3\], not \[4, 2\]"),
        (LEGAL & (np.arange(4) != 2)[:, None], "allows none in state 2"),
    ],
    ids=["dtype", "shape", "none"],
)
def test_wrong_masks_are_named(legal: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularMDP(*PLAIN[:5], legal)


def test_batches_and_structures_keep_the_mask() -> None:
    # Oracle: each process alone; a process without a mask stays one of five tensors.
    assert len(tf.nest.flatten(PLAIN)) == 5
    assert PLAIN.mask is None
    both = np.stack([LEGAL, TWO])
    batch = tf.nest.map_structure(lambda *x: tf.stack(x), masked(PLAIN, LEGAL), masked(PLAIN, TWO))
    np.testing.assert_array_equal(batch.mask, both)
    v = tabular.soft_value_iteration(batch, 0.5).v
    for i, legal in enumerate(both):
        expected = tabular.soft_value_iteration(masked(PLAIN, legal), 0.5).v
        np.testing.assert_allclose(v[i], expected, atol=1e-9)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_a_worlds_legal_actions_are_its_processs(sparse: bool) -> None:
    # Oracle: by hand; in the first state the action that pays is illegal.
    tables = {"next_state": [[[0], [1]], [[1], [1]]], "probability": np.ones([2, 2, 1])}
    legal = np.array([[False, True], [True, True]])
    world = FiniteWorld(
        **tables,
        reward=[[[9.0], [1.0]], [[0.0], [0.0]]],
        terminal=[False, True],
        initial=[1.0, 0.0],
        legal=legal,
    )
    m = tabular.from_environment(world, discount=[0.5, 1.0], sparse=sparse)
    np.testing.assert_array_equal(m.mask, [legal, legal])
    solution = tabular.soft_value_iteration(m, [1.0])
    np.testing.assert_array_equal(solution.v, [[1.0, 0.0]] * 2)
    np.testing.assert_array_equal(solution.policy[0, 0], [0.0, 1.0])
