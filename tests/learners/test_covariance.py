"""The covariance of log-probability and advantage, against its definition by enumeration."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.learners import A2C, PPO, A2CConfig, DiscreteSAC, DiscreteSACConfig, PPOConfig
from maxent_tf.learners.covariance import exact_covariance, sampled_covariance
from maxent_tf.networks import CategoricalHead
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition
from tests.contracts.learners import random_batch, random_state

SPEC = EnvironmentSpec(Box.of((5,), 0.0, 1.0), Discrete(3))


def covariance(probs: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The covariance over the last axis, by its definition, in float64."""
    log_prob = np.log(probs)
    mean = (probs * log_prob).sum(axis=-1, keepdims=True)
    centre = (probs * q).sum(axis=-1, keepdims=True)
    return (probs * (log_prob - mean) * (q - centre)).sum(axis=-1)


def test_every_action_as_often_as_it_is_likely_gives_the_exact_covariance() -> None:
    # Oracle: the definition. Of eight draws, four, two, one and one fall on the four actions. A
    # constant added to the advantages must not matter, nor a step that does not count.
    probs = np.array([0.5, 0.25, 0.125, 0.125])
    action = np.repeat(np.arange(4), [4, 2, 1, 1])
    advantage = np.array([1.0, -2.0, 0.5, 3.0])
    entropy = -(probs * np.log(probs)).sum()
    for shift in (0.0, 10.0):
        found = sampled_covariance(
            tf.constant(np.append(np.log(probs)[action], np.nan)),
            tf.constant(np.full(9, entropy)),
            tf.constant(np.append(advantage[action] + shift, 1.0)),
            tf.constant([True] * 8 + [False]),
        )
        np.testing.assert_allclose(found, covariance(probs, advantage), rtol=1e-12)


def test_all_actions_are_summed_and_illegal_ones_do_not_count() -> None:
    # Oracle: the definition, over the legal actions alone.
    generator = np.random.default_rng(0)
    logits, q = generator.normal(size=(2, 2, 3, 4)).astype(np.float32)
    mask = np.array([True, True, False, True])
    policy = CategoricalHead(4)(tf.constant(logits), tf.broadcast_to(mask, logits.shape))
    legal = logits[..., mask].astype(np.float64)
    probs = np.exp(legal) / np.exp(legal).sum(axis=-1, keepdims=True)
    expected = covariance(probs, q[..., mask]).mean(axis=-1)
    np.testing.assert_allclose(exact_covariance(policy, tf.constant(q)), expected, rtol=1e-5)


def on_policy(kind: str, **changes: Any) -> A2C | PPO:
    common: dict[str, Any] = {"hidden_sizes": (4,), "rollout_length": 3, "gae_lambda": 0.0}
    if kind == "a2c":
        return A2C(SPEC, A2CConfig(**common, **changes), [2])
    config = PPOConfig(**common, num_epochs=1, num_minibatches=1, **changes)
    return PPO(SPEC, config, [2])


@pytest.mark.parametrize("kind", ["a2c", "ppo"])
def test_an_update_measures_the_policy_before_it(kind: str) -> None:
    # Oracle: one-step advantages r + gamma V' - V and the policy's likelihoods, by hand.
    learner = on_policy(kind, measure_covariance=True)
    state, batch = random_state(learner), random_batch(learner)

    def together(x: tf.Tensor) -> np.ndarray:
        return np.moveaxis(x, 0, 1).reshape(2, -1, *x.shape[3:])  # [T, P, B] -> [P, T B]

    batch = batch._replace(valid=tf.constant(np.random.default_rng(1).random((3, 2, 4)) < 0.8))
    policy = learner.policy(state, together(batch.observation))
    log_prob = policy.log_prob(together(batch.action))
    if kind == "ppo":
        known = np.moveaxis(log_prob.numpy().reshape(2, 3, 4), 0, 1)
        batch = batch._replace(extras=batch.extras._replace(log_prob=tf.constant(known)))
    value, next_value = (
        learner.value(state, together(x)) for x in (batch.observation, batch.next_observation)
    )
    alive = 1 - together(tf.cast(batch.terminated, tf.float32))
    advantage = together(batch.reward) + 0.99 * alive * next_value - value
    product = ((log_prob + policy.entropy()) * advantage).numpy()
    valid = together(batch.valid)
    expected = [product[i, valid[i]].mean() for i in range(2)]
    metrics = learner.update(state, batch, seed=0).metrics
    np.testing.assert_allclose(metrics.covariance, expected, rtol=1e-4, atol=1e-6)
    assert learner.metric_names[-1] == "covariance"


def test_a_discrete_sac_measures_all_actions() -> None:
    # Oracle: the definition, with the policy before the update and the critics behind their step.
    config = DiscreteSACConfig(hidden_sizes=(4,), measure_covariance=True)
    learner = DiscreteSAC(SPEC, config, [2])
    state, batch = random_state(learner), random_batch(learner)
    updated = learner.update(state, batch)
    probs = learner.policy(state, batch.observation).probs_parameter().numpy()
    q = learner.q(updated.state, batch.observation).numpy()
    expected = covariance(probs.astype(np.float64), q).mean(axis=-1)
    np.testing.assert_allclose(updated.metrics.covariance, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["a2c", "ppo", "discrete_sac"])
def test_nothing_else_changes_and_nothing_is_measured_unasked(kind: str) -> None:
    # Oracle: the update without the measurement, eagerly, to the bit.
    def update(measure: bool) -> Any:
        if kind == "discrete_sac":
            config = DiscreteSACConfig(hidden_sizes=(4,), measure_covariance=measure)
            learner: Any = DiscreteSAC(SPEC, config, [2])
        else:
            learner = on_policy(kind, measure_covariance=measure)
        return learner, learner.update(random_state(learner), random_batch(learner), seed=0)

    (without, plain), (with_it, measured) = update(False), update(True)
    tf.nest.map_structure(np.testing.assert_array_equal, plain.state, measured.state)
    assert plain.metrics.covariance == ()
    assert with_it.metric_names == (*without.metric_names, "covariance")


def test_the_covariance_foretells_the_loss_of_entropy() -> None:
    # Oracle: the entropies before and behind a small step of the logits along the advantages; what
    # is left out is of second order in the step.
    generator = np.random.default_rng(0)
    logits, advantage = generator.normal(size=(2, 6))

    def entropy(logits: np.ndarray) -> float:
        probs = np.exp(logits) / np.exp(logits).sum()
        return float(-(probs * np.log(probs)).sum())

    policy = CategoricalHead(6)(tf.constant(logits[None]))
    predicted = -float(exact_covariance(policy, tf.constant(advantage[None])))
    errors = [
        abs(entropy(logits + step * advantage) - entropy(logits) - step * predicted)
        for step in (1e-2, 1e-3)
    ]
    assert errors[0] < 1e-2 * abs(predicted)
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)


def test_a_batch_whose_policy_is_uniform_has_none() -> None:
    # Oracle: the logarithm of a constant probability is constant.
    learner = A2C(SPEC, A2CConfig(network="table", measure_covariance=True, rollout_length=3), [2])
    batch: Transition = random_batch(learner)
    eye = tf.one_hot(tf.zeros(batch.reward.shape, tf.int32), 5)
    batch = batch._replace(observation=eye, next_observation=eye)
    found = learner.update(learner.init(0), batch).metrics.covariance
    np.testing.assert_allclose(found, [0.0, 0.0], atol=1e-6)
