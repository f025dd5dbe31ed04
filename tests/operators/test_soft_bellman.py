"""Soft values and Bellman operators against naive loops, and what theory says of them."""

from typing import Any

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf.operators import (
    action_value,
    policy_value,
    soft_advantage,
    soft_bellman_optimality,
    soft_bellman_policy,
    soft_value,
)
from maxent_tf.regularizers import KL, Shannon, Tsallis

S, A, GAMMA = 5, 3, 0.9
RNG = np.random.default_rng(0)
TRANSITION = RNG.dirichlet(np.ones(S), size=(S, A))
REWARD = RNG.normal(size=(S, A))
DISCOUNT = GAMMA * (RNG.uniform(size=(S, A)) < 0.8)
ALPHAS = np.array([[0.0], [0.05], [0.5], [5.0]])
Q = RNG.normal(size=(4, S, A))
POLICY = RNG.dirichlet(np.ones(A), size=(4, S))
REFERENCE = RNG.dirichlet(np.ones(A), size=S)
REGULARIZERS = {"shannon": Shannon(), "kl": KL(REFERENCE), "tsallis": Tsallis()}


def naive_value(name: str, q: np.ndarray, alpha: float, state: int) -> float:
    """The soft value of one state, from other formulas than the package's."""
    if alpha == 0:
        return q.max()
    if name == "shannon":
        return alpha * scipy.special.logsumexp(q / alpha)
    if name == "kl":
        return alpha * scipy.special.logsumexp(q / alpha, b=REFERENCE[state])
    # Sparsemax by trying every support: 1/2 sum_{a in S} (z_a^2 - tau^2) + 1/2 at the right one.
    z = np.sort(q / alpha)[::-1]
    for size in range(A, 0, -1):
        tau = (z[:size].sum() - 1) / size
        if z[size - 1] > tau:
            return alpha * (0.5 * np.sum(z[:size] ** 2 - tau**2) + 0.5)
    raise AssertionError


def naive_omega(name: str, p: np.ndarray, state: int) -> float:
    if name == "tsallis":
        return (1 - p @ p) / 2
    return -p @ np.log(p / (REFERENCE[state] if name == "kl" else 1.0))


def backup(value: np.ndarray) -> np.ndarray:
    result = np.empty((len(value), S, A))
    for i, s, a in np.ndindex(len(value), S, A):
        expected = sum(TRANSITION[s, a, t] * value[i, t] for t in range(S))
        result[i, s, a] = REWARD[s, a] + DISCOUNT[s, a] * expected
    return result


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_operators_match_naive_loops(name: str, compiled: bool) -> None:
    r: Any = REGULARIZERS[name]

    def everything(*constants: tf.Tensor) -> tuple[tf.Tensor, ...]:
        q, policy, transition, reward, discount, alpha = constants
        return (
            soft_value(q, alpha, r),
            policy_value(q, policy, alpha, r),
            soft_advantage(q, alpha, r),
            soft_bellman_optimality(q, transition, reward, discount, alpha, r),
            soft_bellman_policy(q, policy, transition, reward, discount, alpha, r),
        )

    if compiled:
        everything = tf.function(everything, jit_compile=True)
    soft, follow, advantage, optimal, evaluated = everything(
        *(tf.constant(x) for x in (Q, POLICY, TRANSITION, REWARD, DISCOUNT, ALPHAS))
    )
    expected_soft, expected_follow = np.empty((4, S)), np.empty((4, S))
    for i, s in np.ndindex(4, S):
        expected_soft[i, s] = naive_value(name, Q[i, s], ALPHAS[i, 0], s)
        omega = naive_omega(name, POLICY[i, s], s)
        expected_follow[i, s] = POLICY[i, s] @ Q[i, s] + ALPHAS[i, 0] * omega
    np.testing.assert_allclose(soft, expected_soft, atol=1e-12)
    np.testing.assert_allclose(follow, expected_follow, atol=1e-12)
    np.testing.assert_allclose(advantage, Q - expected_soft[..., None], atol=1e-12)
    np.testing.assert_allclose(optimal, backup(expected_soft), atol=1e-12)
    np.testing.assert_allclose(evaluated, backup(expected_follow), atol=1e-12)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_optimality_is_a_contraction_and_dominates_every_policy(name: str) -> None:
    # Oracle: Geist et al. (2019): |T q - T q'| <= gamma |q - q'| in the largest norm, T q >= T_pi
    # q, with equality at the greedy policy.
    r: Any = REGULARIZERS[name]
    model = (tf.constant(TRANSITION), tf.constant(REWARD), GAMMA, tf.constant(ALPHAS))
    q, other = tf.constant(Q), tf.constant(Q + RNG.normal(size=Q.shape))
    optimal = soft_bellman_optimality(q, *model, regularizer=r)
    moved = np.abs(optimal - soft_bellman_optimality(other, *model, regularizer=r))
    before = np.abs(q - other)
    assert np.all(moved.max((1, 2)) <= GAMMA * before.max((1, 2)) + 1e-12)
    evaluated = soft_bellman_policy(q, tf.constant(POLICY), *model, regularizer=r)
    assert np.all(optimal >= evaluated - 1e-12)
    greedy = soft_bellman_policy(q, r.greedy(q, ALPHAS), *model, regularizer=r)
    np.testing.assert_allclose(greedy, optimal, atol=1e-12)


def test_the_soft_advantage_is_alpha_log_policy() -> None:
    # Oracle: alpha log softmax(q / alpha), by SciPy.
    q, alpha = Q[1:], ALPHAS[1:]
    expected = alpha[..., None] * scipy.special.log_softmax(q / alpha[..., None], axis=-1)
    np.testing.assert_allclose(soft_advantage(tf.constant(q), alpha), expected, atol=1e-12)


def test_illegal_actions_are_left_out() -> None:
    # Oracle: the legal actions alone.
    mask = np.array([True, False, True])
    q = tf.constant(Q)
    few = tf.constant(Q[..., mask])
    np.testing.assert_allclose(
        soft_value(q, ALPHAS, mask=mask), soft_value(few, ALPHAS), atol=1e-13
    )
    advantage = soft_advantage(q, ALPHAS, mask=mask).numpy()
    np.testing.assert_allclose(advantage[..., mask], soft_advantage(few, ALPHAS), atol=1e-13)
    assert np.all(advantage[..., ~mask] == -np.inf)
    infinite = tf.constant(np.where(mask, Q, -np.inf))
    policy = Shannon().greedy(infinite, ALPHAS)
    np.testing.assert_allclose(
        policy_value(infinite, policy, ALPHAS), soft_value(few, ALPHAS), atol=1e-13
    )


def test_a_terminating_action_is_worth_its_reward() -> None:
    # Oracle: discount 0.
    q = action_value(tf.constant(Q[0, :, 0]), tf.constant(TRANSITION), REWARD, DISCOUNT)
    np.testing.assert_array_equal(q.numpy()[DISCOUNT == 0], REWARD[DISCOUNT == 0])
