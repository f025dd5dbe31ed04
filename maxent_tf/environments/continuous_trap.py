"""A one-step environment with a continuous action: a near, lower hill and a far, higher hill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import tensorflow as tf

from maxent_tf.environments.common import as_action, as_batch_shape
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import TimeStep


class ContinuousTrapState(NamedTuple):
    """The state: whether the one step has been made.

    Attributes:
      terminated: [*batch], bool, whether the one step has been made.
    """

    terminated: tf.Tensor


@final
@dataclass(frozen=True)
class ContinuousTrap:
    r"""One step, one action in [-1, 1], and a reward that is a sum of Gaussian hills.

    .. math:: r(a) = \sum_i h_i \exp\left(-\frac{(a - c_i)^2}{2 w_i^2}\right)

    By default, the lower hill is at -0.2, close to where a fresh policy starts, and the higher hill
    is at 0.7. The observation is the constant 1.

    Attributes:
      heights: [hills], the heights of the hills, in units of reward.
      centres: [hills], the actions at their centres, in [-1, 1].
      widths: [hills], their widths (standard deviations), positive.

    Raises:
      ValueError: If the three have different lengths, a number is not finite, a centre is out of
        range, or a width is not positive.

    >>> trap = ContinuousTrap()
    >>> [round(float(r), 3) for r in trap.reward(tf.constant([-0.2, 0.7]))]
    [0.7, 1.0]
    """

    heights: tuple[float, ...] = (0.7, 1.0)
    centres: tuple[float, ...] = (-0.2, 0.7)
    widths: tuple[float, ...] = (0.15, 0.15)

    def __post_init__(self) -> None:
        if not len(self.heights) == len(self.centres) == len(self.widths) > 0:
            raise ValueError(
                "heights, centres and widths must have one length, at least 1, not "
                f"{len(self.heights)}, {len(self.centres)} and {len(self.widths)}."
            )
        if not np.all(np.isfinite(self.heights)):
            raise ValueError(f"heights must be finite, not {self.heights}.")
        if not np.all(np.less_equal(np.abs(self.centres), 1)):
            raise ValueError(f"centres must lie in [-1, 1], not {self.centres}.")
        if not (np.all(np.greater(self.widths, 0)) and np.all(np.isfinite(self.widths))):
            raise ValueError(f"widths must be positive and finite, not {self.widths}.")

    @property
    def spec(self) -> EnvironmentSpec:
        """Observations are one constant; an action is one number in [-1, 1]."""
        return EnvironmentSpec(Box.of((1,), 0.0, 1.0), Box.of((1,), -1.0, 1.0))

    def reward(self, action: tf.Tensor) -> tf.Tensor:
        """Returns the reward of an action.

        Args:
          action: [...], float, the action, in [-1, 1].

        Returns:
          The reward, [...], of the same dtype.
        """
        heights, centres, widths = (
            tf.constant(x, action.dtype) for x in (self.heights, self.centres, self.widths)
        )
        distance = (action[..., None] - centres) / widths
        return tf.reduce_sum(heights * tf.exp(-0.5 * distance**2), -1)

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[ContinuousTrapState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        del seed  # There is only one start.
        flag = tf.zeros(as_batch_shape(batch_shape), tf.bool)
        return ContinuousTrapState(flag), self._time_step(tf.zeros(flag.shape), flag)

    def step(
        self, state: ContinuousTrapState, action: tf.Tensor, seed: Any
    ) -> tuple[ContinuousTrapState, TimeStep]:
        """Acts once in every environment: see `Environment.step`."""
        del seed  # Nothing is random.
        action = as_action(action, self.spec.action, state.terminated.shape)
        reward = self.reward(tf.clip_by_value(action[..., 0], -1.0, 1.0))
        reward = tf.where(state.terminated, 0.0, reward)
        terminated = tf.ones_like(state.terminated)
        return ContinuousTrapState(terminated), self._time_step(reward, terminated)

    @staticmethod
    def _time_step(reward: tf.Tensor, terminated: tf.Tensor) -> TimeStep:
        observation = tf.ones_like(reward)[..., None]
        return TimeStep(observation, reward, terminated, tf.zeros_like(terminated))
