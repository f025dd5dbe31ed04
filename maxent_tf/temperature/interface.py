"""The interface of temperatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import tensorflow as tf


class TemperatureMetrics(NamedTuple):
    """The metrics of one update of a temperature, each [*P], float32.

    Attributes:
      alpha: The temperature after the update, in reward per nat.
      bound: -1 where alpha now sits on its lower bound, 1 where it sits on its upper bound, and 0
        in between or without bounds.
      loss: The loss of the dual problem, before the update; () from a temperature without one.
      target_entropy: The target entropy of this update, in nats; () from a temperature without one.
    """

    alpha: tf.Tensor
    bound: tf.Tensor
    loss: Any = ()
    target_entropy: Any = ()


@runtime_checkable
class Temperature(Protocol):
    """A temperature that changes with learning, such as `Scheduled` or `AutoTemperature`.

    A temperature whose alpha can be set from outside, such as `Manual`, also has a method
    `with_alpha`, from a state and an alpha to a state.
    """

    def init(self, batch_shape: Sequence[int] = ()) -> Any:
        """Returns the state of learners of batch shape P before the first update."""

    def alpha(self, state: Any) -> tf.Tensor:
        """Returns alpha, broadcastable to [*P], float32, in reward per nat."""

    def update(self, state: Any, entropy: tf.Tensor) -> tuple[Any, TemperatureMetrics]:
        """Returns the state after one more update of the learners.

        Args:
          state: The state from `init` or from the previous `update`.
          entropy: [*P], float32, the mean entropy of the policies, in nats.
        """
