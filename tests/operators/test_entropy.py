"""Entropy as bonus and as reward, through every operator on trajectories, against naive loops."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import operators

T, ACTIONS, GAMMA, ALPHA = 6, 3, 0.9, 0.4
RNG = np.random.default_rng(0)
REWARD = RNG.normal(size=T)
POLICY = RNG.dirichlet(np.ones(ACTIONS), size=T + 1)
ENTROPY = -np.sum(POLICY * np.log(POLICY), axis=-1)
Q = RNG.normal(size=(T + 1, ACTIONS))
TERMINATED = np.arange(T) == 3
DISCOUNT = GAMMA * (1 - TERMINATED)


@pytest.mark.parametrize("entropy_as", ["bonus", "reward"])
def test_returns_of_state_values_count_every_entropy_of_the_episode(entropy_as: str) -> None:
    # Oracle: sum_k gamma^k (r_{t+k} + alpha H_{t+k}) until the episode ends, with the soft (or
    # plain) value after the last step. "bonus" must leave all entropies out.
    weight = ALPHA if entropy_as == "reward" else 0.0
    value = np.sum(POLICY * Q, -1) + weight * ENTROPY
    expected = np.zeros(T)
    for t in range(T):
        total, discount = 0.0, 1.0
        for k in range(t, T):
            total += discount * (REWARD[k] + weight * ENTROPY[k])
            discount *= GAMMA
            if TERMINATED[k]:
                break
        else:
            total += discount * value[T]
        expected[t] = total
    reward = operators.with_entropy(REWARD, ENTROPY[:T], ALPHA, entropy_as)  # type: ignore[arg-type]
    np.testing.assert_allclose(
        operators.n_step_return(reward, DISCOUNT, value[T]), expected, atol=1e-12
    )
    advantage = operators.generalized_advantage_estimation(
        reward, DISCOUNT, value[:T], value[T], lambda_=1.0
    )
    np.testing.assert_allclose(advantage, expected - value[:T], atol=1e-12)
    np.testing.assert_allclose(
        operators.lambda_return(reward, DISCOUNT, value[1:], lambda_=1.0), expected, atol=1e-12
    )
    on_policy = operators.vtrace(reward, DISCOUNT, value[:T], value[1:], np.zeros(T))
    np.testing.assert_allclose(on_policy.value_target, expected, atol=1e-12)
    np.testing.assert_allclose(on_policy.advantage, expected - value[:T], atol=1e-12)


@pytest.mark.parametrize("entropy_as", ["bonus", "reward"])
def test_soft_action_values_contain_the_entropies_of_later_states_only(entropy_as: str) -> None:
    # Oracle: q(s_t, a_t) = r_t + gamma (E_pi q + alpha H)(s_{t+1}), a one-step soft target.
    weight = ALPHA if entropy_as == "reward" else 0.0
    expected = [
        REWARD[t] + DISCOUNT[t] * (POLICY[t + 1] @ Q[t + 1] + weight * ENTROPY[t + 1])
        for t in range(T)
    ]
    next_value = operators.with_entropy(
        np.sum(POLICY * Q, -1)[1:],
        ENTROPY[1:],
        ALPHA,
        entropy_as,  # type: ignore[arg-type]
    )
    one_step = operators.retrace_return(
        REWARD, DISCOUNT, Q[:T, 0], next_value, np.zeros(T), lambda_=0.0
    )
    np.testing.assert_allclose(one_step, expected, atol=1e-12)
    if entropy_as == "reward":
        built_in = operators.policy_value(tf.constant(Q[1:]), tf.constant(POLICY[1:]), ALPHA)
        np.testing.assert_allclose(next_value, built_in, atol=1e-12)


def test_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r'"bonus" or "reward", not .both.'):
        operators.with_entropy(tf.zeros(1), tf.zeros(1), 0.1, "both")  # type: ignore[arg-type]
