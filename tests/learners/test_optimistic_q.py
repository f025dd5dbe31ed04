"""Optimistic Q-learning against a loop over transitions, and on DeepSea."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import OptimisticQ, OptimisticQConfig
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete, action_mask_spec
from maxent_tf.types import Transition

S, A, T, B, P = 4, 3, 5, 2, (2,)
PLAIN = EnvironmentSpec(Box.of((S,), 0.0, 1.0), Discrete(A))
MASKED = EnvironmentSpec(
    {"observation": PLAIN.observation, "action_mask": action_mask_spec(PLAIN.action)}, PLAIN.action
)
HIGHEST, HORIZON = np.array([1.0, 2.0]), np.array([3.0, 10.0])
BONUS, GAMMA = np.array([0.1, 0.0]), np.array([1.0, 0.9])


def learner(spec: EnvironmentSpec) -> OptimisticQ:
    config = OptimisticQConfig(HIGHEST, HORIZON, BONUS, GAMMA, rollout_length=T)
    return OptimisticQ(spec, config, P)


def trajectory(spec: EnvironmentSpec) -> tuple[Transition, dict[str, np.ndarray]]:
    """A batch of random steps, some of them ends and some placeholders, and its numbers."""
    rng, shape = np.random.default_rng(0), (T, *P, B)
    legal = rng.random((*shape, A)) < 0.6
    legal[..., 0] = True
    numbers = {
        "s": rng.integers(S, size=shape),
        "next_s": rng.integers(S, size=shape),
        "a": rng.integers(A, size=shape),
        "r": rng.normal(scale=0.3, size=shape),
        "end": rng.random(shape) < 0.3,
        "valid": rng.random(shape) < 0.8,
        "legal": legal if spec is MASKED else np.ones_like(legal),
    }

    def observed(state: np.ndarray) -> Any:
        one_hot = tf.one_hot(state, S)
        if spec is PLAIN:
            return one_hot
        return {"observation": one_hot, "action_mask": tf.constant(numbers["legal"], tf.int32)}

    batch = Transition(
        observation=observed(numbers["s"]),
        action=tf.constant(numbers["a"], tf.int32),
        reward=tf.constant(numbers["r"], tf.float32),
        next_observation=observed(numbers["next_s"]),
        terminated=tf.constant(numbers["end"]),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.constant(numbers["valid"]),
    )
    return batch, numbers


@pytest.mark.parametrize("spec", [PLAIN, MASKED], ids=["plain", "masked"])
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_update_by_hand(spec: EnvironmentSpec, jit_compile: bool) -> None:
    # Oracle: the pseudocode of the module's docstring, one transition after the other. Learning
    # from all steps at once, or from placeholders, gives other values.
    one = learner(spec)
    batch, x = trajectory(spec)
    update = tf.function(lambda s, b: one.update(s, b), autograph=False, jit_compile=jit_compile)
    state, metrics, _ = update(one.init(0), batch)
    for p in range(P[0]):
        q, count = np.full((S, A), HIGHEST[p]), np.zeros((S, A))
        errors, taken = [], []
        for t, b in np.ndindex(T, B):
            at = t, p, b
            if not x["valid"][at]:
                continue
            pair = x["s"][at], x["a"][at]
            count[pair] += 1
            best = q[x["next_s"][at]][x["legal"][at]].max()
            target = x["r"][at] + BONUS[p] / np.sqrt(count[pair]) + GAMMA[p] * ~x["end"][at] * best
            errors.append(abs(target - q[pair]))
            taken.append(q[pair])
            rate = (HORIZON[p] + 1) / (HORIZON[p] + count[pair])
            q[pair] = min(HIGHEST[p], q[pair] + rate * (target - q[pair]))
        np.testing.assert_allclose(state.q[p], q, atol=1e-5)
        np.testing.assert_array_equal(state.count[p], count)
        np.testing.assert_allclose(metrics.error[p], np.mean(errors), atol=1e-5)
        np.testing.assert_allclose(metrics.q[p], np.mean(taken), atol=1e-5)
        assert metrics.visited[p] == np.sum(count > 0)


def test_it_acts_by_the_largest_legal_value() -> None:
    # Oracle: the values. Equal ones share the probability, and an illegal one has none.
    one = learner(MASKED)
    q = np.zeros((*P, S, A), np.float32)
    q[:, 0], q[:, 1] = [3.0, 1.0, 1.0], [1.0, 2.0, 2.0]
    state = one.init(0)._replace(q=tf.constant(q))
    observation = {
        "observation": tf.broadcast_to(tf.one_hot([0, 1], S), [*P, 2, S]),
        "action_mask": tf.broadcast_to([[0, 1, 1], [1, 1, 1]], [*P, 2, A]),
    }
    expected = np.broadcast_to([[0, 0.5, 0.5], [0, 0.5, 0.5]], (*P, 2, A))
    found = one.policy(state, observation).probs_parameter()
    np.testing.assert_array_equal(found, expected)


def test_it_dives_to_the_treasure() -> None:
    # Oracle: the best return, .99, from every episode in the end. The uniform policy finds the
    # treasure in one of 256 episodes, and a learner without optimism finds it no sooner.
    size, episodes, learners = 8, 150, 5
    env = mx.environments.DeepSea(size)
    one = OptimisticQ(env.spec, OptimisticQConfig(horizon=size), [learners])
    result = mx.train(one, env, size * episodes, seed=0, records=episodes)
    np.testing.assert_allclose(result.history["episode_return"][-10:], 0.99, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"highest_value": np.nan}, "highest_value"),
        ({"horizon": 0}, "horizon"),
        ({"bonus": -0.1}, "bonus"),
        ({"discount": 1.1}, "discount"),
        ({"rollout_length": 0}, "rollout_length"),
    ],
)
def test_bad_arguments(changes: dict[str, Any], message: str) -> None:
    # Oracle: the message names the argument.
    with pytest.raises(ValueError, match=message):
        OptimisticQConfig(**changes)


def test_bad_batches() -> None:
    # Oracle: the message names what is wrong.
    one = learner(PLAIN)
    batch, _ = trajectory(PLAIN)
    with pytest.raises(ValueError, match="weight must be None"):
        one.update(one.init(0), batch, weight=tf.ones([*P, B]))
    with pytest.raises(ValueError, match=r"batch\.reward"):
        one.update(one.init(0), batch._replace(reward=batch.reward[0]))


def test_observations_that_cannot_be_counted_are_refused() -> None:
    # Oracle: the message says which observations can. CartPole's are real numbers.
    with pytest.raises(ValueError, match="must be Discrete, MultiDiscrete or one-hot"):
        OptimisticQ(mx.environments.CartPole().spec)


def test_several_discrete_values_are_one_state() -> None:
    # Oracle: the row of the table, counted with the last value fastest.
    spec = EnvironmentSpec(MultiDiscrete((2, 3)), Discrete(A))
    one = OptimisticQ(spec, batch_shape=P)
    q = tf.reshape(tf.range(2.0 * 6 * A), [*P, 6, A])
    observation = tf.broadcast_to(tf.constant([[1, 2], [0, 1]]), [*P, 2, 2])
    found = one.q(one.init(0)._replace(q=q), observation)
    np.testing.assert_array_equal(found, tf.gather(q, [5, 1], axis=1))
