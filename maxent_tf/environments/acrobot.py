"""The acrobot swing-up, with the dynamics of Gymnasium's Acrobot-v1."""

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
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep

GRAVITY = 9.8  # m/s^2
MASS = 1.0  # kg, of either link
LENGTH = 1.0  # m, of the upper link
CENTRE = 0.5  # m, from the joint to the centre of mass of either link
INERTIA = 1.0  # kg m^2, of either link
TIME_STEP = 0.2  # s
MAX_SPEED_1 = 4 * math.pi  # rad/s
MAX_SPEED_2 = 9 * math.pi  # rad/s


class AcrobotState(NamedTuple):
    """The state of the two links.

    Attributes:
      angle_1: [*batch], float32, the angle of the upper link from hanging, in rad, in [-pi, pi].
      angle_2: [*batch], float32, the angle of the lower link from the upper, in rad, in [-pi, pi].
      speed_1: [*batch], float32, the angular velocity of `angle_1`, in rad/s.
      speed_2: [*batch], float32, the angular velocity of `angle_2`, in rad/s.
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    angle_1: tf.Tensor
    angle_2: tf.Tensor
    speed_1: tf.Tensor
    speed_2: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class Acrobot:
    """Swing the tip of two linked bars one bar's length above the joint that they hang from.

    The torque on the joint between the bars is -1, 0 or 1 N m (actions 0, 1, 2). The reward of
    every step is -1, except for the last step, with which the episode terminates, whose reward is
    0. The observation is the cosine and the sine of each angle, then the two speeds. Angles and
    speeds start uniformly distributed in [-0.1, 0.1].

    Attributes:
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `max_episode_steps` is neither None nor a positive integer.

    References:
      R. S. Sutton (1996), "Generalization in reinforcement learning: successful examples using
      sparse coarse coding"; the equations in the form of R. S. Sutton and A. G. Barto's book, as in
      https://gymnasium.farama.org/environments/classic_control/acrobot/
    """

    max_episode_steps: int | None = 500

    def __post_init__(self) -> None:
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are six numbers; there are three actions."""
        high = [1.0, 1.0, 1.0, 1.0, MAX_SPEED_1, MAX_SPEED_2]
        return EnvironmentSpec(Box.of((6,), [-x for x in high], high), Discrete(3))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[AcrobotState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        draw = 0.2 * draws.uniform([4, *shape], seed) - 0.1
        angle_1, angle_2, speed_1, speed_2 = tf.unstack(draw)
        state = AcrobotState(angle_1, angle_2, speed_1, speed_2, tf.zeros(shape, tf.int32))
        flag = tf.zeros(shape, tf.bool)
        return state, TimeStep(_observe(state), tf.zeros(shape), flag, flag)

    def step(
        self, state: AcrobotState, action: tf.Tensor, seed: Any
    ) -> tuple[AcrobotState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        ended = _is_up(state)
        moved = _move(state, action)
        state = AcrobotState(*(tf.where(ended, s, m) for s, m in zip(state, moved, strict=True)))
        terminated = _is_up(state)
        truncated = is_truncated(state.elapsed, self.max_episode_steps, terminated)
        reward = -tf.cast(~terminated, tf.float32)
        return state, TimeStep(_observe(state), reward, terminated, truncated)


def _move(state: AcrobotState, action: tf.Tensor) -> AcrobotState:
    torque = tf.cast(action, tf.float32) - 1
    start = tf.stack(state[:4])
    # One Runge-Kutta step of fourth order.
    slope_1 = _slope(start, torque)
    slope_2 = _slope(start + TIME_STEP / 2 * slope_1, torque)
    slope_3 = _slope(start + TIME_STEP / 2 * slope_2, torque)
    slope_4 = _slope(start + TIME_STEP * slope_3, torque)
    end = start + TIME_STEP / 6 * (slope_1 + 2 * slope_2 + 2 * slope_3 + slope_4)
    angle_1, angle_2, speed_1, speed_2 = tf.unstack(end)
    return AcrobotState(
        angle_1=wrap_angle(angle_1),
        angle_2=wrap_angle(angle_2),
        speed_1=tf.clip_by_value(speed_1, -MAX_SPEED_1, MAX_SPEED_1),
        speed_2=tf.clip_by_value(speed_2, -MAX_SPEED_2, MAX_SPEED_2),
        elapsed=state.elapsed + 1,
    )


def _slope(physics: tf.Tensor, torque: tf.Tensor) -> tf.Tensor:
    """Returns the time derivative of (angle_1, angle_2, speed_1, speed_2), [4, *batch]."""
    angle_1, angle_2, speed_1, speed_2 = tf.unstack(physics)
    # With M(q) q'' + C(q, q') + G(q) = (0, torque): `own` and `shared` are the first row of the
    # mass matrix M; `pull_1` and `pull_2` gather the terms of C and G.
    coupling = MASS * LENGTH * CENTRE
    shared = MASS * CENTRE**2 + coupling * tf.cos(angle_2) + INERTIA
    own = 2 * MASS * CENTRE**2 + MASS * LENGTH**2 + 2 * coupling * tf.cos(angle_2) + 2 * INERTIA
    # Gymnasium writes cos(x - pi/2); it is sin(x).
    weight_2 = MASS * CENTRE * GRAVITY * tf.sin(angle_1 + angle_2)
    pull_1 = (
        -coupling * speed_2**2 * tf.sin(angle_2)
        - 2 * coupling * speed_2 * speed_1 * tf.sin(angle_2)
        + MASS * (CENTRE + LENGTH) * GRAVITY * tf.sin(angle_1)
        + weight_2
    )
    pull_2 = coupling * speed_1**2 * tf.sin(angle_2) + weight_2
    acceleration_2 = (torque + shared / own * pull_1 - pull_2) / (
        MASS * CENTRE**2 + INERTIA - shared**2 / own
    )
    acceleration_1 = -(shared * acceleration_2 + pull_1) / own
    return tf.stack([speed_1, speed_2, acceleration_1, acceleration_2])


def _is_up(state: AcrobotState) -> tf.Tensor:
    return -tf.cos(state.angle_1) - tf.cos(state.angle_1 + state.angle_2) > 1


def _observe(state: AcrobotState) -> tf.Tensor:
    return tf.stack(
        [
            tf.cos(state.angle_1),
            tf.sin(state.angle_1),
            tf.cos(state.angle_2),
            tf.sin(state.angle_2),
            state.speed_1,
            state.speed_2,
        ],
        -1,
    )
