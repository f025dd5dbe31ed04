"""A temperature that falls when a measured value stops improving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from maxent_tf.checks import as_integer, number, one_of
from maxent_tf.temperature.interface import TemperatureMetrics


class PlateauState(NamedTuple):
    """The state of `Plateau`.

    Attributes:
      alpha: [*P], float32, the temperature.
      best: [*P], float32, the best value so far; infinitely bad before the first value.
      waited: [*P], int32, the number of values since the best one or since alpha last fell.
    """

    alpha: tf.Tensor
    best: tf.Tensor
    waited: tf.Tensor


@dataclass(frozen=True)
class Plateau:
    """A temperature that is multiplied by `factor` after `patience` values without an improvement.

    A learner passes the mean entropy of its policy at every update. With `mode="min"`, alpha then
    falls each time that the policy has settled at the present temperature. If your own code passes
    the return of every evaluation, with `mode="max"`, alpha falls when the return stops rising.

    Attributes:
      initial: The initial value of alpha, at least 0.
      factor: The factor by which alpha is multiplied, in (0, 1).
      patience: The number of values without improvement after which alpha falls, at least 1.
      min_improvement: The amount by which a value must be better than the best one, at least 0.
      min_alpha: The smallest alpha, in [0, initial].
      mode: "max" if larger values are better, "min" if smaller values are better.

    Raises:
      ValueError: If an attribute is out of range.

    >>> plateau = Plateau(initial=1.0, factor=0.5, patience=2)
    >>> state = plateau.init()
    >>> for value in (10.0, 11.0, 9.0, 11.0):
    ...     state, _ = plateau.update(state, tf.constant(value))
    ...     print(value, float(plateau.alpha(state)))
    10.0 1.0
    11.0 1.0
    9.0 1.0
    11.0 0.5
    """

    initial: float
    factor: float
    patience: int
    min_improvement: float = 0.0
    min_alpha: float = 0.0
    mode: str = "max"

    def __post_init__(self) -> None:
        for name in ("initial", "factor", "min_improvement", "min_alpha"):
            number(name, getattr(self, name))
        object.__setattr__(self, "patience", as_integer("patience", self.patience))
        one_of("mode", self.mode, ("max", "min"))
        if not 0 <= self.min_alpha <= self.initial < float("inf"):
            raise ValueError(
                "initial and min_alpha must satisfy 0 <= min_alpha <= initial, not "
                f"initial={self.initial}, min_alpha={self.min_alpha}."
            )
        if not 0 < self.factor < 1:
            raise ValueError(f"factor must be in (0, 1), not {self.factor}.")
        if not self.min_improvement >= 0:
            raise ValueError(f"min_improvement must be at least 0, not {self.min_improvement}.")

    def init(self, batch_shape: Sequence[int] = ()) -> PlateauState:
        """Returns the state of learners of batch shape P before the first value."""
        return PlateauState(
            alpha=tf.fill(batch_shape, tf.constant(self.initial, tf.float32)),
            best=tf.fill(batch_shape, tf.constant(-self._sign * float("inf"))),
            waited=tf.zeros(batch_shape, tf.int32),
        )

    def alpha(self, state: PlateauState) -> tf.Tensor:
        """Returns alpha, [*P]."""
        return state.alpha

    def update(
        self, state: PlateauState, entropy: tf.Tensor
    ) -> tuple[PlateauState, TemperatureMetrics]:
        """Returns the state after one more value, and the metrics of this update.

        Args:
          state: The state from `init` or from the previous `update`.
          entropy: [*P], float32, the measured value; a learner passes the entropy, in nats. NaN
            counts as no value, for example if no episode has ended yet.
        """
        missing = tf.math.is_nan(entropy)
        # Infinitely bad and a little better are the same: the first value improves, whatever it is.
        improved = self._sign * entropy > self._sign * state.best + self.min_improvement
        waited = tf.where(improved, 0, state.waited + tf.cast(~missing, tf.int32))
        falls = waited >= self.patience
        lowered = tf.maximum(state.alpha * self.factor, self.min_alpha)
        state = PlateauState(
            alpha=tf.where(falls, lowered, state.alpha),
            best=tf.where(improved, entropy, state.best),
            waited=tf.where(falls, 0, waited),
        )
        bound = -tf.cast(state.alpha <= self.min_alpha, tf.float32)
        return state, TemperatureMetrics(state.alpha, bound)

    @property
    def _sign(self) -> float:
        return 1.0 if self.mode == "max" else -1.0
