"""Munchausen targets against the paper's formula, and its theorem on what they regularise."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf.operators import (
    munchausen_target,
    soft_advantage,
    soft_bellman_optimality,
    soft_value,
)
from maxent_tf.regularizers import KL, Shannon, WeightedSum

RNG = np.random.default_rng(0)
B, A = 20, 4
REWARD, Q, NEXT_Q = RNG.normal(size=B), RNG.normal(size=(B, A)), RNG.normal(size=(B, A))
ACTION = RNG.integers(A, size=B)
DISCOUNT = 0.9 * (RNG.uniform(size=B) < 0.7)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("floor", [-0.2, -np.inf])
def test_matches_the_formula_of_the_paper(floor: float, compiled: bool) -> None:
    # Oracle: r + c clip(alpha log pi(a|s), l, 0) + gamma sum_a' pi (q' - alpha log pi), in SciPy.
    alpha, c = 0.3, 0.9

    def function(*arguments: tf.Tensor) -> tf.Tensor:
        return munchausen_target(*arguments, alpha=alpha, coefficient=c, floor=floor)

    if compiled:
        function = tf.function(function, jit_compile=True)
    actual = function(*(tf.constant(x) for x in (REWARD, DISCOUNT, Q, ACTION, NEXT_Q)))
    for i in range(B):
        log_pi = scipy.special.log_softmax(Q[i] / alpha)[ACTION[i]]
        next_log_pi = scipy.special.log_softmax(NEXT_Q[i] / alpha)
        next_value = np.exp(next_log_pi) @ (NEXT_Q[i] - alpha * next_log_pi)
        expected = REWARD[i] + c * np.clip(alpha * log_pi, floor, 0) + DISCOUNT[i] * next_value
        np.testing.assert_allclose(actual[i], expected, atol=1e-12)


def test_without_its_coefficient_it_is_soft_q_learning() -> None:
    actual = munchausen_target(REWARD, DISCOUNT, Q, ACTION, NEXT_Q, alpha=0.5, coefficient=0.0)
    np.testing.assert_allclose(actual, REWARD + DISCOUNT * soft_value(NEXT_Q, 0.5), atol=1e-14)


def test_at_alpha_zero_the_penalty_is_the_gap_to_the_best_action() -> None:
    # Oracle: the limit alpha log pi(a) -> q(a) - max q.
    actual = munchausen_target(
        REWARD, DISCOUNT, Q, ACTION, NEXT_Q, alpha=0.0, coefficient=1.0, floor=-np.inf
    )
    gap = Q[np.arange(B), ACTION] - Q.max(-1)
    np.testing.assert_allclose(actual, REWARD + gap + DISCOUNT * NEXT_Q.max(-1), atol=1e-14)


def test_it_is_value_iteration_with_entropy_and_divergence() -> None:
    # Oracle: Vieillard et al. (2020), theorem 1. Iterating r + c alpha log pi_{k+1} + gamma P V is
    # mirror-descent value iteration under (1 - c) Shannon + c KL(. | pi_k), with values that differ
    # by c alpha log pi_{k+1}.
    states, alpha, c = 5, 0.4, 0.7
    transition = tf.constant(RNG.dirichlet(np.ones(states), size=(states, A)))
    reward = tf.constant(RNG.normal(size=(states, A)))
    q = tf.zeros([states, A], tf.float64)
    mirror = q + c * alpha * np.log(A)
    policy = tf.fill([states, A], tf.constant(1 / A, tf.float64))
    for _ in range(6):
        both = WeightedSum((1 - c, c), (Shannon(), KL(policy)))
        mirror_policy = both.greedy(mirror, alpha)
        mirror = soft_bellman_optimality(mirror, transition, reward, 0.9, alpha, both)
        log_policy = soft_advantage(q, alpha)
        q = soft_bellman_optimality(q, transition, reward + c * log_policy, 0.9, alpha)
        policy = mirror_policy
        np.testing.assert_allclose(policy, tf.exp(log_policy / alpha), rtol=1e-11)
        np.testing.assert_allclose(mirror, q - c * log_policy, atol=1e-12)


def test_a_positive_floor_is_named() -> None:
    with pytest.raises(ValueError, match=r"floor must be at most 0, not 1\.0"):
        munchausen_target(REWARD, DISCOUNT, Q, ACTION, NEXT_Q, alpha=0.5, floor=1.0)
