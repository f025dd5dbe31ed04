"""Our policies in TF-Agents against the learners that they stand for."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.policies.policy_saver import PolicySaver
from tf_agents.specs import BoundedTensorSpec, TensorSpec
from tf_agents.trajectories import time_step

import maxent_tf as mx
from maxent_tf.axes import select
from maxent_tf.bridges.tf_agents import LearnerPolicy, environment_spec
from maxent_tf.training.loop import StateVariables
from maxent_tf.types import Transition

TIME_STEP_SPEC = time_step.time_step_spec(TensorSpec((3,), tf.float32, "observation"))
ACTION_SPECS = {
    "box": BoundedTensorSpec((2,), tf.float32, [-1, 0], [1, 3], "action"),
    "discrete": BoundedTensorSpec((), tf.int64, 0, 3, "action"),
    "shifted": BoundedTensorSpec((), tf.int32, 2, 5, "action"),
    "parts": BoundedTensorSpec((2,), tf.int64, 0, [1, 3], "action"),
    "shifted_parts": BoundedTensorSpec((2,), tf.int64, [4, 7], [5, 9], "action"),
}
FIRST = {"shifted": 2, "shifted_parts": [4, 7]}
OBSERVATION = tf.random.stateless_normal([4, 3], seed=[0, 1])
TIME_STEP = time_step.restart(OBSERVATION, batch_size=4)

every_action = pytest.mark.parametrize("action", ACTION_SPECS)


def make(action: str, greedy: bool = False) -> tuple[Any, Any, LearnerPolicy]:
    spec = environment_spec(TIME_STEP_SPEC, ACTION_SPECS[action])
    learner = mx.learners.A2C(spec, mx.learners.A2CConfig(hidden_sizes=(8,)))
    state = learner.init(0)
    # A last layer that is not small, so that actions differ between states.
    state = state._replace(actor=tf.nest.map_structure(lambda x: 5 * x, state.actor))
    policy = LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS[action], learner, state, greedy)
    return learner, state, policy


@every_action
def test_greedy_actions_are_the_learners(action: str) -> None:
    learner, state, policy = make(action, greedy=True)
    expected = mx.distributions.greedy_action(learner.policy(state, OBSERVATION))
    actual = policy.action(TIME_STEP).action
    assert actual.dtype == ACTION_SPECS[action].dtype
    np.testing.assert_array_equal(actual, expected + np.array(FIRST.get(action, 0)))


@every_action
def test_the_distribution_is_the_learners(action: str) -> None:
    # Oracle: the learner's own density and entropy, with actions counted from 0.
    learner, state, policy = make(action)
    expected = learner.policy(state, OBSERVATION)
    actual = policy.distribution(TIME_STEP).action
    np.testing.assert_allclose(actual.entropy(), expected.entropy(), rtol=1e-5)
    drawn = policy.action(TIME_STEP, seed=3).action
    assert drawn.dtype == ACTION_SPECS[action].dtype
    own = drawn if action == "box" else tf.cast(drawn - FIRST.get(action, 0), tf.int32)
    np.testing.assert_allclose(actual.log_prob(drawn), expected.log_prob(own), rtol=1e-5)


def test_a_seed_is_of_a_sequence_of_draws() -> None:
    # Oracle: TF-Agents' own policies, whose draws with one seed differ in a program's calls.
    _, _, policy = make("box")
    draw = tf.function(lambda: policy.action(TIME_STEP, seed=3).action)
    first, second = draw(), draw()
    assert np.all(first != second)


def test_variables_are_shared() -> None:
    # Oracle: the learner with the new state.
    learner, state, _ = make("box")
    variables = StateVariables(state)
    policy = LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], learner, variables, True)
    other = learner.init(1)
    variables.write(other)
    expected = mx.distributions.greedy_action(learner.policy(other, OBSERVATION))
    np.testing.assert_array_equal(policy.action(TIME_STEP).action, expected)


def test_statistics_of_training_come_along() -> None:
    # Oracle: the learner within those statistics.
    learner, state, _ = make("box")
    normalized = mx.learners.Normalized(learner, observation=True)
    ended, ones = tf.zeros([4], tf.bool), tf.ones([4])
    seen = Transition(10 * OBSERVATION, ones, ones, 10 * OBSERVATION, ended, ended, ~ended)
    state = normalized.observe(normalized.around(state), seen)
    policy = LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], learner, state, True)
    expected = mx.distributions.greedy_action(normalized.policy(state, OBSERVATION))
    np.testing.assert_array_equal(policy.action(TIME_STEP).action, expected)


@every_action
def test_a_saved_policy_acts_the_same(action: str, tmp_path: pathlib.Path) -> None:
    # Oracle: the policy that was saved.
    _, _, policy = make(action, greedy=True)
    PolicySaver(policy).save(str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    actual, expected = (p.action(TIME_STEP).action for p in (loaded, policy))
    # To rounding: one is compiled and the other is not.
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


@pytest.mark.parametrize("action", ["box", "discrete", "parts"])
def test_a_saved_distribution_keeps_its_entropy(action: str, tmp_path: pathlib.Path) -> None:
    # Oracle: the policy that was saved.
    _, _, policy = make(action)
    PolicySaver(policy).save(str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    actual, expected = (p.distribution(TIME_STEP).action for p in (loaded, policy))
    np.testing.assert_allclose(actual.entropy(), expected.entropy(), rtol=1e-6)


def test_discrete_observations_are_counted_from_their_minimum() -> None:
    # Oracle: the learner, which counts from 0.
    observation_spec = BoundedTensorSpec((), tf.int64, 4, 9, "observation")
    time_step_spec = time_step.time_step_spec(observation_spec)
    spec = environment_spec(time_step_spec, ACTION_SPECS["box"])
    learner = mx.learners.A2C(spec, mx.learners.A2CConfig(hidden_sizes=(8,)))
    state = learner.init(0)
    policy = LearnerPolicy(time_step_spec, ACTION_SPECS["box"], learner, state, True)
    step = time_step.restart(tf.constant([4, 9], tf.int64), batch_size=2)
    expected = mx.distributions.greedy_action(learner.policy(state, tf.constant([0, 5])))
    np.testing.assert_array_equal(policy.action(step).action, expected)


def test_what_does_not_fit_is_refused() -> None:
    spec = environment_spec(TIME_STEP_SPEC, ACTION_SPECS["box"])
    batch = mx.learners.A2C(spec, batch_shape=[3])
    with pytest.raises(ValueError, match=r"batch shape is \[3\].*batch_shape=\[\]"):
        LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], batch, batch.init(0))
    other = mx.learners.A2C(mx.gymnasium_spec("CartPole-v1"))
    with pytest.raises(ValueError, match="the learner was built for"):
        LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], other, other.init(0))


def test_noise_is_kept_for_its_period() -> None:
    # Oracle: where the observation stays, so does the action for as many steps, then no longer.
    spec = environment_spec(TIME_STEP_SPEC, ACTION_SPECS["box"])
    exploration = mx.exploration.StateDependentExploration(period=3, initial_scale=0.5)
    learner = mx.learners.SAC(
        spec, mx.learners.SACConfig(hidden_sizes=(8,), exploration=exploration)
    )
    policy = LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], learner, learner.init(0))
    kept, actions = policy.get_initial_state(4), []
    for t in range(9):
        step = policy.action(TIME_STEP, kept, seed=t)
        kept = step.state
        actions.append(step.action.numpy())
    blocks = np.stack(actions).reshape(3, 3, 4, 2)
    np.testing.assert_array_equal(blocks, np.repeat(blocks[:, :1], 3, axis=1))
    assert np.all(blocks[1:, 0] != blocks[:-1, 0])


@pytest.mark.parametrize("greedy", [True, False])
def test_a_memory_is_carried_and_emptied_where_an_episode_begins(greedy: bool) -> None:
    # Oracle: the learner itself, from the memory before, or an empty one.
    spec = environment_spec(TIME_STEP_SPEC, ACTION_SPECS["box"])
    learner = mx.learners.PPO(spec, mx.learners.PPOConfig(hidden_sizes=(8,), memory_size=5))
    state = tf.nest.map_structure(lambda x: 5 * x if x.dtype.is_floating else x, learner.init(0))
    policy = LearnerPolicy(TIME_STEP_SPEC, ACTION_SPECS["box"], learner, state, greedy)
    kept, carry = policy.get_initial_state(4), learner.initial_carry(4)
    begins = np.array([[True] * 4, [False] * 4, [False, True, False, True], [False] * 4])
    for t in range(4):
        observation = tf.random.stateless_normal([4, 3], seed=[1, t])
        shown = time_step.transition(observation, reward=tf.zeros([4]))
        step_type = np.where(begins[t], time_step.StepType.FIRST, time_step.StepType.MID)
        shown = shown._replace(step_type=tf.constant(step_type, tf.int32))
        carry = select(tf.constant(begins[t]), learner.initial_carry(4), carry)
        expected = learner.act(state, carry, observation, seed=[0, t], explore=not greedy)
        step = policy.action(shown, kept, seed=[0, t])
        np.testing.assert_allclose(step.action, expected.action, rtol=1e-5)
        tf.nest.map_structure(np.testing.assert_array_equal, step.info.memory, carry)
        carry, kept = expected.carry, step.state
    assert np.any(carry.actor != 0)
