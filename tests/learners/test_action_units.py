"""A task stays the same task when the environment counts its actions in other units."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import A2C, PPO, SAC, SQL, A2CConfig, PPOConfig, SACConfig, SQLConfig
from maxent_tf.optimizers import Adam
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import TimeStep

BOUNDS: dict[str, tuple[Any, Any]] = {
    "one": ((-1.0, -1.0), (1.0, 1.0)),
    "a thousand": ((-1000.0, -1000.0), (1000.0, 1000.0)),
    "a thousandth": ((-0.001, -0.001), (0.001, 0.001)),
    "unequal": ((-70.0, 0.3), (190.0, 0.7)),
}


class AimState(NamedTuple):
    """What is aimed at, [*batch, 2], and the steps since the reset, [*batch]."""

    target: tf.Tensor
    elapsed: tf.Tensor


@dataclass(frozen=True)
class Aim:
    """Aim at half of what is shown, in units of the half width, four times or until a miss.

    A step pays 1 minus the squared distance. A distance above 1 ends the episode, so that a number
    added to the entropy of each step would be a reward for hitting.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def spec(self) -> EnvironmentSpec:
        """Something to aim at, and where to."""
        return EnvironmentSpec(Box.of((2,), -1.0, 1.0), Box.of((2,), self.low, self.high))

    def _begin(self, shape: Any, seed: Any, elapsed: tf.Tensor) -> AimState:
        return AimState(2 * mx.draws.uniform([*shape, 2], seed) - 1, elapsed)

    def reset(self, batch_shape: Any, seed: Any) -> Any:
        """Shows something new."""
        state = self._begin(batch_shape, seed, tf.zeros(batch_shape, tf.int32))
        flag = tf.zeros(batch_shape, tf.bool)
        return state, TimeStep(state.target, tf.zeros(batch_shape), flag, flag)

    def step(self, state: AimState, action: tf.Tensor, seed: Any) -> Any:
        """Pays, and shows something new."""
        low, high = self.spec.action.bounds()
        scaled = (action - (low + high) / 2) / ((high - low) / 2)
        squared = tf.reduce_sum((scaled - 0.5 * state.target) ** 2, -1)
        after = self._begin(squared.shape, seed, state.elapsed + 1)
        return after, TimeStep(after.target, 1 - squared, squared > 1, after.elapsed >= 4)


FAST = {"actor_optimizer": Adam(1e-2), "critic_optimizer": Adam(1e-2)}
SMALL = {"hidden_sizes": (16, 16)}
REPLAYED = {**SMALL, "batch_size": 32, "replay_capacity": 400, "learning_starts": 40}
LEARNERS: dict[str, Callable[[EnvironmentSpec], Any]] = {
    "SAC": lambda spec: SAC(spec, SACConfig(**REPLAYED, **FAST, alpha=0.1)),
    "SAC, exact entropy, three steps": lambda spec: SAC(
        spec, SACConfig(**REPLAYED, **FAST, entropy_estimator="exact", n_step=3)
    ),
    "SAC, a mixture": lambda spec: SAC(spec, SACConfig(**REPLAYED, **FAST, num_components=2)),
    "SAC, noise by the state": lambda spec: SAC(
        spec, SACConfig(**REPLAYED, **FAST, alpha=0.1, exploration=StateDependentExploration())
    ),
    "SQL": lambda spec: SQL(
        spec,
        SQLConfig(**REPLAYED, alpha=0.1, sampler_optimizer=Adam(1e-2), critic_optimizer=Adam(1e-2)),
    ),
    "A2C, entropy in the reward": lambda spec: A2C(
        spec, A2CConfig(**SMALL, **FAST, entropy="reward", alpha=0.1)
    ),
    "PPO, entropy in the reward": lambda spec: PPO(
        spec, PPOConfig(**SMALL, **FAST, entropy="reward", alpha=0.1, rollout_length=32)
    ),
}


# Only SAC by default, whose critics and actor both see actions; all when asked for.
BY_DEFAULT = ("SAC",)


@pytest.mark.parametrize(
    "name",
    [pytest.param(x, marks=() if x in BY_DEFAULT else pytest.mark.slow) for x in LEARNERS],
)
def test_the_same_task_in_other_units_is_learned_the_same(name: str) -> None:
    # Oracle: the learner whose actions are in [-1, 1]. The task is the same; only the rounding of
    # actions and log-densities differs, and what it grows to over some 200 updates. The entropy
    # that the metrics report is in the environment's unit, larger by sum(log((high - low) / 2)).
    gained, scaled_entropy = {}, {}
    for unit, (low, high) in BOUNDS.items():
        world = Aim(low, high)
        learner = LEARNERS[name](world.spec)
        num_steps, num_envs = (2560, 16) if isinstance(learner, A2C | PPO) else (240, 1)
        result = mx.train(
            learner, world, num_steps, seed=5, num_envs=num_envs, compile="graph", records=1
        )
        fresh, trained = (
            mx.evaluate(learner, state, world, 64, seed=2, greedy=False).returns.mean()
            for state in (learner.init(5), result.state)
        )
        gained[unit] = trained - fresh
        if "entropy" in result.history:
            volume = np.sum(np.log(np.subtract(high, low) / 2))
            scaled_entropy[unit] = result.history["entropy"][-1] - volume
    assert gained["one"] > 0.3  # so that it matters whether the others learned
    np.testing.assert_allclose([*gained.values()], gained["one"], atol=0.1)
    if scaled_entropy:
        np.testing.assert_allclose([*scaled_entropy.values()], scaled_entropy["one"], atol=0.1)
