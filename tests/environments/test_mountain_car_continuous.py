"""MountainCarContinuous against Gymnasium's MountainCarContinuous-v0."""

import gymnasium
import numpy as np
import tensorflow as tf

from maxent_tf.environments import MountainCarContinuous
from maxent_tf.environments.mountain_car import MountainCarState
from maxent_tf.types import TimeStep


def test_a_thousand_random_steps_agree_with_gymnasium() -> None:
    # Oracle: Gymnasium's own step from the same state, over the whole valley, walls included.
    generator = np.random.default_rng(0)
    position = generator.uniform(-1.2, 0.449, 1_000).astype(np.float32)
    velocity = generator.uniform(-0.07, 0.07, 1_000).astype(np.float32)
    action = generator.uniform(-1, 1, [1_000, 1]).astype(np.float32)
    state = MountainCarState(
        tf.constant(position), tf.constant(velocity), tf.zeros([1_000], tf.int32)
    )
    _, timestep = MountainCarContinuous().step(state, tf.constant(action), seed=0)
    ours = TimeStep(*(tensor.numpy() for tensor in timestep))
    theirs = gymnasium.make("MountainCarContinuous-v0").unwrapped
    theirs.reset(seed=0)
    for i in range(1_000):
        theirs.state = np.array([position[i], velocity[i]], np.float64)
        observation, reward, terminated, _, _ = theirs.step(action[i].astype(np.float64))
        np.testing.assert_allclose(ours.observation[i], observation, rtol=0, atol=1e-6)
        np.testing.assert_allclose(ours.reward[i], reward, rtol=0, atol=1e-5)
        assert ours.terminated[i] == terminated
    assert 0 < np.mean(ours.terminated) < 1


def test_spec_is_gymnasiums() -> None:
    theirs, ours = gymnasium.make("MountainCarContinuous-v0"), MountainCarContinuous().spec
    for spec, space in [
        (ours.observation, theirs.observation_space),
        (ours.action, theirs.action_space),
    ]:
        for bound, expected in zip(spec.bounds(), (space.low, space.high), strict=True):
            np.testing.assert_array_equal(bound, expected)
    assert MountainCarContinuous().max_episode_steps == theirs.spec.max_episode_steps


def test_truncates_at_the_limit() -> None:
    # Oracle: the step count.
    env = MountainCarContinuous(max_episode_steps=3)
    state, _ = env.reset([], seed=0)
    for step in range(1, 4):
        state, timestep = env.step(state, tf.zeros([1]), seed=0)
        assert bool(timestep.truncated) == (step == 3)
