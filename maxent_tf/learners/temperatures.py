"""One interface over the ways to choose a temperature: a number, a schedule, or automatic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import temperature
from maxent_tf.checks import is_schedule, numbers_in
from maxent_tf.learners import validation
from maxent_tf.specs import Spec


@dataclass(frozen=True)
class ScheduledTemperature:
    """A temperature that is a function of the number of updates so far.

    Attributes:
      schedule: from the step, an int32 scalar, to alpha, which broadcasts to `batch_shape`.
      batch_shape: `P`.
    """

    schedule: Callable[[tf.Tensor], tf.Tensor]
    batch_shape: tuple[int, ...]

    def init(self) -> tf.Tensor:
        """Returns the state: the number of updates so far."""
        return tf.constant(0)

    def alpha(self, state: tf.Tensor) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        return tf.broadcast_to(tf.cast(self.schedule(state), tf.float32), self.batch_shape)

    def update(self, state: tf.Tensor, entropy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the state one update later, and 0 [*P]: a schedule has no bounds to sit on."""
        return state + 1, tf.zeros_like(entropy)


@dataclass(frozen=True)
class DualTemperature:
    """A temperature that holds the policy's entropy at a target.

    Attributes:
      dual: the problem and how it is solved.
      batch_shape: `P`.
    """

    dual: temperature.AutoTemperature
    batch_shape: tuple[int, ...]

    def init(self) -> Any:
        """Returns the dual problem's state."""
        return self.dual.init(self.batch_shape)

    def alpha(self, state: Any) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        return self.dual.alpha(state)

    def update(self, state: Any, entropy: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """Takes one step towards the target, given the policy's entropy [*P] in nats.

        Returns:
          The new state; and -1 where alpha now sits on its lower bound, 1 on its upper, 0 between,
          [*P], float32.
        """
        state, metrics = self.dual.update(state, entropy)
        return state, metrics.bound


def as_temperature(
    alpha: Any, action: Spec, batch_shape: tuple[int, ...], auto: str | float | None = None
) -> ScheduledTemperature | DualTemperature:
    """Returns the temperature that the hyper-parameter `alpha` means.

    Args:
      alpha: a number or tensor that broadcasts to `P`, in reward per nat, at least 0; a schedule
        over updates; an `AutoTemperature`; or, where `auto` is given, "auto".
      action: the action spec, against which an automatic temperature's target is checked.
      batch_shape: `P`.
      auto: the rule for the target entropy (see `target_entropy`) that "auto" means, automatic from
        1 at 3e-4; None if it means nothing.

    Raises:
      ValueError: if alpha is negative or not finite (a schedule: at its first step), or a word that
        means nothing here; it or one of its attributes does not broadcast; or its target entropy
        cannot be met.
    """
    if isinstance(alpha, str) and auto is not None:
        validation.one_of("alpha", alpha, ("auto",))
        alpha = temperature.AutoTemperature(temperature.target_entropy(action, auto))
    if isinstance(alpha, temperature.AutoTemperature):
        temperature.validate_target_entropy(action, alpha.target_entropy)
        for name in ("target_entropy", "initial_alpha", "learning_rate"):
            value = getattr(alpha, name)
            value = value(tf.constant(0)) if callable(value) else value
            validation.per_learner(f"alpha.{name}", value, batch_shape)
        return DualTemperature(alpha, batch_shape)
    if not is_schedule(alpha):
        try:
            numbers_in("alpha", alpha)
        except ValueError:
            raise ValueError(
                "alpha must be a number, a schedule or, where it may be automatic, an "
                f"AutoTemperature, not {alpha!r}."
            ) from None
    schedule = alpha if is_schedule(alpha) else temperature.constant(alpha)
    first = validation.per_learner("alpha", schedule(tf.constant(0)), batch_shape)
    validation.not_negative("alpha", first)
    return ScheduledTemperature(schedule, batch_shape)
