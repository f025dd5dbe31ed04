"""Environments given as an object, by a factory or with arguments, against those by their id."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.wrappers import TransformReward

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.training import Trainer, gymnasium_spec
from maxent_tf.training.making import maker
from tests.training.gymnasium_envs import Counting, Walk

SHORT = {"max_episode_steps": 6}


def a2c(env: Any, batch_shape: Any = (), **arguments: Any) -> A2C:
    spec = gymnasium_spec(env, **arguments)
    return A2C(spec, A2CConfig(hidden_sizes=(4,), rollout_length=3), batch_shape)


def halved(env: gymnasium.Env) -> gymnasium.Env:
    return TransformReward(env, lambda reward: reward / 2)


def trained(learner: A2C, env: Any, **arguments: Any) -> Any:
    arguments = {"num_steps": 12, "num_envs": 2, "records": 2, "compile": "eager", **arguments}
    result = mx.train(learner, env, **arguments)
    return result.state, result.history


def assert_same(first: Any, second: Any) -> None:
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_every_form_of_an_environment_gives_the_same_run() -> None:
    # Oracle: the run by the id, to the bit.
    env = gymnasium.make("CartPole-v1")
    learner = a2c(env)
    assert learner.spec == mx.gymnasium_spec("CartPole-v1")
    for num_envs in (1, 2):
        expected = trained(learner, "CartPole-v1", num_envs=num_envs)
        for form in (env, lambda: gymnasium.make("CartPole-v1")):
            assert_same(trained(learner, form, num_envs=num_envs), expected)
    returns = mx.evaluate(learner, expected[0], "CartPole-v1", 3).returns
    np.testing.assert_array_equal(mx.evaluate(learner, expected[0], env, 3).returns, returns)
    env.reset(seed=0)  # it is still open


def test_copies_have_the_wrappers_of_the_environment() -> None:
    # Oracle: the rewards of CartPole, 1 a step, halved, in a time limit of 6 steps.
    env = halved(gymnasium.make("CartPole-v1", **SHORT))
    learner = a2c(env, [2])
    outcome = mx.evaluate(learner, learner.init(0), env, 2)
    np.testing.assert_array_equal(outcome.returns, np.full([2, 2], 3.0))
    history = trained(learner, env)[1]
    np.testing.assert_array_equal(history["episode_return"][-1], [3.0, 3.0])


@pytest.mark.parametrize("env", ["CartPole-v1", lambda **own: gymnasium.make("CartPole-v1", **own)])
def test_arguments_reach_the_environment(env: Any) -> None:
    # Oracle: the time limit of 6 steps in training, in evaluation and in evaluations between.
    learner = a2c(env, env_kwargs=SHORT)
    history = trained(learner, env, env_kwargs=SHORT, eval_every=6, eval_episodes=2)[1]
    assert history["episode_length"][-1] == history["eval_return"][-1] == 6
    assert mx.evaluate(learner, learner.init(0), env, 2, env_kwargs=SHORT).lengths.max() == 6


def test_one_environment_without_a_spec_trains_itself() -> None:
    # Oracle: the worlds of the test environment count the episodes that were played in them.
    env = Counting("discrete")
    learner = a2c(env)
    with Trainer(learner, env, compile="eager") as trainer:
        state = trainer.run(9, records=1).state
        assert env.episode == 3  # of 3, 1, 2, 4 steps; the fourth is under way
        with pytest.raises(ValueError, match=r"env=.*Counting.* is in use by a training run"):
            mx.evaluate(learner, state, env, 1)
        trainer.run(12, records=1)
    mx.evaluate(learner, state, env, 1)
    for call in (
        lambda: trained(learner, env),
        lambda: mx.evaluate(learner, state, env, 2),
        lambda: trained(learner, env, num_envs=1, eval_every=6),
    ):
        with pytest.raises(ValueError, match=r"no spec .*: give a factory, .*env=lambda: \.\.\."):
            call()


class Anonymous(gymnasium.Wrapper):
    """A wrapper that keeps no record of its arguments, as those of users are."""


def test_what_cannot_be_made_is_named() -> None:
    learner = a2c("CartPole-v1")
    env = gymnasium.make("CartPole-v1")
    with pytest.raises(ValueError, match=r"Anonymous.* cannot be made .* give a factory"):
        trained(learner, Anonymous(env))
    with pytest.raises(ValueError, match=r"lambda.* returned the same environment twice"):
        trained(learner, lambda: env)
    with pytest.raises(TypeError, match=r"returned .*CartPole.* give an environment .* as it is"):
        trained(learner, mx.environments.CartPole)
    with pytest.raises(ValueError, match=r"'CartPole-v1' cannot be made by Gymnasium: .*colour"):
        maker("CartPole-v1", {"colour": 1})()


@pytest.mark.parametrize(
    "env",
    [
        mx.environments.CartPole(),
        gymnasium.make("CartPole-v1"),
        gymnasium.make_vec("CartPole-v1", 2),
    ],
)
def test_arguments_of_what_exists_already_are_refused(env: Any) -> None:
    learner = a2c("CartPole-v1")
    message = "env_kwargs={'max_episode_steps': 6} are for a Gymnasium id or a factory"
    with pytest.raises(ValueError, match=message):
        trained(learner, env, env_kwargs=SHORT)
    with pytest.raises(ValueError, match=message):
        mx.evaluate(learner, learner.init(0), env, 2, env_kwargs=SHORT)
    if not isinstance(env, mx.environments.CartPole):
        with pytest.raises(ValueError, match=message):
            gymnasium_spec(env, SHORT)


def test_a_class_of_an_environment_is_a_factory() -> None:
    # Oracle: the specification of an object of the class.
    assert gymnasium_spec(Walk) == gymnasium_spec(Walk())
