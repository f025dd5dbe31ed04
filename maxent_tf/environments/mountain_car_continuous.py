"""The mountain car with a continuous action, as Gymnasium's MountainCarContinuous-v0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import tensorflow as tf

from maxent_tf.environments import mountain_car
from maxent_tf.environments.common import as_action, check_max_episode_steps, is_truncated
from maxent_tf.environments.mountain_car import MountainCarState
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import TimeStep

POWER = 0.0015
GOAL = 0.45
GOAL_REWARD = 100.0
ACTION_COST = 0.1


@final
@dataclass(frozen=True)
class MountainCarContinuous:
    """Drive a car, whose motor is too weak for the slope, out of a valley, and pay for the fuel.

    The action in [-1, 1] is the throttle. Every step costs 0.1 times the square of the action.
    Reaching position 0.45 pays 100 and terminates the episode. Doing nothing is therefore a local
    optimum. The observation is (position, velocity). The car starts at rest, uniformly distributed
    in [-0.6, -0.4].

    Attributes:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `max_episode_steps` is neither None nor a positive integer.

    References:
      A. W. Moore (1990), "Efficient memory-based learning for robot control"; the equations and
      their constants as in
      https://gymnasium.farama.org/environments/classic_control/mountain_car_continuous/
    """

    max_episode_steps: int | None = 999

    def __post_init__(self) -> None:
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are two numbers; an action is one throttle."""
        observation = mountain_car.MountainCar().spec.observation
        return EnvironmentSpec(observation, Box.of((1,), -1.0, 1.0))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[MountainCarState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        return mountain_car.start(batch_shape, seed)

    def step(
        self, state: MountainCarState, action: tf.Tensor, seed: Any
    ) -> tuple[MountainCarState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        throttle = tf.clip_by_value(action[..., 0], -1.0, 1.0)
        arrived = mountain_car.has_arrived(state, GOAL)
        state = mountain_car.move(state, POWER * throttle, arrived)
        terminated = mountain_car.has_arrived(state, GOAL)
        truncated = is_truncated(state.elapsed, self.max_episode_steps, terminated)
        reward = GOAL_REWARD * tf.cast(terminated, tf.float32) - ACTION_COST * throttle**2
        reward = tf.where(arrived, 0.0, reward)
        return state, TimeStep(mountain_car.observe(state), reward, terminated, truncated)
