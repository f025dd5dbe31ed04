"""A point among four equal goals: the optimal policy is multi-modal."""

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
    """Where the point is.

    Attributes:
      position: [*batch, 2], float32, in [-7, 7]^2.
      elapsed: [*batch], int32, steps since the reset.
    """

    position: tf.Tensor
    elapsed: tf.Tensor


@final
@dataclass(frozen=True)
class MultiGoal:
    r"""Move a point to any of the goals (5, 0), (-5, 0), (0, 5), (0, -5).

    The action in [-1, 1]^2 is added to the position x, which is kept in [-7, 7]^2:

    .. math:: r = -c_a |a|^2 - c_d \min_g |x' - g|^2 + c_g [\min_g |x' - g| < 1]

    A goal, once within 1, terminates the episode. The start is normal about the middle with
    standard deviation 0.1. The default costs are those of soft Q-learning (there, rewards are then
    scaled by 0.1); soft actor-critic has 1, 0.1, 1 (scaled by 3).

    Attributes:
      actuation_cost: c_a, at least 0.
      distance_cost: c_d, at least 0.
      goal_reward: c_g, at least 0.
      max_episode_steps: an episode is truncated after so many steps; None for no limit.

    Raises:
      ValueError: if a coefficient is negative or not finite, or `max_episode_steps` is neither None
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
        """A position, a displacement."""
        return EnvironmentSpec(Box.of((2,), -SIDE, SIDE), Box.of((2,), -1.0, 1.0))

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[MultiGoalState, TimeStep]:
        """Begins an episode in every world: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        position = INITIAL_STDDEV * draws.normal([*shape, 2], seed)
        flag = tf.zeros(shape, tf.bool)
        state = MultiGoalState(position, tf.zeros(shape, tf.int32))
        return state, TimeStep(position, tf.zeros(shape), flag, flag)

    def step(
        self, state: MultiGoalState, action: tf.Tensor, seed: Any
    ) -> tuple[MultiGoalState, TimeStep]:
        """Acts once in every world: see `Environment.step`."""
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
    """To the nearest goal: [*batch]."""
    return tf.reduce_min(tf.reduce_sum((position[..., None, :] - GOALS) ** 2, -1), -1)
