"""Backward induction against enumeration, closed forms and plain loops."""

import itertools

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf.regularizers import KL, Shannon
from maxent_tf.tabular import TabularMDP, finite_horizon
from tests.tabular.processes import random_episodic_mdp, random_mdp


def _forever_undiscounted(m: TabularMDP) -> TabularMDP:
    return m._replace(discount=tf.ones_like(m.discount))


def test_matches_a_naive_loop_at_every_temperature_and_step() -> None:
    # Oracle: backups in plain NumPy with SciPy's log-sum-exp; the given end does not count where
    # the process is over.
    m, end = random_episodic_mdp((), discount=0.8), np.arange(6.0)
    alphas = np.array([0.05, 1.0])
    solution = finite_horizon(m, alphas, 5, terminal_value=end)
    assert solution.v.shape == [6, 2, 6]
    for k, alpha in enumerate(alphas):
        v = np.where(m.terminal, 0, end)
        np.testing.assert_array_equal(solution.v[5, k], v)
        for t in range(4, -1, -1):
            q = m.reward.numpy() + 0.8 * m.transition.numpy() @ v
            v = np.where(m.terminal, 0, alpha * scipy.special.logsumexp(q / alpha, axis=-1))
            np.testing.assert_allclose(solution.q[t, k], q, rtol=1e-13)
            np.testing.assert_allclose(solution.v[t, k], v, rtol=1e-13)
            policy = scipy.special.softmax(q / alpha, axis=-1)
            np.testing.assert_allclose(solution.policy[t, k], policy, rtol=1e-12)


def test_without_entropy_no_plan_of_policies_is_better() -> None:
    # Oracle: all 8^3 sequences of deterministic policies of 3 states, undiscounted, without end.
    m = _forever_undiscounted(random_mdp((), states=3, actions=2))
    transition, reward = m.transition.numpy(), m.reward.numpy()
    rows, best = np.arange(3), np.full(3, -np.inf)
    choices = list(itertools.product(range(2), repeat=3))
    for plan in itertools.product(choices, repeat=3):
        v = np.zeros(3)
        for choice in reversed(plan):
            v = reward[rows, choice] + transition[rows, choice] @ v
        best = np.maximum(best, v)
    np.testing.assert_allclose(finite_horizon(m, 0.0, 3).v[0], best, rtol=1e-13)


def test_deterministic_paths_are_drawn_in_proportion_to_their_exponential() -> None:
    # Oracle: all 2^7 paths of a deterministic process: the value is alpha log sum exp(return /
    # alpha), which is what non-causal maximum entropy says as well.
    rng, alpha, steps = np.random.default_rng(0), 0.4, 7
    target = rng.integers(0, 4, (4, 2))
    m = TabularMDP(np.eye(4)[target], rng.normal(size=(4, 2)), 0.5, [1.0, 0.0, 0.0, 0.0])
    m = _forever_undiscounted(m)
    returns = []
    for path in itertools.product(range(2), repeat=steps):
        state, total = 0, 0.0
        for action in path:
            total += float(m.reward[state, action])
            state = target[state, action]
        returns.append(total)
    truth = alpha * scipy.special.logsumexp(np.array(returns) / alpha)
    np.testing.assert_allclose(finite_horizon(m, alpha, steps).v[0, 0], truth, rtol=1e-13)


@pytest.mark.parametrize("regularizer", [Shannon(), KL([0.6, 0.3, 0.1])], ids=["shannon", "kl"])
def test_only_rounding_separates_it_from_longer_floats(regularizer: Shannon | KL) -> None:
    # Oracle: the same recursion in longdouble on 200 processes.
    m, alpha, steps = random_mdp((200,), discount=0.99), 0.3, 100
    reference = getattr(regularizer, "reference", np.ones(3))
    v = np.zeros((200, 6), np.longdouble)
    for _ in range(steps):
        following = np.einsum("msat,mt->msa", m.transition.numpy().astype(np.longdouble), v)
        q = m.reward.numpy() + m.discount.numpy().astype(np.longdouble)[0] * following
        top = q.max(-1, keepdims=True)
        weight = np.asarray(reference, np.longdouble) * np.exp((q - top) / np.longdouble(alpha))
        v = top[..., 0] + np.longdouble(alpha) * np.log(weight.sum(-1))
    solution = finite_horizon(m, alpha, steps, regularizer=regularizer)
    error = np.abs(solution.v[0].numpy() - v).max(-1)
    assert np.all(error <= solution.error_bound)
    assert np.all(solution.error_bound <= steps * 21 * 60 * np.finfo(np.float64).eps / 2)


def test_it_runs_inside_a_compiled_function() -> None:
    # Oracle: the same call outside.
    m = random_mdp((2,))

    @tf.function(autograph=False, jit_compile=True)
    def solve(m: TabularMDP, alpha: tf.Tensor) -> tf.Tensor:
        return finite_horizon(m, alpha, 4).v

    alpha = tf.constant(0.2, tf.float64)
    np.testing.assert_allclose(solve(m, alpha), finite_horizon(m, alpha, 4).v, rtol=1e-13)


def test_bad_arguments_are_named() -> None:
    m = random_mdp(())
    with pytest.raises(ValueError, match=r"horizon must be at least 1, not 0\."):
        finite_horizon(m, 0.1, 0)
    with pytest.raises(
        ValueError, match=r"terminal_value must broadcast to \[6\], not have shape \(7,\)"
    ):
        finite_horizon(m, 0.1, 3, terminal_value=np.zeros(7))
