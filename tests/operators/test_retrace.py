"""Retrace against its sum over the rest of the episode, and on a model against exact values."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators import lambda_return, policy_value, retrace_return

RNG = np.random.default_rng(0)
SHAPE = (7, 3)
REWARD, Q, NEXT_VALUE, LOG_RATIO = RNG.normal(size=(4, *SHAPE))
ENDS = RNG.uniform(size=SHAPE)
TERMINATED, TRUNCATED = ENDS < 0.15, ENDS > 0.8
DISCOUNT = 0.9 * (1 - TERMINATED)


def naive(lambda_: float) -> np.ndarray:
    """Q_t + sum_k gamma^k (prod_{i = t+1}^{t+k} c_i) delta_{t+k}, within the episode."""
    result = Q.copy()
    for start, world in np.ndindex(*SHAPE):
        weight = 1.0
        for t in range(start, SHAPE[0]):
            at = (t, world)
            result[start, world] += weight * (REWARD[at] + DISCOUNT[at] * NEXT_VALUE[at] - Q[at])
            if TERMINATED[at] or TRUNCATED[at] or t == SHAPE[0] - 1:
                break
            weight *= DISCOUNT[at] * lambda_ * min(1.0, np.exp(LOG_RATIO[t + 1, world]))
    return result


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("lambda_", [0.0, 0.6, 1.0])
def test_matches_a_naive_loop(lambda_: float, compiled: bool) -> None:
    function = tf.function(retrace_return, jit_compile=True) if compiled else retrace_return
    actual = function(
        *(tf.constant(x) for x in (REWARD, DISCOUNT, Q, NEXT_VALUE, LOG_RATIO)),
        lambda_=tf.constant(lambda_, tf.float64),
        truncated=tf.constant(TRUNCATED),
    )
    np.testing.assert_allclose(actual, naive(lambda_), atol=1e-12)


def test_a_huge_ratio_does_not_overflow() -> None:
    # Oracle: any ratio above 1 counts as 1.
    huge = retrace_return(REWARD, DISCOUNT, Q, NEXT_VALUE, np.full(SHAPE, 1e6))
    one = retrace_return(REWARD, DISCOUNT, Q, NEXT_VALUE, np.zeros(SHAPE))
    np.testing.assert_array_equal(huge, one)


def test_on_policy_with_a_deterministic_policy_it_is_the_lambda_return() -> None:
    # Oracle: then q(s_t, a_t) is the state's value, and Retrace(lambda) is TD(lambda).
    successor = np.concatenate([Q[1:], NEXT_VALUE[-1:]])
    actual = retrace_return(REWARD, 0.9, Q, successor, np.zeros(SHAPE), lambda_=0.7)
    np.testing.assert_allclose(actual, lambda_return(REWARD, 0.9, successor, 0.7), atol=1e-12)


def test_exact_action_values_are_its_fixed_point_whatever_policy_acted() -> None:
    # Oracle: the linear system of the soft action values of pi in a deterministic model: there
    # every delta is 0, along every trajectory.
    states, actions, alpha = 4, 2, 0.3
    successor = RNG.integers(states, size=(states, actions))
    reward = RNG.normal(size=(states, actions))
    policy = RNG.dirichlet(np.ones(actions), size=states)
    entropy = -np.sum(policy * np.log(policy), -1)
    # v = sum_a pi (r + gamma v(s')) + alpha H
    transition = np.zeros((states, states))
    for s, a in np.ndindex(states, actions):
        transition[s, successor[s, a]] += policy[s, a]
    v = np.linalg.solve(
        np.eye(states) - 0.9 * transition, np.sum(policy * reward, -1) + alpha * entropy
    )
    q = reward + 0.9 * v[successor]
    s, path = 0, []
    for a in RNG.integers(actions, size=12):
        path.append((s, a))
        s = successor[s, a]
    at = tuple(np.array(path).T)
    next_state = successor[at]
    next_value = policy_value(tf.constant(q[next_state]), tf.constant(policy[next_state]), alpha)
    actual = retrace_return(reward[at], 0.9, q[at], next_value, np.log(policy[at] / 0.5))
    np.testing.assert_allclose(actual, q[at], atol=1e-12)
