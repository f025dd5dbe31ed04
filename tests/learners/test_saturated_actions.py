"""Stored actions on a bound teach A2C and PPO what is known of them. Oracle: the normal's tail."""

from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.learners import A2C, PPO, A2CConfig, PPOConfig
from maxent_tf.learners.actor_critic import Known
from maxent_tf.optimizers import SGD
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((2,), 0.0, 1.0), Box.of((1,), -1.0, 1.0))
# What the action tells no more: sixteen units in the last place of 1.
EDGE = np.arctanh(1 - 2.0**-19)
REWARD, VALUE, RATE = 1.5, 0.25, 0.5


def make_learner(kind: str) -> A2C | PPO:
    shared: dict[str, Any] = {
        "network": "table",
        "actor_optimizer": SGD(RATE),
        "critic_optimizer": SGD(RATE),
        "max_grad_norm": None,
        "alpha": 0.0,
        "discount": 0.0,
        "rollout_length": 1,
    }
    if kind == "a2c":
        return A2C(SPEC, A2CConfig(**shared))
    once = {"num_epochs": 1, "num_minibatches": 1, "normalize_advantage": False}
    return PPO(SPEC, PPOConfig(**shared, **once))


@pytest.mark.parametrize("kind", ["a2c", "ppo"])
@pytest.mark.parametrize(("action", "mu", "sigma"), [(1.0, 6.0, 2.0), (-1.0, -40.0, 0.9)])
def test_the_score_is_that_of_the_tail(kind: str, action: float, mu: float, sigma: float) -> None:
    learner = make_learner(kind)
    state = learner.init(0)._replace(
        actor=tf.constant([[mu, np.log(sigma)]] * 2, tf.float32), critic=tf.fill([2, 1], VALUE)
    )
    z = (action * mu - EDGE) / sigma
    log_prob = tf.constant([[scipy.stats.norm.logcdf(z)]], tf.float32)
    batch = Transition(
        observation=tf.one_hot([[0]], 2),
        action=tf.constant([[[action]]]),
        reward=tf.constant([[REWARD]]),
        next_observation=tf.one_hot([[1]], 2),
        terminated=tf.constant([[False]]),
        truncated=tf.constant([[False]]),
        valid=tf.constant([[True]]),
        extras=Known(log_prob=log_prob),
    )
    new = learner.update(state, batch, seed=0).state
    hazard = scipy.stats.norm.pdf(z) / scipy.stats.norm.cdf(z)
    score = np.array([action * hazard / sigma, -z * hazard])
    expected = state.actor[0] + RATE * (REWARD - VALUE) * score
    np.testing.assert_allclose(new.actor[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(new.actor[1], state.actor[1])
