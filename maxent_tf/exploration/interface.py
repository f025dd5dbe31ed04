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

    A behaviour says with which probabilities it chooses, so that whoever learns from its actions
    can correct for them.
    """

    def distribution(self, q: tf.Tensor, step: tf.Tensor) -> tfd.Distribution:
        """Returns the distribution over actions.

        Args:
          q: [*P, B, A], float32, the action values, in units of reward; -inf marks an action as
            illegal.
          step: an int32 scalar, the number of updates so far, by which schedules go.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """


@runtime_checkable
class IntrinsicReward(Protocol):
    """A reward for what is new, which a learner pays itself: see `learners.Intrinsic`.

    Pure functions over a state with the learners' batch shape `P` in front of every tensor, so that
    every learner of a batch has a novelty of its own. Transitions are [*P, B, ...].

    Attributes:
      metric_names: the names of the metrics that an update measures, in their order.
    """

    metric_names: tuple[str, ...]

    def init(self, seed: Any, batch_shape: Sequence[int]) -> Any:
        """Returns a state that has seen nothing.

        Args:
          seed: an integer or [2], int32.
          batch_shape: `P`.
        """

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Takes note of fresh experience, each transition once.

        Args:
          state: the state so far.
          fresh: [*P, B, ...]; those that are not `valid` count for nothing.

        Returns:
          The state with their counts or statistics.
        """

    def reward(self, state: Any, transition: Transition) -> tf.Tensor:
        """Returns how new transitions are by what is known now, [*P, B], float32, at least 0."""

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Any]:
        """Learns from transitions, fresh or replayed.

        Args:
          state: the state so far.
          batch: [*P, B, ...].
          seed: an integer or [2], int32, for what is drawn.

        Returns:
          The new state, and the metrics, [*P] each, in any structure in the order of their names.
        """


def check_rate(name: str, value: Any, high: float | None = None) -> None:
    """Raises ValueError unless numbers, or a schedule's first ones, are in [0, high] and finite."""
    first = value(tf.constant(0)) if is_schedule(value) else value
    not_negative(name, first)
    if high is not None:
        in_range(name, first, 0, high)


def rate_at(value: Any, step: tf.Tensor, q: tf.Tensor) -> tf.Tensor:
    """Returns a number, tensor or schedule at `step`, broadcastable to the batch shape of `q`.

    Args:
      value: broadcastable to P, or a function of the step to such a value.
      step: an int32 scalar.
      q: [*P, B, A].
    """
    now = tf.cast(value(step) if is_schedule(value) else value, q.dtype)
    return now if now.shape.rank == 0 else now[..., None]
