"""NumPy's integers are integers wherever Python's are; bools are none."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf import specs
from maxent_tf.environments import CartPole, Chain, DeepSea, GridWorld
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import A2CConfig, DiscreteSACConfig, PPOConfig, SACConfig, SQLConfig

LEARNER = mx.learners.A2C(CartPole().spec, A2CConfig(hidden_sizes=(4,)))
TAKING_AN_INTEGER: dict[str, Callable[[Any], Any]] = {
    "Discrete": specs.Discrete,
    "MultiDiscrete": lambda n: specs.MultiDiscrete((n, n)),
    "Image": lambda n: specs.Image((n, n, n)),
    "SAC batch_size": lambda n: SACConfig(batch_size=n),
    "SAC n_step": lambda n: mx.learners.SAC(
        mx.environments.Pendulum().spec, SACConfig(n_step=n, hidden_sizes=(4,), replay_capacity=20)
    ),
    "SAC num_critics": lambda n: SACConfig(num_critics=n),
    "SAC learning_starts": lambda n: SACConfig(learning_starts=n),
    "DiscreteSAC replay_capacity": lambda n: DiscreteSACConfig(replay_capacity=n),
    "SQL num_particles": lambda n: SQLConfig(num_particles=n),
    "PPO num_epochs": lambda n: PPOConfig(num_epochs=n),
    "A2C rollout_length": lambda n: A2CConfig(rollout_length=n),
    "A2C memory_size": lambda n: A2CConfig(memory_size=n),
    "exploration": lambda n: StateDependentExploration(period=n),
    "CartPole": lambda n: CartPole(max_episode_steps=n),
    "DeepSea": DeepSea,
    "Chain": Chain,
    "train": lambda n: mx.train(LEARNER, CartPole(), n, compile="graph", records=n, num_envs=n),
    "evaluate": lambda n: mx.evaluate(LEARNER, LEARNER.init(0), CartPole(), n),
}


@pytest.mark.parametrize("name", TAKING_AN_INTEGER)
def test_numpy_integers_are_taken(name: str) -> None:
    # Oracle: Python's own integer, which does the same.
    for kind in (int, np.int64, np.uint8):
        TAKING_AN_INTEGER[name](kind(3))


@pytest.mark.parametrize(
    "name", [name for name in TAKING_AN_INTEGER if name not in ("SAC n_step", "evaluate")]
)
def test_bools_and_floats_are_not(name: str) -> None:
    for value in (True, 3.0, np.float32(3), "3"):
        with pytest.raises(ValueError, match="integer"):
            TAKING_AN_INTEGER[name](value)


def test_specs_of_numpy_integers_are_those_of_pythons() -> None:
    # Oracle: equality, and what is printed.
    kinds: list[Callable[[Any], Any]] = [
        specs.Discrete,
        lambda n: specs.MultiDiscrete((n, 2)),
        lambda n: specs.Image((n,)),
    ]
    for kind in kinds:
        assert kind(np.int32(5)) == kind(5)
        assert repr(kind(np.int32(5))) == repr(kind(5))
    small, same = (GridWorld(n, start=(0, 0), goals={(2, 2): 1.0}) for n in (3, np.int64(3)))
    assert small.spec == same.spec
