"""A point among four equal goals, an environment whose optimal policy is multi-modal."""

from __future__ import annotations

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
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import TimeStep

GOALS = np.array([[5.0, 0.0], [-5.0, 0.0], [0.0, 5.0], [0.0, -5.0]], np.float32)
RADIUS = 1.0
SIDE = 7.0
INITIAL_STDDEV = 0.1


class MultiGoalState(NamedTuple):
    """The state of the point.

    Attributes:
      position: [*batch, 2], float32, its position, in [-7, 7]^2.
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    position: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class MultiGoal:
    r"""Move a point to any of the goals (5, 0), (-5, 0), (0, 5), (0, -5).

    The action in [-1, 1]^2 is added to the position x, which is kept in [-7, 7]^2:

    .. math:: r = -c_a |a|^2 - c_d \min_g |x' - g|^2 + c_g [\min_g |x' - g| < 1]

    The episode terminates when the point is within 1 of a goal. The start is normally distributed
    about the middle with standard deviation 0.1. The default costs are those of soft Q-learning,
    which scales rewards by 0.1. Soft actor-critic uses the costs 1, 0.1, 1 and scales rewards by 3.

    Attributes:
      actuation_cost: The coefficient c_a of the squared action, at least 0.
      distance_cost: The coefficient c_d of the squared distance, at least 0.
      goal_reward: The reward c_g for reaching a goal, at least 0.
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If a coefficient is negative or not finite, or `max_episode_steps` is neither None
        nor a positive integer.

    References:
      T. Haarnoja, H. Tang, P. Abbeel, S. Levine (2017), "Reinforcement learning with deep
      energy-based policies", section 5.1, https://arxiv.org/abs/1702.08165; the constants as in
      https://github.com/haarnoja/softqlearning and https://github.com/haarnoja/sac
    """

    actuation_cost: float = 30.0
    distance_cost: float = 1.0
    goal_reward: float = 10.0
    max_episode_steps: int | None = 30

    def __post_init__(self) -> None:
        for name in ("actuation_cost", "distance_cost", "goal_reward"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite, at least 0, not {value}.")
        check_max_episode_steps(self.max_episode_steps)

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are a position; an action is a displacement."""
        return EnvironmentSpec(Box.of((2,), -SIDE, SIDE), Box.of((2,), -1.0, 1.0))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[MultiGoalState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        position = INITIAL_STDDEV * draws.normal([*shape, 2], seed)
        flag = tf.zeros(shape, tf.bool)
        state = MultiGoalState(position, tf.zeros(shape, tf.int32))
        return state, TimeStep(position, tf.zeros(shape), flag, flag)

    def step(
        self, state: MultiGoalState, action: tf.Tensor, seed: Any
    ) -> tuple[MultiGoalState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.elapsed.shape)
        arrived = _squared_distance(state.position) < RADIUS**2
        action = tf.clip_by_value(action, -1.0, 1.0)
        moved = tf.clip_by_value(state.position + action, -SIDE, SIDE)
        position = tf.where(arrived[..., None], state.position, moved)
        squared_distance = _squared_distance(position)
        terminated = squared_distance < RADIUS**2
        reward = (
            self.goal_reward * tf.cast(terminated, tf.float32)
            - self.actuation_cost * tf.reduce_sum(action**2, -1)
            - self.distance_cost * squared_distance
        )
        reward = tf.where(arrived, 0.0, reward)
        elapsed = state.elapsed + 1
        truncated = is_truncated(elapsed, self.max_episode_steps, terminated)
        return (
            MultiGoalState(position, elapsed),
            TimeStep(position, reward, terminated, truncated),
        )


def _squared_distance(position: tf.Tensor) -> tf.Tensor:
    """Returns the squared distance to the nearest goal, [*batch]."""
    return tf.reduce_min(tf.reduce_sum((position[..., None, :] - GOALS) ** 2, -1), -1)
