"""A2C that learns from a policy that lags, against plain A2C and a NumPy loop over V-trace."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.optimizers import SGD
from tests.learners.trajectories import (
    SPEC,
    A,
    P,
    S,
    acted_in,
    as_transition,
    random_batch,
    random_tables,
    softmax,
)

GAMMA, LAMBDA, ALPHA, RATE = 0.9, 0.8, 0.1, 0.5


def tabular(correction: str) -> A2C:
    config = A2CConfig(
        network="table",
        actor_optimizer=SGD(RATE),
        critic_optimizer=SGD(RATE),
        max_grad_norm=None,
        discount=GAMMA,
        gae_lambda=LAMBDA,
        alpha=ALPHA,
        correction=correction,
    )
    return A2C(SPEC, config, P)


@pytest.mark.parametrize("compiled", [False, True])
def test_on_policy_it_is_plain_a2c_to_the_bit(compiled: bool) -> None:
    # Oracle: A2C without correction, from the same trajectory.
    plain, corrected = tabular("none"), tabular("vtrace")
    state = random_tables(plain)
    batch = acted_in(corrected, state, as_transition(random_batch(6, 4)))
    updates: list[Any] = [plain.update, corrected.update]
    if compiled:
        updates = [tf.function(update, autograph=False) for update in updates]
    results = [update(state, batch) for update in updates]
    tf.nest.map_structure(np.testing.assert_array_equal, *results)


def test_a_policy_that_lags_is_corrected_for() -> None:
    # Oracle: a loop over samples; the weights of target and gradient are pi / mu, at most 1.
    learner = tabular("vtrace")
    state, old, arrays = random_tables(learner), random_tables(learner, seed=1), random_batch(6, 4)
    batch = acted_in(learner, old, as_transition(arrays))
    new = learner.update(state, batch).state
    for i in np.ndindex(*P):
        own = {name: x[(slice(None), *i)] for name, x in arrays.items()}
        theta, v = state.actor.numpy()[i], state.critic.numpy()[i][:, 0]
        pi, mu = softmax(theta), softmax(old.actor.numpy()[i])
        ascent, descent, count = np.zeros((S, A)), np.zeros(S), own["valid"].sum()
        entropy = -(pi * np.log(pi)).sum(-1)
        weights = []
        for world in range(4):
            later = 0.0
            for t in reversed(range(6)):
                s, a = own["s"][t, world], own["a"][t, world]
                ratio = min(1.0, pi[s, a] / mu[s, a]) if own["valid"][t, world] else 1.0
                alive = 0.0 if own["terminated"][t, world] else GAMMA
                delta = own["r"][t, world] + alive * v[own["s_next"][t, world]] - v[s]
                through = 0.0 if own["truncated"][t, world] else alive * LAMBDA
                correction = ratio * delta + through * ratio * later
                advantage = ratio * (delta + through * later)
                later = correction
                if own["valid"][t, world]:
                    weights.append(ratio)
                    ascent[s] += advantage * (np.eye(A)[a] - pi[s])
                    ascent[s] -= ALPHA * pi[s] * (np.log(pi[s]) + entropy[s])
                    descent[s] -= correction
        np.testing.assert_allclose(new.actor[i], theta + RATE * ascent / count, atol=1e-5)
        np.testing.assert_allclose(new.critic[i][:, 0], v - RATE * descent / count, atol=1e-5)
        assert 0.1 < np.mean(np.array(weights) < 1) < 0.9  # what is tested took place


def test_the_gradient_of_a_lagging_policy_has_the_mean_of_the_present_ones() -> None:
    # Oracle: the exact gradient on a bandit, sum_a pi(a) r(a) grad log pi(a). Actions of which mu
    # has at least as much as pi are weighted without bias; here these are all but the last.
    rewards = np.array([1.0, 0.5, 0.0])
    world = mx.environments.Bandit(rewards)
    config = A2CConfig(
        network="table",
        actor_optimizer=SGD(1.0),
        critic_optimizer=SGD(0.0),
        max_grad_norm=None,
        alpha=0.0,
        correction="vtrace",
    )
    learner = A2C(world.spec, config)
    state = learner.init(0)
    pi = np.array([0.2, 0.3, 0.5])
    mu = np.array([0.3, 0.4, 0.3])
    # The second row is of the end, where nothing is decided.
    state = state._replace(actor=tf.constant([np.log(pi), np.zeros(3)], tf.float32))
    count = 1000
    action = np.repeat(np.arange(3), np.int64(np.round(mu * count)))
    flag = tf.ones([1, count], tf.bool)
    start = tf.one_hot(tf.zeros([1, count], tf.int32), 2)
    batch = mx.types.Transition(
        observation=start,
        action=tf.constant(action[None], tf.int32),
        reward=tf.constant(rewards[action][None], tf.float32),
        next_observation=start,
        terminated=flag,
        truncated=~flag,
        valid=flag,
        extras=mx.learners.Known(log_prob=tf.constant(np.log(mu)[action][None], tf.float32)),
    )
    moved = learner.update(state, batch).state.actor[0].numpy() - np.log(pi)
    # What the last action, of reward 0, loses to the bound changes nothing.
    expected = sum(pi[a] * rewards[a] * (np.eye(3)[a] - pi) for a in range(3))
    np.testing.assert_allclose(moved, expected, rtol=1e-4)
