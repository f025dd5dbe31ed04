"""A state of another learner is refused wherever it is handed in, by its first difference."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.environments import CartPole, Pendulum
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    A2CConfig,
    Normalized,
    PPOConfig,
    SACConfig,
    as_trained,
)
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.training import Trainer
from maxent_tf.training.states import check_state

WORLD = CartPole()


def a2c(batch_shape: tuple[int, ...] = (), **changes: Any) -> A2C:
    config = {"hidden_sizes": (6, 5), "actor_optimizer": Adam(1e-3), **changes}
    return A2C(WORLD.spec, A2CConfig(**config), batch_shape)


PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "train in the graph": lambda learner, state: mx.train(learner, WORLD, 5, state=state),
    "train on the host": lambda learner, state: mx.train(learner, "CartPole-v1", 5, state=state),
    "Trainer": lambda learner, state: Trainer(learner, WORLD, state=state),
    "evaluate": lambda learner, state: mx.evaluate(learner, state, WORLD, 1),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (a2c(hidden_sizes=(6, 7)), "state/actor/1/kernel is float32 of shape [6, 7], but"),
        (a2c((3,)), "state/actor/0/kernel is float32 of shape [3, 4, 6], but"),
        (a2c(actor_optimizer=SGD(0.1)), "state/actor_optimizer"),
        (a2c(hidden_sizes=(6,)), "state/actor/1/kernel is float32 of shape [6, 2], but"),
        (
            a2c(alpha=mx.temperature.AutoTemperature(0.1)),
            "state/temperature/log_alpha is float32 of shape [], but",
        ),
    ],
)
def test_a_state_of_another_learner(place: str, other: A2C, difference: str) -> None:
    # Oracle: the first difference, read off the two configurations by hand.
    with pytest.raises(ValueError, match="the state is another learner's") as error:
        PLACES[place](a2c(), other.init(0))
    assert str(error.value).startswith(difference)


def test_a_state_of_its_own_is_taken() -> None:
    # Oracle: a learner of the same configuration, built anew; its numbers do not matter.
    state = tf.nest.map_structure(lambda x: x + tf.ones_like(x), a2c().init(3))
    check_state(a2c(), state)
    ppo = PPO(WORLD.spec, PPOConfig(hidden_sizes=(3,)))
    check_state(ppo, ppo.init(1))


def test_statistics_of_another_number_of_environments_do_not_matter_to_evaluation() -> None:
    learner = a2c()
    state = mx.train(
        learner, WORLD, 30, num_envs=3, compile="graph", normalize_observation=True
    ).state
    plain = mx.evaluate(learner, state, WORLD, 2).returns
    wrapped = mx.evaluate(as_trained(learner, state), state, WORLD, 2).returns
    np.testing.assert_array_equal(plain, wrapped)


def test_states_of_another_kind_get_the_remedy() -> None:
    # Oracle: the class that is named; what the remedy says works.
    learner, world = A2C(Pendulum().spec, A2CConfig(hidden_sizes=(4,))), Pendulum()
    result = mx.train(learner, world, 20, compile="graph", normalize_observation=True)
    observation = np.float32([[1.0, 0.0, 0.5]])
    with pytest.raises(ValueError, match=r"use maxent_tf\.learners\.as_trained\(learner, state\)"):
        learner.policy(result.state, observation)
    assert as_trained(learner, result.state).policy(result.state, observation).batch_shape == [1]
    with pytest.raises(ValueError, match="attribute `state`: pass that"):
        learner.policy(result, observation)
    with pytest.raises(ValueError, match="needs NormalizedState as its state"):
        Normalized(learner).policy(learner.init(0), observation)
    sac = SAC(world.spec, SACConfig(hidden_sizes=(4,)))
    for act in (
        sac.policy,
        lambda s, o: sac.act(s, (), o, seed=[0, 1]),
        lambda s, o: sac.update(s, o, seed=0),
    ):
        with pytest.raises(
            ValueError, match="SAC needs SACState as its state, not ActorCriticState"
        ):
            act(learner.init(0), observation)
