"""What the host loop feeds to learners, against a single environment stepped and reset by hand."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, SAC, A2CConfig, SACConfig
from maxent_tf.replay import UniformReplay
from maxent_tf.types import Transition, Updated
from tests.training.gymnasium_envs import Counting, naive_loop, vector

every_mode = pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name)


def recorded_run(
    mode: AutoresetMode, on_policy: bool, monkeypatch: pytest.MonkeyPatch
) -> tuple[Transition, mx.training.TrainResult]:
    """24 steps of 2 learners x 2 worlds: all that reached updates, or replay, [24, 2, 2, ...]."""
    fed: list[Transition] = []

    class Recording(A2C):
        def update(self, state: Any, batch: Transition, **named: Any) -> Any:
            fed.append(batch._replace(extras=()))
            return super().update(state, batch, **named)

    env = vector("Counting", 4, mode, action="discrete" if on_policy else "box")
    spec = mx.gymnasium_spec(env)
    if on_policy:
        config = A2CConfig(network="table", rollout_length=4)
        learner: Any = Recording(spec, config, [2])
    else:
        # Half of the actions are random, half the policy's; no updates, which are tested elsewhere.
        config = SACConfig(hidden_sizes=(4,), learning_starts=24, replay_capacity=99, batch_size=2)
        learner = SAC(spec, config, [2])
        original = UniformReplay.add

        def add(self: UniformReplay, transition: Transition) -> None:
            fed.append(tf.nest.map_structure(lambda x: x[None], transition))
            original(self, transition)

        monkeypatch.setattr(UniformReplay, "add", add)
        monkeypatch.setattr(SAC, "update", keep_state)
    result = mx.train(learner, env, 48, num_envs=2, records=1, compile="eager")
    return tf.nest.map_structure(lambda *x: np.concatenate(x), *fed), result


def keep_state(learner: SAC, state: Any, batch: Transition, **_: Any) -> Updated:
    zeros = tf.zeros(learner.batch_shape)
    return Updated(state, tuple(zeros for _ in learner.metric_names), batch.reward)


@every_mode
@pytest.mark.parametrize("on_policy", [True, False], ids=["a2c", "sac"])
def test_what_reaches_the_learner_is_what_happened(
    mode: AutoresetMode, on_policy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracles: the environment by hand under the recorded actions: observations, final ones
    # included, rewards, terminations and truncations. Next-step resets are there, but not valid.
    fed, result = recorded_run(mode, on_policy, monkeypatch)
    assert fed.reward.shape == (24, 2, 2)
    episodes = np.zeros((3, 2))
    worlds = []
    for index in np.ndindex(2, 2):
        at = (slice(None), *index)
        valid = fed.valid[at]
        world = int(fed.observation[(0, *index, 0)])
        worlds.append(world)
        actions = fed.action[at][valid]
        taken = actions + 5 if on_policy else actions
        expected = naive_loop(Counting("discrete" if on_policy else "box"), world, taken)
        for name in ("observation", "reward", "next_observation", "terminated", "truncated"):
            np.testing.assert_allclose(
                getattr(fed, name)[at][valid], [t[name] for t in expected], rtol=1e-6, err_msg=name
            )
        ended = [t["terminated"] or t["truncated"] for t in expected]
        if mode == AutoresetMode.NEXT_STEP:
            resets = 1 + np.flatnonzero(fed.terminated[at] | fed.truncated[at])
            np.testing.assert_array_equal(np.flatnonzero(~valid), resets[resets < 24])
        else:
            assert valid.all()
        start = 0
        for end in np.flatnonzero(ended):
            rewards = [t["reward"] for t in expected[start : end + 1]]
            episodes[:, index[0]] += [1, sum(rewards), len(rewards)]
            start = end + 1
    assert np.all(np.diff(worlds) == 1)
    # The history counts the same episodes.
    count, total_return, total_length = episodes
    np.testing.assert_allclose(result.history["episode_return"][0], total_return / count, rtol=1e-5)
    np.testing.assert_allclose(result.history["episode_length"][0], total_length / count, rtol=1e-6)


@every_mode
def test_replay_holds_no_placeholder(mode: AutoresetMode, monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: transitions of this environment, but no resets, count steps up by one.
    held: list[UniformReplay] = []
    original = UniformReplay.__init__

    def init(self: UniformReplay, *arguments: Any) -> None:
        original(self, *arguments)
        held.append(self)

    monkeypatch.setattr(UniformReplay, "__init__", init)
    fed, _ = recorded_run(mode, False, monkeypatch)
    sample = held[0].sample(500, tf.constant([0, 1])).transition
    np.testing.assert_array_equal(
        sample.next_observation.numpy() - sample.observation.numpy(),
        np.broadcast_to([0, 0, 1], (2, 500, 3)),
    )
    np.testing.assert_array_equal(held[0].size, fed.valid.sum(axis=(0, 2)))


def test_actions_stay_in_the_bounds_where_policies_saturate() -> None:
    # Oracle: the environment, which refuses an action beyond its bounds.
    env = vector("Counting", 2, AutoresetMode.SAME_STEP, action="box")
    config = SACConfig(hidden_sizes=(4,), learning_starts=0, batch_size=2, initial_stddev=7.0)
    learner = SAC(mx.gymnasium_spec(env), config)
    result = mx.train(learner, env, 40, num_envs=2, records=1, compile="graph")
    assert result.updates == 40


def test_episode_returns_are_of_the_steps_alone() -> None:
    # Oracle: `Walk` always ends after 2 to 6 steps, each of which is paid 50 more than without the
    # wrapper, so that the mean return is 50 a step more; the call that resets belongs to none.
    means = []
    for extra in (0.0, 50.0):
        env = vector("Walk", 2, AutoresetMode.NEXT_STEP)
        env = gymnasium.wrappers.vector.TransformReward(env, lambda r, extra=extra: r + extra)
        # Actions do not follow rewards: nothing is learned.
        config = A2CConfig(network="table", actor_optimizer=mx.optimizers.SGD(0.0))
        learner = A2C(mx.gymnasium_spec(env), config)
        history = mx.train(learner, env, 60, num_envs=2, records=1, compile="graph").history
        means.append(history["episode_return"][0] - extra * history["episode_length"][0])
    np.testing.assert_allclose(means[0], means[1], rtol=1e-4)
