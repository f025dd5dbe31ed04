"""Transitions out of TF-Agents' replay against a loop over a single world."""

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.drivers.dynamic_step_driver import DynamicStepDriver
from tf_agents.environments import TFPyEnvironment
from tf_agents.policies.random_tf_policy import RandomTFPolicy
from tf_agents.replay_buffers import TFUniformReplayBuffer
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories import Trajectory

from maxent_tf.bridges.tf_agents import GymnasiumEnvironment, environment_spec
from maxent_tf.bridges.tf_agents.experience import only_valid, transitions
from maxent_tf.specs import Discrete, EnvironmentSpec
from maxent_tf.types import Transition
from tests.training.gymnasium_envs import Counting, naive_loop, vector


@pytest.mark.parametrize("action", ["discrete", "box"])
def test_frames_become_the_transitions_that_were_made(action: str) -> None:
    # Oracle: each world by itself, given the actions that TF-Agents' driver took.
    inner = GymnasiumEnvironment(vector("Counting", 3, AutoresetMode.NEXT_STEP, action=action))
    inner.seed(0)
    env = TFPyEnvironment(inner)
    policy = RandomTFPolicy(env.time_step_spec(), env.action_spec())
    replay = TFUniformReplayBuffer(policy.trajectory_spec, 3, max_length=20)
    DynamicStepDriver(env, policy, [replay.add_batch], num_steps=30).run()
    spec = environment_spec(env.time_step_spec(), env.action_spec())
    batch = transitions(spec, replay.gather_all(), policy.trajectory_spec)
    assert not np.all(batch.valid)
    for i in range(3):
        rows = np.flatnonzero(batch.valid[:, i])
        fields = batch._replace(extras=batch.valid)._asdict()
        mine = {name: field.numpy()[rows, i] for name, field in fields.items()}
        taken = mine["action"] + 5 if action == "discrete" else mine["action"]
        expected = naive_loop(Counting(action), i, taken)
        assert any(step["terminated"] for step in expected)
        assert any(step["truncated"] for step in expected)
        for name in expected[0]:
            if name != "action":
                theirs = [step[name] for step in expected]
                np.testing.assert_allclose(mine[name], theirs, rtol=1e-6)


def test_numbers_are_counted_from_the_specs_minimum() -> None:
    # Oracle: by hand.
    spec = EnvironmentSpec(Discrete(3), Discrete(2))
    number, scalar = tf.constant([[4, 6, 5]], tf.int64), tf.ones([1, 3])
    frames = Trajectory(scalar, number, number, (), scalar, scalar, scalar)
    data_spec = frames._replace(
        observation=BoundedTensorSpec((), tf.int64, 4, 6),
        action=BoundedTensorSpec((), tf.int64, 3, 4),
    )
    batch = transitions(spec, frames, data_spec)
    assert batch.observation.numpy().tolist() == [[0], [2]]
    assert batch.next_observation.numpy().tolist() == [[2], [1]]
    assert batch.action.numpy().tolist() == [[1], [3]]


def test_the_pair_across_an_episodes_end_counts_for_nothing() -> None:
    # Oracle: by hand; whatever reward and discount the environment gives to a reset.
    spec = EnvironmentSpec(Discrete(3), Discrete(2))
    number = tf.constant([[0, 1, 2, 0]])
    bounds = BoundedTensorSpec((), tf.int32, 0, 2)
    frames = Trajectory(
        step_type=tf.constant([[1, 2, 0, 1]]),
        observation=number,
        action=tf.zeros_like(number),
        policy_info=(),
        next_step_type=tf.constant([[2, 0, 1, 1]]),
        reward=tf.constant([[1.0, float("nan"), 3.0, 4.0]]),
        discount=tf.constant([[1.0, 0.0, 1.0, 1.0]]),
    )
    batch = transitions(spec, frames, frames._replace(observation=bounds, action=bounds))
    assert batch.valid.numpy().ravel().tolist() == [True, False, True]
    assert batch.reward.numpy().ravel().tolist() == [1, 0, 3]
    assert batch.terminated.numpy().ravel().tolist() == [False] * 3
    assert batch.truncated.numpy().ravel().tolist() == [True, False, False]


def minibatch(valid: list[bool]) -> Transition:
    rows = tf.range(len(valid), dtype=tf.float32)
    return Transition(*[rows] * 4, *[tf.cast(rows, tf.bool)] * 2, tf.constant(valid))


def test_valid_transitions_take_the_place_of_the_others() -> None:
    # Oracle: by hand: rows 1, 2 and 4 are valid; 0, 3 and 5 become the next in turn of them.
    chosen = only_valid(minibatch([False, True, True, False, True, False]))
    assert chosen.reward.numpy().tolist() == [1, 1, 2, 1, 4, 4]
    assert np.all(chosen.valid)


def test_a_minibatch_without_a_transition_is_refused() -> None:
    compiled = tf.function(only_valid)
    with pytest.raises(tf.errors.InvalidArgumentError, match="within an episode"):
        compiled(minibatch([False, False]))


def test_a_discount_between_zero_and_one_is_refused() -> None:
    frames = Trajectory(*[tf.zeros([1, 2])] * 6, tf.constant([[1.0, 0.9]]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="discounts must be 0 or 1"):
        transitions(None, frames, None)
