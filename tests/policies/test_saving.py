"""Policies are saved, loaded and called; oracle: the learner itself, unless a test says another."""

import json
import pathlib
from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.axes import select
from maxent_tf.learners import A2C, A2CConfig
from tests.policies.policies import for_all, observations, trained
from tests.training.gymnasium_envs import Tupled, Walk

INDEX = (1, 2)


def saved(name: str, path: pathlib.Path) -> tuple[Any, Any, Any]:
    learner, state = trained(name)
    mx.policies.save(path, learner, state, index=INDEX)
    return learner, state, mx.policies.load(path)


@pytest.fixture(scope="module")
def with_memory(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    return saved("with_memory", tmp_path_factory.mktemp("saved") / "policy")


def test_a_policy_with_a_memory_acts_as_its_learner_does(with_memory: tuple[Any, Any, Any]) -> None:
    # Oracle: the learner's `act` for the whole batch, whose carry a naive loop hands on.
    learner, state, policy = with_memory
    policy.reset()
    carry = learner.initial_carry(4)
    for step in range(4):
        seen = observations(learner, step)
        acted = learner.act(state, carry, for_all(seen), seed=0, explore=False)
        np.testing.assert_array_equal(policy(seen), acted.action[INDEX])
        carry = acted.carry
        if step == 1:  # two of the four episodes end
            ended = np.array([True, False, True, False])
            everywhere = tf.constant(np.broadcast_to(ended, (*learner.batch_shape, 4)))
            carry = select(everywhere, learner.initial_carry(4), carry)
            policy.reset(ended)


def logits(policy: Any, observation: Any) -> np.ndarray:
    """The logits of a policy in its present memory."""
    inputs = {"observation": tf.constant(observation), **policy._memory}
    return policy._signatures["parameters"](**inputs)["logits"].numpy()


def test_the_memory_matters_and_is_forgotten(with_memory: tuple[Any, Any, Any]) -> None:
    # Oracle: logits of the learner from an empty memory and from the memory after one step.
    learner, state, policy = with_memory
    policy.reset()
    seen = observations(learner)
    carry = learner.initial_carry(4)
    after = learner.act(state, carry, for_all(seen), seed=0, explore=False).carry
    first, second = (
        learner.policy(state, for_all(seen), x).logits[INDEX].numpy() for x in (carry, after)
    )
    assert np.abs(first - second).max() > 1e-3
    policy(seen)
    np.testing.assert_allclose(logits(policy, seen), second, atol=1e-6)
    with pytest.raises(ValueError, match=r"of 3 environments.*remembers 4: call reset"):
        policy(seen[:3])
    with pytest.raises(ValueError, match=r"one flag for each of the 4 environments"):
        policy.reset([True])
    policy.reset()
    assert policy(seen[0]).shape == ()
    policy.reset(True)
    policy.reset()
    policy(seen)
    np.testing.assert_allclose(logits(policy, seen), second, atol=1e-6)


def test_one_observation_is_the_row_of_a_batch(tmp_path: pathlib.Path) -> None:
    # Oracle: the batch, row by row; and the learner's own draws.
    learner, state, policy = saved("sac", tmp_path / "policy")
    seen = observations(learner)
    greedy = learner.act(state, (), for_all(seen), seed=0, explore=False).action[INDEX]
    np.testing.assert_allclose(policy(seen), greedy, atol=1e-6)
    for row, action in zip(seen, greedy, strict=True):
        np.testing.assert_allclose(policy(row.astype(np.float64)), action, atol=1e-6)
    drawn = policy(seen, seed=[3, 4])
    assert np.abs(drawn - greedy).min() > 1e-6
    np.testing.assert_array_equal(drawn, policy(seen, seed=[3, 4]))
    policy.reset()  # to no effect


def test_a_policy_of_masked_actions_takes_legal_ones(tmp_path: pathlib.Path) -> None:
    # Oracle: the learner, and the mask of a single legal action.
    learner, state, policy = saved("masked", tmp_path / "policy")
    seen = observations(learner)
    acted = learner.act(state, learner.initial_carry(4), for_all(seen), seed=0, explore=False)
    np.testing.assert_array_equal(policy(seen), acted.action[INDEX])
    one = {"speed": np.zeros(2), "action_mask": [0, 0, 1, 1, 0]}
    assert all(policy(one, seed=i).tolist() == [2, 0] for i in range(5))


def test_a_policy_acts_in_the_numbers_of_its_environment(tmp_path: pathlib.Path) -> None:
    # Oracle: the environments' own spaces. Walk counts positions and moves from numbers of its own.
    env = Walk()
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(network="table"))
    state = learner.init(0)
    mx.policies.save(tmp_path / "walk", learner, state)
    policy = mx.policies.load(tmp_path / "walk", env)
    observation, _ = env.reset(seed=0)
    for step in range(3):
        by_hand = learner.policy(state, mx.gymnasium_observation(env, observation))
        expected = mx.gymnasium_action(env, by_hand.sample(seed=[0, step]))
        action = policy(observation, seed=[0, step])
        assert action == expected
        assert env.action_space.contains(action)
        observation, *_ = env.step(action)
    with pytest.raises(ValueError, match="outside of"):
        policy(env.observation_space.start - 1)


def test_a_policy_acts_in_a_vector_environment(tmp_path: pathlib.Path) -> None:
    # Oracle: a single environment's policy, and the spaces. Its observations are tuples.
    envs = gymnasium.vector.SyncVectorEnv([lambda: Tupled("multi_binary")] * 3)
    learner = A2C(mx.gymnasium_spec(envs), A2CConfig(hidden_sizes=()))
    mx.policies.save(tmp_path / "policy", learner, learner.init(0))
    policy = mx.policies.load(tmp_path / "policy", envs)
    observation, _ = envs.reset(seed=0)
    actions = policy(observation)
    assert actions.shape == (3, 2, 3)
    assert envs.action_space.contains(actions)
    single = policy(tf.nest.map_structure(lambda x: x[1], observation))
    np.testing.assert_array_equal(single, actions[1])


def test_a_policy_is_replaced_and_nothing_else_is(tmp_path: pathlib.Path) -> None:
    # Oracle: the files that were there, and the policy that was saved last.
    learner, state = trained("optimistic_q_table")
    path = tmp_path / "policy"
    for index in ((0, 0), INDEX):
        mx.policies.save(path, learner, state, index=index)
    seen = observations(learner)
    acted = learner.act(state, (), for_all(seen), seed=0, explore=False)
    np.testing.assert_array_equal(mx.policies.load(path)(seen), acted.action[INDEX])
    assert [x.name for x in tmp_path.iterdir()] == ["policy"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").write_text("work")
    with pytest.raises(ValueError, match=r"thesis' holds something else"):
        mx.policies.save(tmp_path / "thesis", learner, state, index=INDEX)
    assert (tmp_path / "thesis" / "text").read_text() == "work"


def test_what_is_not_a_saved_policy_is_refused(tmp_path: pathlib.Path) -> None:
    # Oracle: each file is of the kind that the message says. Nothing is unpickled.
    learner = A2C(mx.environments.RiverSwim().spec, A2CConfig(network="table"))
    path = tmp_path / "policy"
    mx.policies.save(path, learner, learner.init(0))
    assert not any(x.suffix in (".pkl", ".pickle") for x in path.rglob("*"))
    description = path / "policy.json"
    content = json.loads(description.read_text())

    def refused(match: str, text: str | None = None, at: pathlib.Path = path) -> None:
        if text is not None:
            description.write_text(text)
        with pytest.raises(ValueError, match=match):
            mx.policies.load(at)

    refused("there is nothing", at=tmp_path / "nowhere")
    refused("this is a file", at=description)
    refused("is no JSON", "{")
    refused(
        "of format 'maxent_tf policy'.*says 'other'", json.dumps({**content, "format": "other"})
    )
    refused("in version 2 .*reads version 1", json.dumps({**content, "version": 2}))
    description.unlink()
    refused("tf.saved_model.load reads that")
    (tmp_path / "checkpoint-3.index").write_text("")
    refused("maxent_tf.training.load reads those", at=tmp_path)


def test_a_policy_for_another_environment_is_refused(tmp_path: pathlib.Path) -> None:
    # Oracle: the two environments differ in their observations.
    learner = A2C(mx.gymnasium_spec("CartPole-v1"), A2CConfig(hidden_sizes=()))
    mx.policies.save(tmp_path / "policy", learner, learner.init(0))
    with pytest.raises(ValueError, match="built for an environment with observation"):
        mx.policies.load(tmp_path / "policy", Walk())
    with pytest.raises(TypeError, match="must be a Gymnasium environment"):
        mx.policies.load(tmp_path / "policy", "CartPole-v1")
