"""Acrobot against Gymnasium's Acrobot-v1."""

import gymnasium
import numpy as np
import tensorflow as tf

from maxent_tf.environments import Acrobot
from maxent_tf.environments.acrobot import AcrobotState
from maxent_tf.types import TimeStep

SAMPLES = 20_000


def test_a_thousand_random_steps_agree_with_gymnasium() -> None:
    # Oracle: Gymnasium's own step from the same state, at speeds that play reaches. States whose
    # tip is up already are left out: there the world has ended.
    generator = np.random.default_rng(0)
    reach = [np.pi, np.pi, 6.0, 12.0]
    physics = generator.uniform(np.negative(reach), reach, [2_000, 4]).astype(np.float32)
    height = -np.cos(physics[:, 0]) - np.cos(physics[:, 0] + physics[:, 1])
    physics = physics[height < 0.99][:1_000]
    action = generator.integers(3, size=1_000, dtype=np.int32)
    state = AcrobotState(*tf.unstack(physics, axis=-1), tf.zeros([1_000], tf.int32))
    _, timestep = Acrobot().step(state, tf.constant(action), seed=0)
    ours = TimeStep(*(tensor.numpy() for tensor in timestep))
    theirs = gymnasium.make("Acrobot-v1").unwrapped
    theirs.reset(seed=0)
    for i in range(1_000):
        theirs.state = physics[i].astype(np.float64)
        observation, reward, terminated, _, _ = theirs.step(action[i])
        np.testing.assert_allclose(ours.observation[i], observation, rtol=1e-5, atol=1e-5)
        assert ours.reward[i] == reward
        assert ours.terminated[i] == terminated
    assert 0 < np.mean(ours.terminated) < 1


def test_spec_is_gymnasiums() -> None:
    theirs, ours = gymnasium.make("Acrobot-v1"), Acrobot().spec
    for bound, expected in zip(
        ours.observation.bounds(),
        (theirs.observation_space.low, theirs.observation_space.high),
        strict=True,
    ):
        np.testing.assert_array_equal(bound, expected)
    assert ours.action.num_values == theirs.action_space.n
    assert Acrobot().max_episode_steps == theirs.spec.max_episode_steps


def test_starts_uniform_near_hanging() -> None:
    # Oracle: the moments of a uniform distribution; the tolerance is 4 standard errors.
    state, _ = Acrobot().reset([SAMPLES], seed=0)
    start = np.stack(state[:4]) / 0.1
    assert np.all(np.abs(start) <= 1)
    np.testing.assert_allclose(start.mean(1), 0, atol=4 * np.sqrt(1 / 3 / SAMPLES))
    np.testing.assert_allclose((start**2).mean(1), 1 / 3, atol=4 * np.sqrt(4 / 45 / SAMPLES))


def test_truncates_at_the_limit() -> None:
    # Oracle: the step count.
    env = Acrobot(max_episode_steps=3)
    state, _ = env.reset([], seed=0)
    for step in range(1, 4):
        state, timestep = env.step(state, tf.constant(1), seed=0)
        assert bool(timestep.truncated) == (step == 3)
