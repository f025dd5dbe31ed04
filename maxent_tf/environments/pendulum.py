"""The pendulum swing-up, with the dynamics of Gymnasium's Pendulum-v1."""

from __future__ import annotations

import math
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
    wrap_angle,
)
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import TimeStep

GRAVITY = 10.0  # m/s^2
MASS = 1.0  # kg
LENGTH = 1.0  # m
TIME_STEP = 0.05  # s
MAX_SPEED = 8.0  # rad/s
MAX_TORQUE = 2.0  # N m


class PendulumState(NamedTuple):
    """The state of the pendulum.

    Attributes:
      angle: [*batch], float32, the angle from upright, in rad, in [-pi, pi].
      angular_velocity: [*batch], float32, the angular velocity, in rad/s, in [-8, 8].
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    angle: tf.Tensor
    angular_velocity: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class Pendulum:
    r"""Swing a pendulum up and hold it, with a torque in [-2, 2] too weak to lift it at once.

    .. math:: r = -(\theta^2 + 0.1 \dot\theta^2 + 0.001 u^2), \quad \theta \in [-\pi, \pi]

    where the angle and its velocity are those before the step and u is the torque. The episode
    never terminates. The observation is (cos, sin, angular velocity). The angle starts uniformly
    distributed in [-pi, pi], the angular velocity in [-1, 1].

    Attributes:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `max_episode_steps` is neither None nor a positive integer.

    References:
      The equations and their constants as in
      https://gymnasium.farama.org/environments/classic_control/pendulum/
    """

    max_episode_steps: int | None = 200

    def __post_init__(self) -> None:
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are three numbers; an action is one torque."""
        high = [1.0, 1.0, MAX_SPEED]
        return EnvironmentSpec(
            Box.of((3,), [-x for x in high], high), Box.of((1,), -MAX_TORQUE, MAX_TORQUE)
        )

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[PendulumState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        draw = 2 * draws.uniform([2, *shape], seed) - 1
        state = PendulumState(math.pi * draw[0], draw[1], tf.zeros(shape, tf.int32))
        flag = tf.zeros(shape, tf.bool)
        return state, TimeStep(_observe(state), tf.zeros(shape), flag, flag)

    def step(
        self, state: PendulumState, action: tf.Tensor, seed: Any
    ) -> tuple[PendulumState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        torque = tf.clip_by_value(action[..., 0], -MAX_TORQUE, MAX_TORQUE)
        cost = state.angle**2 + 0.1 * state.angular_velocity**2 + 0.001 * torque**2
        acceleration = (
            1.5 * GRAVITY / LENGTH * tf.sin(state.angle) + 3 / (MASS * LENGTH**2) * torque
        )
        angular_velocity = tf.clip_by_value(
            state.angular_velocity + TIME_STEP * acceleration, -MAX_SPEED, MAX_SPEED
        )
        state = PendulumState(
            # Gymnasium lets the angle grow and wraps it in the cost. Wrapped at every step, it
            # keeps its float32 accuracy however often the pendulum turns over.
            angle=wrap_angle(state.angle + TIME_STEP * angular_velocity),
            angular_velocity=angular_velocity,
            elapsed=state.elapsed + 1,
        )
        terminated = tf.zeros_like(state.elapsed, tf.bool)
        truncated = is_truncated(state.elapsed, self.max_episode_steps, terminated)
        return state, TimeStep(_observe(state), -cost, terminated, truncated)


def _observe(state: PendulumState) -> tf.Tensor:
    return tf.stack([tf.cos(state.angle), tf.sin(state.angle), state.angular_velocity], -1)
