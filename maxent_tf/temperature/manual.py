"""A temperature that stays as it is until it is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.checks import not_negative
from maxent_tf.temperature.interface import TemperatureMetrics


@dataclass(frozen=True, eq=False)
class Manual:
    """A temperature that a callback, or other code, sets during training; the state is alpha.

    A number as `alpha` is a constant of the compiled program. This temperature is a variable of it,
    which `Learner.with_alpha` sets without another compilation.

    Attributes:
      initial_alpha: The initial value of alpha, broadcastable to P, at least 0, in reward per nat.

    Raises:
      ValueError: If `initial_alpha` is negative or not finite.

    >>> manual = Manual(0.1)
    >>> state = manual.with_alpha(manual.init(), 0.5)
    >>> state, _ = manual.update(state, entropy=tf.constant(1.0))
    >>> float(manual.alpha(state))
    0.5
    """

    initial_alpha: Any

    def __post_init__(self) -> None:
        not_negative("initial_alpha", self.initial_alpha)

    def init(self, batch_shape: Sequence[int] = ()) -> tf.Tensor:
        """Returns the state of learners of batch shape P before the first update, [*P], float32.

        Raises:
          ValueError: If `initial_alpha` does not broadcast to `batch_shape`.
        """
        return tf.broadcast_to(tf.cast(self.initial_alpha, tf.float32), batch_shape)

    def alpha(self, state: tf.Tensor) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        return state

    def with_alpha(self, state: tf.Tensor, alpha: Any) -> tf.Tensor:
        """Returns the state with another alpha, which must broadcast to P."""
        return tf.broadcast_to(tf.cast(alpha, tf.float32), state.shape)

    def update(self, state: tf.Tensor, entropy: tf.Tensor) -> tuple[tf.Tensor, TemperatureMetrics]:
        """Returns the state as it is; the entropy is not used, and there are no bounds."""
        return state, TemperatureMetrics(state, bound=tf.zeros_like(entropy))
