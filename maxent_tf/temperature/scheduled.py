"""A temperature that is a function of the number of updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.temperature.interface import TemperatureMetrics


@dataclass(frozen=True, eq=False)
class Scheduled:
    """A schedule as a `Temperature`; the state is the number of updates so far.

    Attributes:
      schedule: A function from the step, an int32 scalar, to alpha, broadcastable to P.

    >>> half = Scheduled(lambda step: 0.5 ** tf.cast(step, tf.float32))
    >>> state, metrics = half.update(half.init(), entropy=tf.constant(1.0))
    >>> float(half.alpha(state))
    0.5
    """

    schedule: Callable[[tf.Tensor], Any]

    def init(self, batch_shape: Sequence[int] = ()) -> tf.Tensor:
        """Returns the state before the first update, 0."""
        del batch_shape
        return tf.constant(0)

    def alpha(self, state: tf.Tensor) -> tf.Tensor:
        """Returns alpha, broadcastable to P, float32, in reward per nat."""
        return tf.cast(self.schedule(state), tf.float32)

    def update(self, state: tf.Tensor, entropy: tf.Tensor) -> tuple[tf.Tensor, TemperatureMetrics]:
        """Returns the state one update later; the entropy is not used, and there are no bounds."""
        state += 1
        alpha = tf.broadcast_to(self.alpha(state), tf.shape(entropy))
        return state, TemperatureMetrics(alpha, bound=tf.zeros_like(entropy))
