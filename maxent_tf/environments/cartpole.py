"""The cart-pole, with the dynamics of Gymnasium's CartPole-v1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
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

GRAVITY = 9.8  # m/s^2
CART_MASS = 1.0  # kg
POLE_MASS = 0.1  # kg
TOTAL_MASS = CART_MASS + POLE_MASS
HALF_LENGTH = 0.5  # m, of the pole
FORCE = 10.0  # N
TIME_STEP = 0.02  # s
POSITION_LIMIT = 2.4  # m
ANGLE_LIMIT = math.radians(12)


class CartPoleState(NamedTuple):
    """The state of the cart and its pole.

    Attributes:
      position: [*batch], float32, the position of the cart, in m.
      velocity: [*batch], float32, the velocity of the cart, in m/s.
      angle: [*batch], float32, the angle of the pole from upright, in rad.
      angular_velocity: [*batch], float32, the angular velocity of the pole, in rad/s.
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    position: tf.Tensor
    velocity: tf.Tensor
    angle: tf.Tensor
    angular_velocity: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class CartPole:
    """Balance a pole on a cart by pushing left (0) or right (1).

    Every step pays 1. The episode terminates when the cart leaves [-2.4, 2.4] m or the pole leaves
    [-12, 12] degrees. The observation is (position, velocity, angle, angular velocity). Each of the
    four starts uniformly distributed in [-0.05, 0.05].

    Attributes:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `max_episode_steps` is neither None nor a positive integer.

    References:
      A. G. Barto, R. S. Sutton, C. W. Anderson (1983), "Neuronlike adaptive elements that can solve
      difficult learning control problems"; the equations without friction and their constants as
      in https://gymnasium.farama.org/environments/classic_control/cart_pole/
    """

    max_episode_steps: int | None = 500

    def __post_init__(self) -> None:
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are four numbers; there are two actions."""
        high = [2 * POSITION_LIMIT, np.inf, 2 * ANGLE_LIMIT, np.inf]
        return EnvironmentSpec(Box.of((4,), np.negative(high), high), Discrete(2))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[CartPoleState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        draw = 0.1 * draws.uniform([4, *shape], seed) - 0.05
        position, velocity, angle, angular_velocity = tf.unstack(draw)
        elapsed = tf.zeros(shape, tf.int32)
        state = CartPoleState(position, velocity, angle, angular_velocity, elapsed)
        flag = tf.zeros(shape, tf.bool)
        return state, TimeStep(_observe(state), tf.zeros(shape), flag, flag)

    def step(
        self, state: CartPoleState, action: tf.Tensor, seed: Any
    ) -> tuple[CartPoleState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        fallen = _has_fallen(state)
        moved = _move(state, action)
        state = CartPoleState(*(tf.where(fallen, s, m) for s, m in zip(state, moved, strict=True)))
        terminated = _has_fallen(state)
        reward = tf.cast(~fallen, tf.float32)
        truncated = is_truncated(state.elapsed, self.max_episode_steps, terminated)
        return state, TimeStep(_observe(state), reward, terminated, truncated)


def _move(state: CartPoleState, action: tf.Tensor) -> CartPoleState:
    force = tf.where(action == 1, FORCE, -FORCE)
    cosine, sine = tf.cos(state.angle), tf.sin(state.angle)
    pole_moment = POLE_MASS * HALF_LENGTH
    push = (force + pole_moment * state.angular_velocity**2 * sine) / TOTAL_MASS
    angular_acceleration = (GRAVITY * sine - cosine * push) / (
        HALF_LENGTH * (4 / 3 - POLE_MASS * cosine**2 / TOTAL_MASS)
    )
    acceleration = push - pole_moment * angular_acceleration * cosine / TOTAL_MASS
    # Explicit Euler: positions move with the velocities before the step.
    return CartPoleState(
        position=state.position + TIME_STEP * state.velocity,
        velocity=state.velocity + TIME_STEP * acceleration,
        angle=state.angle + TIME_STEP * state.angular_velocity,
        angular_velocity=state.angular_velocity + TIME_STEP * angular_acceleration,
        elapsed=state.elapsed + 1,
    )


def _has_fallen(state: CartPoleState) -> tf.Tensor:
    return (tf.abs(state.position) > POSITION_LIMIT) | (tf.abs(state.angle) > ANGLE_LIMIT)


def _observe(state: CartPoleState) -> tf.Tensor:
    return tf.stack([state.position, state.velocity, state.angle, state.angular_velocity], -1)
