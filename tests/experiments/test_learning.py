"""The learners of a sweep: hyperparameters by the names of its fields, and their training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from experiments import frame, learning
from maxent_tf.environments import Chain, Pendulum
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """A sweep of learners that have more than one environment."""

    files = "{world}-{seeds}"

    world: str = "chain"
    seeds: int = 2
    steps: int = 24
    tau: float = 0.5
    learning_rate: float = 0.25
    num_envs: int = 2
    records: int = 3
    seed: int = 5


def test_fields_of_a_sweep_are_hyperparameters_of_their_name() -> None:
    # Oracle: the configuration, written out; all else is the learner's default.
    config = learning.configure(mx.learners.SACConfig, Sweep(), alpha=0.5, tau=0.75)
    expected = mx.learners.SACConfig(
        actor_optimizer=Adam(0.25),
        critic_optimizer=Adam(0.25),
        replay_capacity=24,
        alpha=0.5,
        tau=0.75,
    )
    assert repr(config) == repr(expected)  # optimisers are equal to themselves alone
    assert learning.configure(mx.learners.SACConfig, Sweep()).tau == 0.5


def test_settings_come_before_the_learning_rate() -> None:
    # Oracle: the optimisers that were given. A2C has no replay buffer to size.
    config = learning.configure(mx.learners.A2CConfig, Sweep(), critic_optimizer=SGD(0.125))
    found = (config.actor_optimizer, config.critic_optimizer)
    assert repr(found) == repr((Adam(0.25), SGD(0.125)))


@pytest.mark.parametrize("options", [{}, {"seed": 7, "records": 2}])
def test_training_follows_the_sweep_but_for_its_options(options: dict[str, Any]) -> None:
    # Oracle: `train` itself, with everything written out, to the bit.
    world, sweep = Chain(4), Sweep()
    config = mx.learners.A2CConfig(network="table", rollout_length=2)
    learner = mx.learners.A2C(world.spec, config)
    found = learning.train(learner, world, sweep, False, **options)
    written = {"seed": 5, "records": 3, **options}
    expected = mx.train(learner, world, 24, num_envs=2, **written)
    assert len(found.history["env_steps"]) == written["records"]
    np.testing.assert_array_equal(found.state.actor, expected.state.actor)


def test_a_sweep_without_records_leaves_the_default() -> None:
    # Oracle: the number of records that `train` makes of twelve updates by default.
    @dataclass(frozen=True)
    class Plain:
        steps: int = 24

    world = Chain(4)
    config = mx.learners.A2CConfig(network="table", rollout_length=2)
    learner = mx.learners.A2C(world.spec, config)
    assert len(learning.train(learner, world, Plain(), False).history["env_steps"]) == 12


def test_scaling_adds_the_logarithm_of_the_range_to_an_entropy() -> None:
    # Oracle: log 2 for the pendulum's torque in [-2, 2]; the sum over two dimensions, by hand.
    assert learning.entropy_of_scaling(Pendulum().spec.action) == pytest.approx(np.log(2))
    wide = Box((2,), np.float32([-1, 0]), np.float32([3, 1]))
    assert learning.entropy_of_scaling(wide) == pytest.approx(np.log(2) + np.log(0.5))


def test_a_sweep_is_named_by_its_fields() -> None:
    # Oracle: the format, filled in by hand.
    assert Sweep().name == "chain-2"
    assert dataclasses.replace(Sweep(), world="river").name == "river-2"
