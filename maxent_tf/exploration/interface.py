"""The protocols of behaviour policies and of intrinsic rewards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.checks import in_range, is_schedule, not_negative
from maxent_tf.types import Transition


@runtime_checkable
class Behaviour(Protocol):
    """A way to choose actions by their values, for a learner that evaluates another policy.

    A behaviour returns the probabilities of all actions, so that a learner can correct for them.
    """

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> tfd.Distribution:
        """Returns the distribution over actions.

        Args:
          q: [*P, B, A], float32, the action values, in units of reward; -inf marks an action as
            illegal.
          step: The number of updates so far, an int32 scalar, from which schedules are computed.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """


@runtime_checkable
class IntrinsicReward(Protocol):
    """A reward for transitions that are new to the learner, see `learners.Intrinsic`.

    The methods are pure functions of a state. Every tensor of the state has the learners' batch
    shape `P` in front, because what is new to one learner of a batch may be known to another.

    Attributes:
      metric_names: The names of the metrics that an update measures, in their order.
    """

    metric_names: tuple[str, ...]

    def init(self, seed: Any, batch_shape: Sequence[int]) -> Any:
        """Returns the state before any experience.

        Args:
          seed: An integer, or a seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.
        """

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Updates counts or statistics with fresh experience; each transition comes once.

        Args:
          state: The state of the intrinsic reward.
          fresh: The transitions, fields [*P, B, ...]. Those that are not `valid` have no effect.

        Returns:
          The new state.
        """

    def reward(self, state: Any, transition: Transition) -> tf.Tensor:
        """Returns the intrinsic rewards of transitions in the present state.

        Args:
          state: The state of the intrinsic reward.
          transition: The transitions, fields [*P, B, ...].

        Returns:
          The intrinsic rewards, [*P, B], float32, at least 0.
        """

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Any]:
        """Makes one update of the intrinsic reward's own networks, if it has any.

        Args:
          state: The state of the intrinsic reward.
          batch: The transitions, fresh or replayed, fields [*P, B, ...].
          seed: An integer, or a seed of shape [2], int32, for everything that the update draws.

        Returns:
          The new state, and the metrics, [*P] each, in a structure whose leaves have the order of
          `metric_names`.
        """


def check_rate(name: str, value: Any, high: float | None = None) -> None:
    """Raises ValueError unless numbers, or a schedule's first values, are finite in [0, high]."""
    first = value(tf.constant(0)) if is_schedule(value) else value
    not_negative(name, first)
    if high is not None:
        in_range(name, first, 0, high)


def rate_at(value: Any, step: tf.Tensor, q: tf.Tensor) -> tf.Tensor:
    """Returns the value of a number, tensor or schedule at a step.

    Args:
      value: A number or tensor that broadcasts to P, or a function from the step to such a value.
      step: The number of the step, an int32 scalar.
      q: [*P, B, A], the action values to whose batch shape [*P, B] the result broadcasts.
    """
    now = tf.cast(value(step) if is_schedule(value) else value, q.dtype)
    return now if now.shape.rank == 0 else now[..., None]
