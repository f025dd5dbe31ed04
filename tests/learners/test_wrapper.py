"""Wrappers around wrapped learners: what is inside learns, acts and is stored as without."""

import pathlib
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import (
    A2C,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Learner,
    Normalized,
    SACConfig,
    Wrapper,
    as_trained,
)
from maxent_tf.moments import scale
from maxent_tf.training import CheckpointError
from maxent_tf.types import Transition


class CountedState(NamedTuple):
    """A learner's state, and the steps it has seen, [*P], with the unit they are counted in."""

    learner: Any
    steps: tf.Tensor

    def wrapped(self, learner: Learner) -> Learner:
        return Counted(learner)


class Counted(Wrapper):
    """Counts the steps that are observed."""

    def __init__(self, learner: Learner, unit: float = 1.0):
        super().__init__(learner)
        self._unit = unit

    @property
    def config(self) -> Any:
        return {"unit": self._unit}

    def init(self, seed: Any) -> CountedState:
        return CountedState(self.learner.init(seed), tf.zeros(self.batch_shape))

    def observe(self, state: CountedState, fresh: Transition) -> CountedState:
        state = super().observe(state, fresh)
        valid = tf.cast(fresh.valid, tf.float32)
        if valid.shape.rank == len(self.batch_shape) + 2:
            valid = tf.reduce_sum(valid, axis=0)
        return state._replace(steps=state.steps + self._unit * tf.reduce_sum(valid, axis=-1))


def sac(spec: Any) -> SAC:
    config = SACConfig(hidden_sizes=(4,), batch_size=4, replay_capacity=99, learning_starts=6)
    return SAC(spec, config, [2])


WORLDS = {"in_graph": mx.environments.Pendulum(max_episode_steps=7), "host": "Pendulum-v1"}


@pytest.mark.parametrize("where", WORLDS)
def test_a_wrapper_around_a_normalised_learner_changes_nothing(where: str) -> None:
    # Oracle: the normalised learner alone, to the bit; and counting.
    world = WORLDS[where]
    spec = mx.environments.Pendulum().spec
    inside = Normalized(sac(spec), observation=True, reward=True, num_envs=2)
    kept: dict[str, Any] = {"seed": 1, "num_envs": 2, "records": 2, "compile": "graph"}
    expected = mx.train(inside, world, 24, **kept)
    counted = Counted(inside)
    result = mx.train(counted, world, 24, **kept)
    tf.nest.map_structure(np.testing.assert_array_equal, result.state.learner, expected.state)
    np.testing.assert_array_equal(result.state.steps, [24, 24])
    # Evaluation takes the bare learner, one in some of its wrappers, and one in all of them.
    returns = [
        mx.evaluate(learner, result.state, world, 2, max_steps=300).returns
        for learner in (sac(spec), inside, counted)
    ]
    np.testing.assert_array_equal(returns[0], returns[1])
    np.testing.assert_array_equal(returns[0], returns[2])
    rebuilt: Any = as_trained(sac(spec), result.state)
    assert [type(x) for x in (rebuilt, rebuilt.learner, rebuilt.learner.learner)] == [
        Counted,
        Normalized,
        SAC,
    ]


@pytest.mark.parametrize("kind", [pytest.param("a2c", marks=pytest.mark.slow), "discrete_sac"])
def test_a_memory_inside_is_carried_through(kind: str) -> None:
    # Oracle: the learner inside, fed by hand with what the wrapper scales.
    world = mx.environments.CartPole(max_episode_steps=6)
    learner: Any = A2C(world.spec, A2CConfig(memory_size=3, hidden_sizes=(), rollout_length=4))
    if kind == "discrete_sac":
        config = DiscreteSACConfig(
            memory_size=3, hidden_sizes=(), sequence_length=3, burn_in=1, batch_size=2,
            learning_starts=9,
        )  # fmt: skip
        learner = DiscreteSAC(world.spec, config)
    result = mx.train(
        learner, world, 24, records=1, normalize_observation=True, normalize_reward=True
    )
    wrapped: Any = as_trained(learner, result.state)
    carry = wrapped.initial_carry(2)
    assert carry.is_first.numpy().all()
    inside = carry.learner
    for t in range(3):
        observation = mx.draws.normal([2, 4], [7, t])
        acted = wrapped.act(result.state, carry, observation, seed=[0, t])
        moments = result.state.observation
        scaled = (observation.numpy().astype(np.float64) - moments.mean) / scale(moments)
        scaled = np.clip(scaled, -10, 10).astype(np.float32)
        expected = learner.act(result.state.learner, inside, scaled, seed=[0, t])
        tf.nest.map_structure(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6),
            (acted.action, acted.carry.learner, acted.extras.learner),
            tuple(expected),
        )
        np.testing.assert_array_equal(acted.extras.is_first, t == 0)
        carry, inside = acted.carry, expected.carry


def test_checkpoints_compare_the_configurations_of_all(tmp_path: pathlib.Path) -> None:
    # Oracle: the name of what differs, in whatever wrapper it is.
    world = mx.environments.Pendulum(max_episode_steps=7)

    def train(unit: float, tau: float) -> Any:
        config = SACConfig(hidden_sizes=(4,), batch_size=4, replay_capacity=99, tau=tau)
        learner = Counted(Normalized(SAC(world.spec, config), observation=True), unit)
        return mx.train(learner, world, 8, records=1, compile="graph", checkpoint_dir=tmp_path)

    train(1.0, 0.1)
    train(1.0, 0.1)
    with pytest.raises(CheckpointError, match=r"config\S*unit\S* was 1\.0 and is 2\.0"):
        train(2.0, 0.1)
    with pytest.raises(
        CheckpointError, match=r"inside\S*inside\S*config\.tau was 0\.1 and is 0\.2"
    ):
        train(1.0, 0.2)
