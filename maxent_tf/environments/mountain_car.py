"""The mountain car, with the dynamics of Gymnasium's MountainCar-v0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.environments.common import (
    as_action,
    as_batch_shape,
    check_max_episode_steps,
    is_truncated,
)
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep

GRAVITY = 0.0025
FORCE = 0.001
MIN_POSITION, MAX_POSITION = -1.2, 0.6
MAX_SPEED = 0.07
GOAL = 0.5


class MountainCarState(NamedTuple):
    """The state of the car.

    Attributes:
      position: [*batch], float32, the position of the car, in [-1.2, 0.6].
      velocity: [*batch], float32, its velocity per step, in [-0.07, 0.07].
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    position: tf.Tensor
    velocity: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class MountainCar:
    """Drive a car, whose motor is too weak for the slope, out of a valley by swinging.

    Actions 0, 1, 2 push left, not at all, right. Every step costs 1, until the car terminates the
    episode by reaching position 0.5. The observation is (position, velocity). The car starts at
    rest, uniformly distributed in [-0.6, -0.4].

    With `sparse_reward`, steps cost nothing, and the step that reaches the goal pays 1. Before the
    first arrival all rewards are then equal, and random actions almost never arrive within 200
    steps.

    Attributes:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.
      sparse_reward: Whether the rewards are 0 and, at the goal, 1 instead of -1 for every step.

    Raises:
      ValueError: If `max_episode_steps` is neither None nor a positive integer.

    References:
      A. W. Moore (1990), "Efficient memory-based learning for robot control"; the equations and
      their constants as in https://gymnasium.farama.org/environments/classic_control/mountain_car/
    """

    max_episode_steps: int | None = 200
    sparse_reward: bool = False

    def __post_init__(self) -> None:
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are two numbers; there are three actions."""
        low, high = [MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]
        return EnvironmentSpec(Box.of((2,), low, high), Discrete(3))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[MountainCarState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        return start(batch_shape, seed)

    def step(
        self, state: MountainCarState, action: tf.Tensor, seed: Any
    ) -> tuple[MountainCarState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        arrived = has_arrived(state, GOAL)
        push = FORCE * (tf.cast(action, tf.float32) - 1)
        state = move(state, push, arrived)
        terminated = has_arrived(state, GOAL)
        truncated = is_truncated(state.elapsed, self.max_episode_steps, terminated)
        if self.sparse_reward:
            reward = tf.cast(terminated & ~arrived, tf.float32)
        else:
            reward = -tf.cast(~arrived, tf.float32)
        return state, TimeStep(observe(state), reward, terminated, truncated)


def start(batch_shape: Sequence[int], seed: Any) -> tuple[MountainCarState, TimeStep]:
    """Puts a car at rest in the valley: see `Environment.reset`."""
    shape = as_batch_shape(batch_shape)
    position = 0.2 * draws.uniform(shape, seed) - 0.6
    state = MountainCarState(position, tf.zeros(shape), tf.zeros(shape, tf.int32))
    flag = tf.zeros(shape, tf.bool)
    return state, TimeStep(observe(state), tf.zeros(shape), flag, flag)


def move(state: MountainCarState, push: tf.Tensor, arrived: tf.Tensor) -> MountainCarState:
    """Moves the cars that have not arrived.

    Args:
      state: The states of the cars, [*batch].
      push: [*batch], float32, what the motor adds to the velocity.
      arrived: [*batch], bool, whether a car has arrived.

    Returns:
      The next state.
    """
    velocity = state.velocity + push - GRAVITY * tf.cos(3 * state.position)
    velocity = tf.clip_by_value(velocity, -MAX_SPEED, MAX_SPEED)
    position = tf.clip_by_value(state.position + velocity, MIN_POSITION, MAX_POSITION)
    # The wall on the left stops the car; the one on the right is behind the goal.
    velocity = tf.where((position <= MIN_POSITION) & (velocity < 0), 0.0, velocity)
    moved = MountainCarState(position, velocity, state.elapsed + 1)
    return MountainCarState(*(tf.where(arrived, s, m) for s, m in zip(state, moved, strict=True)))


def has_arrived(state: MountainCarState, goal: float) -> tf.Tensor:
    """Returns whether a car is at the goal or beyond and not on its way back, [*batch], bool."""
    return (state.position >= goal) & (state.velocity >= 0)


def observe(state: MountainCarState) -> tf.Tensor:
    """Returns the observation of a state, [*batch, 2], float32."""
    return tf.stack([state.position, state.velocity], -1)
