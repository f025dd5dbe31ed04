"""The temperature that the hyper-parameter alpha of a learner means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import temperature
from maxent_tf.checks import is_schedule, numbers_in
from maxent_tf.learners import validation
from maxent_tf.specs import Spec
from maxent_tf.temperature import AutoTemperature, Plateau, Scheduled, Temperature


@dataclass(frozen=True)
class LearnersTemperature:
    """A temperature of learners of batch shape `P`.

    Attributes:
      temperature: how alpha comes about.
      batch_shape: `P`.
    """

    temperature: Temperature
    batch_shape: tuple[int, ...]

    def init(self) -> Any:
        """Returns the state before the first update."""
        return self.temperature.init(self.batch_shape)

    def alpha(self, state: Any) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        return tf.broadcast_to(self.temperature.alpha(state), self.batch_shape)

    def update(self, state: Any, entropy: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """Goes on by one update of the learners, given their policies' entropy [*P] in nats.

        Returns:
          The new state; and -1 where alpha now sits on its lower bound, 1 on its upper, 0 between,
          [*P], float32.
        """
        state, metrics = self.temperature.update(state, entropy)
        return state, metrics.bound


def as_temperature(
    alpha: Any, action: Spec, batch_shape: tuple[int, ...], auto: str | float | None = None
) -> LearnersTemperature:
    """Returns the temperature that the hyper-parameter `alpha` means.

    Args:
      alpha: a number or tensor that broadcasts to `P`, in reward per nat, at least 0; a schedule
        over updates; a `Temperature`; or, where `auto` is given, "auto".
      action: the action spec, against which an automatic temperature's target is checked.
      batch_shape: `P`.
      auto: the rule for the target entropy (see `target_entropy`) that "auto" means, automatic from
        1 at 3e-4; None if it means nothing.

    Raises:
      ValueError: if alpha is negative or not finite (a schedule: at its first step), or a word that
        means nothing here; it or one of its attributes does not broadcast; its target entropy
        cannot be met; or a plateau waits for the entropy to rise.
    """
    if isinstance(alpha, str) and auto is not None:
        validation.one_of("alpha", alpha, ("auto",))
        alpha = AutoTemperature(temperature.target_entropy(action, auto))
    if isinstance(alpha, AutoTemperature):
        temperature.validate_target_entropy(action, alpha.target_entropy)
        for name in ("target_entropy", "initial_alpha", "learning_rate"):
            value = getattr(alpha, name)
            value = value(tf.constant(0)) if callable(value) else value
            validation.per_learner(f"alpha.{name}", value, batch_shape)
    if isinstance(alpha, Plateau) and alpha.mode != "min":
        raise ValueError(
            f"alpha={alpha} waits for the entropy, which learners feed it, to rise: pass "
            'mode="min", and alpha falls when the entropy has stopped falling.'
        )
    if isinstance(alpha, Temperature) and not isinstance(alpha, type):
        return LearnersTemperature(alpha, batch_shape)
    if not is_schedule(alpha):
        try:
            numbers_in("alpha", alpha)
        except ValueError:
            raise ValueError(
                "alpha must be a number, a schedule or a Temperature, such as AutoTemperature, not "
                f"{alpha!r}."
            ) from None
    schedule = alpha if is_schedule(alpha) else temperature.constant(alpha)
    first = validation.per_learner("alpha", schedule(tf.constant(0)), batch_shape)
    validation.not_negative("alpha", first)
    return LearnersTemperature(Scheduled(schedule), batch_shape)
