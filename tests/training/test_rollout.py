"""Rollouts against a naive loop over the tables of a finite world."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.environments import FiniteWorld
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.specs import Box, Discrete, MultiDiscrete
from maxent_tf.training import rollout


def world() -> FiniteWorld:
    """A grid of 2 x 2 with one goal: in 3 steps some episodes end there and some are cut."""
    return mx.environments.GridWorld(2, (0, 0), {(1, 1): 1.0}, {(0, 1): 0.25}, max_episode_steps=3)


def follow_tables(
    env: FiniteWorld, actions: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """One world's transitions under `actions` [T], and the count, returns, lengths of episodes."""
    state, elapsed, total = 0, 0, 0.0
    rows, sums = [], np.zeros(3)
    for action in actions:
        following = env.next_state[state, action, 0]
        reward, elapsed = env.reward[state, action, 0], elapsed + 1
        terminated = bool(env.terminal[following])
        truncated = elapsed == 3 and not terminated
        rows.append((state, action, reward, following, terminated, truncated))
        state, total = following, total + reward
        if terminated or truncated:
            sums += [1, total, elapsed]
            state, elapsed, total = 0, 0, 0.0
    names = ("observation", "action", "reward", "next_observation", "terminated", "truncated")
    return dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True)), sums


# 1 is not stacked, 8 is the longest that is unrolled, 20 becomes a loop.
@pytest.mark.parametrize("length", [1, 8, 20])
@pytest.mark.parametrize("batch_shape", [(), (2, 3)], ids=str)
def test_trajectories_and_episodes_are_those_of_the_tables(
    batch_shape: tuple[int, ...], length: int
) -> None:
    env = world()
    config = A2CConfig(network="table", rollout_length=length)
    learner = A2C(env.spec, config, batch_shape)
    state = learner.init(0)

    @tf.function(autograph=False)
    def collect(worlds: Any, seed: tf.Tensor) -> Any:
        return rollout.collect(
            learner, state, env, worlds, learner.experience, seed, tf.constant([0, 0]), 0
        )

    worlds = rollout.begin(learner, env, 4, tf.constant([0, 1]))
    batches, episodes = [], rollout.no_episodes(batch_shape)
    for call in range(20 // length):
        worlds, batch, ended = collect(worlds, tf.constant([1, call]))
        batches.append(batch)
        episodes = tf.nest.map_structure(tf.add, episodes, ended)
    trajectory = tf.nest.map_structure(lambda *x: np.concatenate(x), *batches)
    assert trajectory.reward.shape == (20 // length * length, *batch_shape, 4)
    assert trajectory.valid.all()

    sums = np.zeros((3, *batch_shape))
    for index in np.ndindex(*batch_shape, 4):
        at = (slice(None), *index)
        expected, ended = follow_tables(env, trajectory.action[at])
        sums[(slice(None), *index[:-1])] += ended
        for name, value in expected.items():
            actual = getattr(trajectory, name)[at]
            actual = actual.argmax(-1) if name.endswith("observation") else actual
            np.testing.assert_array_equal(actual, value, err_msg=name)
    np.testing.assert_array_equal(episodes, sums)
    ends = trajectory.terminated.sum(), trajectory.truncated.sum()
    assert length == 1 or min(ends) > 0


def test_actions_follow_the_policy_and_differ_between_worlds() -> None:
    # Oracle: the policy's probabilities, within 4.5 standard errors of 4,000 first actions.
    env = world()
    learner = A2C(env.spec, A2CConfig(network="table", rollout_length=1))
    logits = tf.constant([0.0, 1.0, -1.0, 0.5])
    state = learner.init(0)._replace(actor=tf.tile(logits[None], [4, 1]))
    worlds = rollout.begin(learner, env, 4000, tf.constant([0, 1]))
    _, batch, _ = rollout.collect(
        learner, state, env, worlds, learner.experience, tf.constant([0, 2]), tf.constant([0, 0]), 0
    )
    frequency = np.bincount(batch.action[0], minlength=4) / 4000
    probs = tf.nn.softmax(logits).numpy()
    assert np.all(np.abs(frequency - probs) < 4.5 * np.sqrt(probs * (1 - probs) / 4000))


def test_gymnasium_environments_are_not_taken_for_tensorflows() -> None:
    # Both have a spec, a reset and a step.
    assert rollout.is_in_graph(world())
    assert rollout.is_in_graph(mx.environments.Pendulum())
    for env in (gymnasium.make("CartPole-v1"), gymnasium.make_vec("CartPole-v1", 2), "CartPole-v1"):
        assert not rollout.is_in_graph(env)


def test_uniform_actions_are_uniform() -> None:
    # Oracle: Kolmogorov-Smirnov and chi-square tests at the level .001 each.
    box = rollout.uniform_action(
        Box.of((2,), [-1, 2], [1, 8]), (40, 50), tf.constant([0, 1])
    ).numpy()
    assert box.shape == (40, 50, 2)
    for k, (low, width) in enumerate([(-1, 2), (2, 6)]):
        assert scipy.stats.kstest(box[..., k].ravel(), "uniform", (low, width)).pvalue > 0.001
    assert abs(np.corrcoef(box[..., 0].ravel(), box[..., 1].ravel())[0, 1]) < 0.1
    discrete = rollout.uniform_action(Discrete(3), (40, 50), tf.constant([0, 1]))
    assert discrete.dtype == tf.int32
    assert scipy.stats.chisquare(np.bincount(discrete.numpy().ravel(), minlength=3)).pvalue > 0.001
    several = rollout.uniform_action(MultiDiscrete((3, 4)), (40, 50), tf.constant([0, 1])).numpy()
    assert (several.shape, several.dtype) == ((40, 50, 2), np.int32)
    both = np.bincount((4 * several[..., 0] + several[..., 1]).ravel(), minlength=12)
    assert scipy.stats.chisquare(both).pvalue > 0.001
