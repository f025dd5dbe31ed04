"""CartPole against Gymnasium's CartPole-v1."""

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import CartPole
from maxent_tf.environments.cartpole import ANGLE_LIMIT, POSITION_LIMIT, CartPoleState
from maxent_tf.types import TimeStep

SAMPLES = 20_000


def test_a_thousand_random_steps_agree_with_gymnasium() -> None:
    # Oracle: Gymnasium's own step from the same state. States reach up to the limits, so
    # that some steps terminate.
    generator = np.random.default_rng(0)
    reach = [POSITION_LIMIT, 2.0, ANGLE_LIMIT, 2.0]
    physics = generator.uniform(np.negative(reach), reach, [1_000, 4]).astype(np.float32)
    action = generator.integers(2, size=1_000, dtype=np.int32)
    state = CartPoleState(*tf.unstack(physics, axis=-1), tf.zeros([1_000], tf.int32))
    _, timestep = CartPole().step(state, tf.constant(action), seed=0)
    ours = TimeStep(*(tensor.numpy() for tensor in timestep))
    theirs = gymnasium.make("CartPole-v1").unwrapped
    theirs.reset(seed=0)
    for i in range(1_000):
        theirs.state, theirs.steps_beyond_terminated = physics[i].astype(np.float64), None
        observation, reward, terminated, _, _ = theirs.step(action[i])
        np.testing.assert_allclose(ours.observation[i], observation, rtol=0, atol=1e-5)
        assert ours.reward[i] == reward
        assert ours.terminated[i] == terminated
    assert 0 < np.mean(ours.terminated) < 1


def test_spec_is_gymnasiums() -> None:
    theirs, ours = gymnasium.make("CartPole-v1"), CartPole().spec
    for bound, expected in zip(
        ours.observation.bounds(),
        (theirs.observation_space.low, theirs.observation_space.high),
        strict=True,
    ):
        np.testing.assert_array_equal(bound, expected)
    assert ours.action.num_values == theirs.action_space.n
    assert CartPole().max_episode_steps == theirs.spec.max_episode_steps


def test_starts_uniform_near_the_middle() -> None:
    # Oracle: the moments of a uniform distribution; the tolerance is 4 standard errors.
    _, timestep = CartPole().reset([SAMPLES], seed=0)
    start = timestep.observation.numpy() / 0.05
    assert np.all(np.abs(start) <= 1)
    np.testing.assert_allclose(start.mean(0), 0, atol=4 * np.sqrt(1 / 3 / SAMPLES))
    np.testing.assert_allclose((start**2).mean(0), 1 / 3, atol=4 * np.sqrt(4 / 45 / SAMPLES))
    correlation = np.corrcoef(start.T) - np.eye(4)
    np.testing.assert_allclose(correlation, 0, atol=4 / np.sqrt(SAMPLES))


def test_truncates_at_the_limit_unless_the_pole_falls_there() -> None:
    # Oracle: the step count. The second pole falls in the very step that reaches the limit.
    env = CartPole(max_episode_steps=3)
    state, _ = env.reset([2], seed=0)
    for step in range(1, 4):
        if step == 3:
            state = state._replace(angular_velocity=tf.constant([0.0, 100.0]))
        state, timestep = env.step(state, tf.constant([1, 1]), seed=0)
        assert timestep.truncated.numpy().tolist() == [step == 3, False]
    assert timestep.terminated.numpy().tolist() == [False, True]


def test_without_a_limit_never_truncates() -> None:
    env = CartPole(max_episode_steps=None)
    state, _ = env.reset([], seed=0)
    _, timestep = env.step(state._replace(elapsed=tf.constant(10**6)), tf.constant(0), seed=0)
    assert not timestep.truncated


@pytest.mark.parametrize("limit", [0, -1, 2.5])
def test_bad_time_limits_are_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="max_episode_steps must be a positive integer"):
        CartPole(max_episode_steps=limit)  # type: ignore[arg-type]
