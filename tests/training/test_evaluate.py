"""Evaluation against single episodes played in a Python loop."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig, ActorCriticState
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep
from tests.training.gymnasium_envs import Walk, vector

LEARNERS = 30


def random_tables(
    spec: EnvironmentSpec, num_states: int, num_actions: int
) -> tuple[A2C, ActorCriticState]:
    """Learners whose greedy policies are random and deterministic."""
    learner = A2C(spec, A2CConfig(network="table"), [LEARNERS])
    logits = np.random.default_rng(0).normal(size=(LEARNERS, num_states, num_actions))
    return learner, learner.init(0)._replace(actor=tf.constant(logits, tf.float32))


def test_greedy_episodes_in_graph_are_those_of_a_loop() -> None:
    # Oracle: one episode at a time, by the world's tables.
    env = mx.environments.GridWorld(
        3, (0, 0), {(2, 2): 1.0, (0, 2): 0.3}, {(1, 1): 0.1}, max_episode_steps=9
    )
    learner, state = random_tables(env.spec, 9, 4)
    result = mx.evaluate(learner, state, env, 2)
    assert result.returns.shape == result.lengths.shape == (LEARNERS, 2)
    for i in range(LEARNERS):
        cell, total, length = 0, 0.0, 0
        while not env.terminal[cell] and length < 9:
            action = np.argmax(state.actor[i, cell])
            total, length = total + env.reward[cell, action, 0], length + 1
            cell = env.next_state[cell, action, 0]
        np.testing.assert_allclose(result.returns[i], total, rtol=1e-6)
        np.testing.assert_array_equal(result.lengths[i], length)
    assert len(np.unique(result.returns)) > 2


class Hall:
    """A hall of 6 steps, or 3 strides; at its end the episode is cut. Every step pays 1."""

    spec = EnvironmentSpec(Box.of((1,)), Discrete(2))

    def reset(self, batch_shape: Any, seed: Any) -> tuple[tf.Tensor, TimeStep]:
        del seed
        return self._show(tf.zeros(batch_shape, tf.int32))

    def step(self, state: tf.Tensor, action: tf.Tensor, seed: Any) -> tuple[tf.Tensor, TimeStep]:
        del seed
        return self._show(state + 1 + action)

    def _show(self, state: tf.Tensor) -> tuple[tf.Tensor, TimeStep]:
        ones = tf.ones(state.shape)
        return state, TimeStep(ones[..., None], ones, ones < 0, state >= 6)


def test_nothing_counts_after_a_truncation() -> None:
    # Oracle: by hand. The slow walk on after the fast have come to the end, and all are paid.
    learner = A2C(Hall.spec, A2CConfig(network="table"), [2])
    tables = tf.constant([[[1.0, 0.0]], [[0.0, 1.0]]])
    result = mx.evaluate(learner, learner.init(0)._replace(actor=tables), Hall(), 2)
    np.testing.assert_array_equal(result.returns, [[6, 6], [3, 3]])
    np.testing.assert_array_equal(result.lengths, [[6, 6], [3, 3]])


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name)
def test_greedy_episodes_on_the_host_are_those_of_a_loop(mode: AutoresetMode) -> None:
    # Oracle: one episode at a time in the environment itself; it restarts while others still run.
    env = vector("Walk", 2 * LEARNERS, mode)
    learner, state = random_tables(mx.gymnasium_spec(env), 3, 2)
    result = mx.evaluate(learner, state, env, 2)
    for i in range(LEARNERS):
        single = Walk()
        observation, _ = single.reset()
        total, length, done = 0.0, 0, False
        while not done:
            action = 1 + np.argmax(state.actor[i, observation - 2])
            observation, reward, terminated, truncated, _ = single.step(action)
            total, length, done = total + reward, length + 1, terminated or truncated
        np.testing.assert_allclose(result.returns[i], total, rtol=1e-5)
        np.testing.assert_array_equal(result.lengths[i], length)
    assert len(np.unique(result.lengths)) > 1


def test_an_id_is_evaluated_on_fresh_worlds() -> None:
    # Oracle: CartPole's rule that the return is the length, and that constant actions fail early.
    learner = A2C(mx.environments.CartPole().spec, A2CConfig(network="table"))
    state = learner.init(0)._replace(actor=tf.zeros([4, 2]))
    result = mx.evaluate(learner, state, "CartPole-v1", 8, seed=3)
    np.testing.assert_array_equal(result.returns, result.lengths)
    assert np.all((result.lengths >= 7) & (result.lengths <= 11))
    assert len(np.unique(result.lengths)) > 1  # Every world has a seed of its own.
    np.testing.assert_array_equal(
        result.lengths, mx.evaluate(learner, state, "CartPole-v1", 8, seed=3).lengths
    )


@pytest.mark.parametrize("greedy", [True, False])
def test_greedy_takes_the_mode_and_otherwise_samples(greedy: bool) -> None:
    # Oracle: a bandit's reward of the likeliest arm; or E r within 4.5 standard errors.
    means = np.array([1.0, 2.0, 4.0])
    env = mx.environments.Bandit(means)
    learner = A2C(env.spec, A2CConfig(network="table"))
    probs = np.array([0.3, 0.5, 0.2])
    state = learner.init(0)._replace(actor=tf.constant(np.log([probs, probs]), tf.float32))
    returns = mx.evaluate(learner, state, env, 4000, seed=1, greedy=greedy).returns
    if greedy:
        np.testing.assert_array_equal(returns, 2.0)
    else:
        variance = probs @ means**2 - (probs @ means) ** 2
        assert abs(returns.mean() - probs @ means) < 4.5 * np.sqrt(variance / 4000)


def test_seeds_decide_sampled_episodes() -> None:
    env = mx.environments.Bandit(np.arange(100.0))
    learner = A2C(env.spec, A2CConfig(network="table"))
    first, again, other = (
        mx.evaluate(learner, learner.init(0), env, 20, seed=seed, greedy=False).returns
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize("where", ["in_graph", "host"])
def test_an_endless_episode_is_an_error(where: str) -> None:
    endless: Any = mx.environments.GridWorld(2, (0, 0), {(1, 1): 1.0})
    if where == "host":
        endless = gymnasium.make_vec("MountainCar-v0", 3)
    spec = endless.spec if where == "in_graph" else mx.gymnasium_spec(endless)
    learner = A2C(spec, A2CConfig(network="table"))
    with pytest.raises(RuntimeError, match="3 episodes were still running after max_steps=17"):
        mx.evaluate(learner, learner.init(0), endless, 3, max_steps=17)


def test_bad_arguments_are_named() -> None:
    env = mx.environments.Bandit([0.0, 1.0])
    learner = A2C(env.spec, A2CConfig(network="table"))
    state = learner.init(0)
    with pytest.raises(ValueError, match="episodes must be at least 1, not 0"):
        mx.evaluate(learner, state, env, 0)
    for other in (mx.environments.CartPole(), "CartPole-v1"):
        with pytest.raises(ValueError, match="the learner was built for"):
            mx.evaluate(learner, state, other, 1)
    with pytest.raises(ValueError, match="holds 3 environments but 2 are needed"):
        mx.evaluate(learner, state, vector("Walk", 3, AutoresetMode.SAME_STEP), 2)


def test_an_evaluation_does_not_cut_the_episodes_of_a_training_run() -> None:
    # Oracle: the same run without the attempt, to the bit; after it the environment is free again.
    env = vector("Walk", 2, AutoresetMode.SAME_STEP)
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(hidden_sizes=(4,), rollout_length=3))
    refused = []

    def attempt(env_steps: int, row: Any, state: Any) -> None:
        for same in (env, gymnasium.wrappers.vector.RecordEpisodeStatistics(env)):
            with pytest.raises(
                ValueError, match=r"env=.*SyncVectorEnv.* is in use by a training run"
            ):
                mx.evaluate(learner, state, same, 2)
            refused.append(env_steps)
        mx.evaluate(learner, state, "MaxentTest/Walk-v0", 2)

    def train(callback: Any) -> Any:
        result = mx.train(
            learner, env, 36, num_envs=2, records=3, compile="eager", callback=callback
        )
        return result.state, result.history

    tf.nest.map_structure(np.testing.assert_array_equal, train(attempt), train(None))
    assert refused == [12, 12, 24, 24, 36, 36]
    mx.evaluate(learner, learner.init(0), env, 2)


def test_an_evaluation_waits_for_a_trainer_to_close() -> None:
    env = vector("Walk", 2, AutoresetMode.SAME_STEP)
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(hidden_sizes=(4,), rollout_length=3))
    with mx.training.Trainer(learner, env, num_envs=2, compile="eager") as trainer:
        state = trainer.run(6, records=1).state
        with pytest.raises(
            ValueError, match=r"or after the training \(a Trainer's `close` ends it"
        ):
            mx.evaluate(learner, state, env, 2)
        trainer.run(12, records=1)
    assert mx.evaluate(learner, state, env, 2).lengths.min() >= 2


@pytest.mark.parametrize("env", [mx.environments.CartPole(max_episode_steps=3), "CartPole-v1"])
def test_evaluating_in_a_loop_warns_of_nothing(env: Any, caplog: pytest.LogCaptureFixture) -> None:
    # Oracle: TensorFlow's log, which at the fifth program made of one source spoke of retracing.
    learner = A2C(mx.environments.CartPole().spec, A2CConfig(hidden_sizes=(2,)))
    tf.get_logger().addHandler(caplog.handler)
    try:
        for seed in range(6):
            mx.evaluate(learner, learner.init(seed), env, 1, seed)
    finally:
        tf.get_logger().removeHandler(caplog.handler)
    assert not caplog.text
