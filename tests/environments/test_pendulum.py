"""Pendulum against Gymnasium's Pendulum-v1."""

import gymnasium
import numpy as np
import tensorflow as tf

from maxent_tf.environments import Pendulum
from maxent_tf.environments.pendulum import PendulumState
from maxent_tf.types import TimeStep

SAMPLES = 20_000


def test_a_thousand_random_steps_agree_with_gymnasium() -> None:
    # Oracle: Gymnasium's own step from the same state, torques beyond the limits included.
    generator = np.random.default_rng(0)
    angle = generator.uniform(-np.pi, np.pi, 1_000).astype(np.float32)
    speed = generator.uniform(-8, 8, 1_000).astype(np.float32)
    torque = generator.uniform(-3, 3, [1_000, 1]).astype(np.float32)
    state = PendulumState(tf.constant(angle), tf.constant(speed), tf.zeros([1_000], tf.int32))
    _, timestep = Pendulum().step(state, tf.constant(torque), seed=0)
    ours = TimeStep(*(tensor.numpy() for tensor in timestep))
    theirs = gymnasium.make("Pendulum-v1").unwrapped
    theirs.reset(seed=0)
    for i in range(1_000):
        theirs.state = np.array([angle[i], speed[i]], np.float64)
        observation, reward, terminated, _, _ = theirs.step(torque[i])
        np.testing.assert_allclose(ours.observation[i], observation, rtol=0, atol=1e-5)
        np.testing.assert_allclose(ours.reward[i], reward, rtol=0, atol=1e-5)
        assert ours.terminated[i] == terminated


def test_turning_over_many_times_keeps_gymnasiums_trajectory() -> None:
    # Oracle: Gymnasium, which never wraps the angle, in float64. Full torque along the spin turns
    # the pendulum over every second or so, without the sensitivity of a slow passage over the top.
    env, theirs = Pendulum(), gymnasium.make("Pendulum-v1").unwrapped
    theirs.reset(seed=0)
    theirs.state = np.array([3.0, 7.0])
    state = PendulumState(tf.constant(3.0), tf.constant(7.0), tf.constant(0))
    step = tf.function(env.step)
    for _ in range(100):
        state, timestep = step(state, tf.constant([2.0]), seed=0)
        observation, reward, *_ = theirs.step(np.array([2.0]))
        np.testing.assert_allclose(timestep.observation, observation, rtol=0, atol=1e-3)
        np.testing.assert_allclose(timestep.reward, reward, rtol=0, atol=1e-2)
    assert theirs.state[0] > 8 * np.pi


def test_spec_is_gymnasiums() -> None:
    theirs, ours = gymnasium.make("Pendulum-v1"), Pendulum().spec
    for spec, space in [
        (ours.observation, theirs.observation_space),
        (ours.action, theirs.action_space),
    ]:
        for bound, expected in zip(spec.bounds(), (space.low, space.high), strict=True):
            np.testing.assert_array_equal(bound, expected)
    assert Pendulum().max_episode_steps == theirs.spec.max_episode_steps


def test_starts_uniform_at_every_angle() -> None:
    # Oracle: the moments of a uniform distribution; the tolerance is 4 standard errors.
    state, _ = Pendulum().reset([SAMPLES], seed=0)
    start = np.stack([state.angle / np.pi, state.angular_velocity])
    assert np.all(np.abs(start) <= 1)
    np.testing.assert_allclose(start.mean(1), 0, atol=4 * np.sqrt(1 / 3 / SAMPLES))
    np.testing.assert_allclose((start**2).mean(1), 1 / 3, atol=4 * np.sqrt(4 / 45 / SAMPLES))
    assert abs(np.corrcoef(start)[0, 1]) < 4 / np.sqrt(SAMPLES)


def test_truncates_at_the_limit_and_never_terminates() -> None:
    # Oracle: the step count.
    env = Pendulum(max_episode_steps=3)
    state, _ = env.reset([2], seed=0)
    for step in range(1, 5):
        state, timestep = env.step(state, tf.zeros([2, 1]), seed=0)
        assert timestep.truncated.numpy().tolist() == [step >= 3] * 2
        assert not np.any(timestep.terminated)
