"""A temperature that falls when what it watches stops improving."""

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
      alpha: [*P], float32.
      best: [*P], float32, the best value seen; infinitely bad before the first.
      waited: [*P], int32, the values seen since then or since alpha last fell.
    """

    alpha: tf.Tensor
    best: tf.Tensor
    waited: tf.Tensor


@dataclass(frozen=True)
class Plateau:
    """Multiplies alpha by `factor` whenever `patience` values in a row bring no improvement.

    A learner feeds it the mean entropy of its policy at every update. With `mode="min"` alpha then
    falls each time that the policy has settled at the present temperature. Fed by hand with the
    return of every evaluation, with `mode="max"`, it falls when the return stops rising.

    Attributes:
      initial: alpha at the start, at least 0.
      factor: in (0, 1).
      patience: the number of values without improvement after which alpha falls, at least 1.
      min_improvement: by how much a value must be better than the best, at least 0.
      min_alpha: the floor, in [0, initial].
      mode: "max" if larger values are better, "min" if smaller ones are.

    Raises:
      ValueError: if an attribute is out of range.

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
        """Returns the state after one more value, and what it did.

        Args:
          state: from `init` or the previous `update`.
          entropy: [*P], float32, the value watched: from a learner the entropy, in nats. NaN (no
            episode has ended yet, for example) counts as no value.
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
