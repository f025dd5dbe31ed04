"""What every temperature offers to a learner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import tensorflow as tf


class TemperatureMetrics(NamedTuple):
    """What one update of a temperature reports, each [*P], float32.

    Attributes:
      alpha: after the update, in reward per nat.
      bound: -1 where alpha now sits on its lower bound, 1 on its upper, 0 between or without any.
      loss: of the dual problem, before the update; () from a temperature that has none.
      target_entropy: in nats, the target that held at this update; () likewise.
    """

    alpha: tf.Tensor
    bound: tf.Tensor
    loss: Any = ()
    target_entropy: Any = ()


@runtime_checkable
class Temperature(Protocol):
    """A temperature that goes along with learning: `Scheduled`, `Plateau`, `AutoTemperature`."""

    def init(self, batch_shape: Sequence[int] = ()) -> Any:
        """Returns the state of learners of batch shape P before the first update."""

    def alpha(self, state: Any) -> tf.Tensor:
        """Returns alpha, broadcastable to [*P], float32, in reward per nat."""

    def update(self, state: Any, entropy: tf.Tensor) -> tuple[Any, TemperatureMetrics]:
        """Returns the state after one more update of the learners.

        Args:
          state: from `init` or the previous `update`.
          entropy: [*P], float32, in nats: the mean entropy of the policies.
        """
