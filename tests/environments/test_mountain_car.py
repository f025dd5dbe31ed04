"""MountainCar against Gymnasium's MountainCar-v0."""

import gymnasium
import numpy as np
import tensorflow as tf

from maxent_tf.environments import MountainCar
from maxent_tf.environments.mountain_car import MountainCarState
from maxent_tf.types import TimeStep

SAMPLES = 20_000


def test_a_thousand_random_steps_agree_with_gymnasium() -> None:
    # Oracle: Gymnasium's own step from the same state, over the whole valley, walls included.
    generator = np.random.default_rng(0)
    position = generator.uniform(-1.2, 0.499, 1_000).astype(np.float32)
    velocity = generator.uniform(-0.07, 0.07, 1_000).astype(np.float32)
    action = generator.integers(3, size=1_000, dtype=np.int32)
    state = MountainCarState(
        tf.constant(position), tf.constant(velocity), tf.zeros([1_000], tf.int32)
    )
    _, timestep = MountainCar().step(state, tf.constant(action), seed=0)
    ours = TimeStep(*(tensor.numpy() for tensor in timestep))
    theirs = gymnasium.make("MountainCar-v0").unwrapped
    theirs.reset(seed=0)
    for i in range(1_000):
        theirs.state = (float(position[i]), float(velocity[i]))
        observation, reward, terminated, _, _ = theirs.step(int(action[i]))
        np.testing.assert_allclose(ours.observation[i], observation, rtol=0, atol=1e-6)
        assert ours.reward[i] == reward
        assert ours.terminated[i] == terminated
    assert 0 < np.mean(ours.terminated) < 1
    assert np.any(ours.observation[:, 0] == np.float32(-1.2))


def test_sparse_rewards_pay_the_arrival_alone() -> None:
    # Oracle: Gymnasium's MountainCar-v0 with its reward replaced by its termination, over whole
    # episodes of cars that are pushed the way they roll, which solves the task.
    theirs = gymnasium.make("MountainCar-v0").unwrapped
    env = MountainCar(sparse_reward=True)
    state, timestep = env.reset([3], seed=0)
    starts, rewards = timestep.observation.numpy(), np.zeros([200, 3])
    for t in range(200):
        action = tf.where(state.velocity < 0, 0, 2)
        state, timestep = env.step(state, action, seed=0)
        rewards[t] = timestep.reward
    expected = np.zeros([200, 3])
    for i, start in enumerate(starts):
        theirs.reset(seed=0)
        theirs.state, terminated, t = tuple(start.astype(float)), False, 0
        while not terminated:
            _, _, terminated, _, _ = theirs.step(0 if theirs.state[1] < 0 else 2)
            expected[t, i], t = float(terminated), t + 1
    np.testing.assert_array_equal(expected.sum(0), 1)
    np.testing.assert_array_equal(rewards, expected)


def test_spec_is_gymnasiums() -> None:
    theirs, ours = gymnasium.make("MountainCar-v0"), MountainCar().spec
    for bound, expected in zip(
        ours.observation.bounds(),
        (theirs.observation_space.low, theirs.observation_space.high),
        strict=True,
    ):
        np.testing.assert_array_equal(bound, expected)
    assert ours.action.num_values == theirs.action_space.n
    assert MountainCar().max_episode_steps == theirs.spec.max_episode_steps


def test_starts_at_rest_uniform_in_the_valley() -> None:
    # Oracle: the moments of a uniform distribution; the tolerance is 4 standard errors.
    _, timestep = MountainCar().reset([SAMPLES], seed=0)
    start = (timestep.observation[:, 0].numpy() + 0.5) / 0.1
    assert np.all(np.abs(start) <= 1 + 1e-6)
    np.testing.assert_allclose(start.mean(), 0, atol=4 * np.sqrt(1 / 3 / SAMPLES))
    np.testing.assert_allclose((start**2).mean(), 1 / 3, atol=4 * np.sqrt(4 / 45 / SAMPLES))
    assert not np.any(timestep.observation[:, 1])


def test_truncates_at_the_limit() -> None:
    # Oracle: the step count.
    env = MountainCar(max_episode_steps=3)
    state, _ = env.reset([], seed=0)
    for step in range(1, 4):
        state, timestep = env.step(state, tf.constant(1), seed=0)
        assert bool(timestep.truncated) == (step == 3)
