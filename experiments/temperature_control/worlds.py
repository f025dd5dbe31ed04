"""The environments: a pendulum, and a mountain car with and without a throttle that is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.environments import Environment, MountainCarContinuous, Pendulum
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import TimeStep

# The number of steps for which the throttle is held: about a ninth of a swing in the valley.
HELD = 8


@dataclass(frozen=True)
class Held:
    """An environment in which every action counts for several steps, whose rewards are summed.

    Attributes:
      world: The environment inside, without chance in its steps; its time limit must be a multiple
        of `count`.
      count: The number of steps of the environment inside for each action.
    """

    world: Environment
    count: int

    @property
    def spec(self) -> EnvironmentSpec:
        """The specification of the environment inside."""
        return self.world.spec

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[Any, TimeStep]:
        """Begins an episode in every environment."""
        return self.world.reset(batch_shape, seed)

    def step(self, state: Any, action: tf.Tensor, seed: Any) -> tuple[Any, TimeStep]:
        """Acts `count` times in every environment; after an episode's end this changes nothing."""
        state, step = self.world.step(state, action, seed)
        reward = step.reward
        for _ in range(self.count - 1):
            state, step = self.world.step(state, action, seed)
            reward += step.reward
        return state, step._replace(reward=reward)


def make_world(name: str) -> Environment:
    """Returns the environment of a name."""
    if name == "pendulum":
        return Pendulum()
    if name == "held":
        return Held(MountainCarContinuous(max_episode_steps=125 * HELD), HELD)
    return MountainCarContinuous()
