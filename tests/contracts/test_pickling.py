"""Learners, what they are made of and what they learn go through pickle and copy.

Oracle: the original, to the bit.
"""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.training.configuration import Configuration
from tests.contracts.learners import core_learners, random_batch, single

Copy = Callable[[Any], Any]
through = pytest.mark.parametrize(
    "through", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy], ids=["pickle", "deepcopy"]
)


def assert_same(actual: Any, expected: Any) -> None:
    tf.nest.assert_same_structure(actual, expected)
    for x, y in zip(tf.nest.flatten(actual), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(x, y)


@core_learners
def test_a_learner_that_has_learned_goes_on_the_same(name: str) -> None:
    learner = single(name, (1, 2))
    batch, state = random_batch(learner), learner.init(1)
    expected = learner.update(state, batch, seed=2)
    copied, copied_state = pickle.loads(pickle.dumps((learner, state)))
    assert copied is not learner
    assert_same(copied_state, state)
    assert_same(copied.update(copied_state, batch, seed=2), expected)
    assert Configuration({"x": copied}).items == Configuration({"x": learner}).items
    assert_same(copy.deepcopy(learner).init(1), state)
    # A copy of the configuration makes the same learner.
    given = learner.env if learner.plans else learner.spec
    spec, config = pickle.loads(pickle.dumps((given, learner.config)))
    assert_same(type(learner)(spec, config).init(1), state)


SCHEDULES = {
    "constant": mx.temperature.constant(0.7),
    "linear": mx.temperature.linear([1.0, 2.0], 0.5, 8),
    "exponential": mx.temperature.exponential(2.0, [0.1, 0.2], 8),
    "cosine": mx.temperature.cosine(1.0, 0.0, tf.constant([4, 9])),
    "piecewise": mx.temperature.piecewise([2, 5], [1.0, [0.5, 0.6], 0.1]),
}


@through
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_gives_the_same_values(name: str, through: Copy) -> None:
    schedule = SCHEDULES[name]
    copied = through(schedule)
    assert repr(copied) == repr(schedule)
    for step in (0, 1, 3, 5, 8, 100):
        np.testing.assert_array_equal(copied(step), schedule(step))


E = mx.environments
ENVIRONMENTS: list[E.Environment] = [
    E.Acrobot(), E.Bandit([0.1, 0.9], 0.3), E.CartPole(), E.Chain(5), E.ConnectFour(),
    E.ContinuousTrap(),
    E.DeepSea(3), E.DoorKey(5), E.FourRooms(), E.IcyGrid(), E.MountainCar(),
    E.MountainCarContinuous(), E.MultiGoal(), E.Pendulum(), E.RiverSwim(), E.SyntheticTree(2, 3),
    E.TicTacToe(), E.TwoGoalGrid(),
]  # fmt: skip


@through
@pytest.mark.parametrize("world", ENVIRONMENTS, ids=lambda w: type(w).__name__)
def test_an_environment_steps_the_same(world: E.Environment, through: Copy) -> None:
    copied = through(world)
    assert copied.spec == world.spec
    state, first = world.reset([2], 3)
    copied_state, copied_first = copied.reset([2], 3)
    assert_same(copied_first, first)
    action = tf.zeros([2, *world.spec.action.shape], world.spec.action.dtype)
    assert_same(copied.step(copied_state, action, 4), world.step(state, action, 4))


@through
def test_a_trained_result_evaluates_the_same(through: Copy) -> None:
    world = E.Pendulum(max_episode_steps=20)
    learner = mx.learners.A2C(world.spec)
    result = mx.train(learner, world, 20, normalize_observation=True, compile="graph")
    copied = through((learner, result.state))
    pairs = (learner, result.state), copied
    returns = [mx.evaluate(*pair, world, 2).returns for pair in pairs]
    np.testing.assert_array_equal(*returns)
