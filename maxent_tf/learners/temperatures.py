"""The temperature that the hyperparameter alpha of a learner describes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf import temperature
from maxent_tf.checks import is_schedule, numbers_in
from maxent_tf.learners import validation
from maxent_tf.specs import Discrete, Spec
from maxent_tf.temperature import (
    AutoTemperature,
    Manual,
    Mixed,
    Plateau,
    Scheduled,
    Temperature,
)


@dataclass(frozen=True)
class LearnersTemperature:
    """The temperature of learners of batch shape `P`.

    Attributes:
      temperature: The rule that gives alpha.
      batch_shape: The batch shape `P` of the learners.
      fraction: The target entropy as a fraction of the logarithm of the number of actions; None if
        the target entropy is not such a fraction.
      log_actions: The logarithm of the number of actions.
    """

    temperature: Temperature
    batch_shape: tuple[int, ...]
    fraction: float | None = None
    log_actions: float = 0.0

    def init(self) -> Any:
        """Returns the state before the first update."""
        return self.temperature.init(self.batch_shape)

    def alpha(self, state: Any) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        return tf.broadcast_to(self.temperature.alpha(state), self.batch_shape)

    def update(
        self, state: Any, entropy: tf.Tensor, log_legal: tf.Tensor | None = None
    ) -> tuple[Any, tf.Tensor]:
        """Advances the temperature by one update of the learners.

        Args:
          state: The state from `init` or from the previous `update`.
          entropy: [*P], float32, the entropies of the learners' policies, in nats.
          log_legal: [*P], float32, the mean logarithm of the number of legal actions; None if all
            actions are legal. If the target is a fraction of log A, it becomes the same fraction
            of `log_legal`.

        Returns:
          The new state; and, [*P], float32, -1 where alpha now sits on its lower bound, 1 where it
          sits on its upper bound, and 0 in between.
        """
        if log_legal is not None and self.fraction is not None:
            # The gap to the target is what counts.
            entropy += self.fraction * (self.log_actions - log_legal)
        state, metrics = self.temperature.update(state, entropy)
        return state, metrics.bound

    def with_alpha(self, state: Any, alpha: Any) -> Any:
        """Returns the state with another alpha; see `Learner.with_alpha`."""
        if not hasattr(self.temperature, "with_alpha"):
            raise ValueError(
                f"alpha cannot be set, because the learners follow {self.temperature}: build them "
                "with alpha=maxent_tf.temperature.Manual(...), which keeps its value until it is "
                "set, or with an automatic temperature."
            )
        value = validation.per_learner("alpha", alpha, self.batch_shape)
        validation.not_negative("alpha", value)
        return self.temperature.with_alpha(state, value)


@dataclass(frozen=True)
class MixedTemperature:
    """Temperatures of several kinds, in the place of one `LearnersTemperature`.

    Attributes:
      which: [*P], int32, the index of the temperature that each learner follows.
      temperatures: The temperatures, each for all learners.
    """

    which: tf.Tensor
    temperatures: tuple[LearnersTemperature, ...]

    def init(self) -> tuple[Any, ...]:
        """Returns the states of all temperatures before the first update."""
        return tuple(each.init() for each in self.temperatures)

    def alpha(self, state: tuple[Any, ...]) -> tf.Tensor:
        """Returns alpha, [*P], float32, in reward per nat."""
        pairs = zip(self.temperatures, state, strict=True)
        return self._chosen([each.alpha(own) for each, own in pairs])

    def update(
        self, state: tuple[Any, ...], entropy: tf.Tensor, log_legal: tf.Tensor | None = None
    ) -> tuple[tuple[Any, ...], tf.Tensor]:
        """Advances all temperatures by one update of the learners; see `LearnersTemperature`."""
        pairs = zip(self.temperatures, state, strict=True)
        updated = [each.update(own, entropy, log_legal) for each, own in pairs]
        return tuple(own for own, _ in updated), self._chosen([bound for _, bound in updated])

    def with_alpha(self, state: tuple[Any, ...], alpha: Any) -> tuple[Any, ...]:
        """Returns the states with another alpha, each changed for the learners that follow it."""
        return tuple(
            each.with_alpha(own, tf.where(self.which == index, alpha, each.alpha(own)))
            for index, (each, own) in enumerate(zip(self.temperatures, state, strict=True))
        )

    def _chosen(self, values: list[tf.Tensor]) -> tf.Tensor:
        """Returns each learner's own of the values, [*P] each."""
        chosen = values[0]
        for index, value in enumerate(values[1:], start=1):
            chosen = tf.where(self.which == index, value, chosen)
        return chosen


def as_temperature(
    alpha: Any, action: Spec, batch_shape: tuple[int, ...], auto: str | float | None = None
) -> LearnersTemperature | MixedTemperature:
    """Returns the temperature that the hyperparameter `alpha` describes.

    Args:
      alpha: A number or tensor that broadcasts to `P`, in reward per nat, at least 0; a schedule
        over updates; a `Temperature`; if `auto` is given, "auto"; or a `Mixed` of such.
      action: The action spec, against which the target of an automatic temperature is checked.
      batch_shape: The batch shape `P` of the learners.
      auto: The rule for the target entropy (see `target_entropy`) if alpha is "auto", which is an
        automatic temperature with initial value 1 and learning rate 3e-4. With None, alpha must not
        be "auto".

    Raises:
      ValueError: If alpha is negative or not finite (for a schedule: at its first step); if alpha
        is a word without a meaning here; if alpha or one of its attributes does not broadcast; if
        its target entropy cannot be met; or if a plateau waits for the entropy to rise.
    """
    if isinstance(alpha, Mixed):
        which = tf.cast(validation.per_learner("alpha.which", alpha.which, batch_shape), tf.int32)
        rules: list[Any] = [as_temperature(x, action, batch_shape, auto) for x in alpha.rules]
        if any(isinstance(rule, MixedTemperature) for rule in rules):
            raise ValueError("alpha must not be a Mixed within a Mixed: name all rules in one.")
        return MixedTemperature(which, tuple(rules))
    fraction, log_actions = None, 0.0
    if isinstance(alpha, str) and auto is not None:
        validation.one_of("alpha", alpha, ("auto",))
        alpha = AutoTemperature(temperature.target_entropy(action, auto))
        if isinstance(action, Discrete) and isinstance(auto, float):
            fraction, log_actions = auto, math.log(action.num_values)
    if isinstance(alpha, AutoTemperature):
        temperature.validate_target_entropy(action, alpha.target_entropy)
        for name in ("target_entropy", "initial_alpha", "learning_rate"):
            value = getattr(alpha, name)
            value = value(tf.constant(0)) if callable(value) else value
            validation.per_learner(f"alpha.{name}", value, batch_shape)
    if isinstance(alpha, Manual):
        validation.per_learner("alpha.initial_alpha", alpha.initial_alpha, batch_shape)
    if isinstance(alpha, Plateau) and alpha.mode != "min":
        raise ValueError(
            f"alpha={alpha} waits for the entropy, which learners feed it, to rise: pass "
            'mode="min", and alpha falls when the entropy has stopped falling.'
        )
    if isinstance(alpha, Temperature) and not isinstance(alpha, type):
        return LearnersTemperature(alpha, batch_shape, fraction, log_actions)
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


def mean_log_legal(mask: tf.Tensor | None) -> tf.Tensor | None:
    """Returns the mean logarithm of the number of legal actions, [*P]; `mask` is [*P, B, A]."""
    if mask is None:
        return None
    count = tf.reduce_sum(tf.cast(mask, tf.float32), axis=-1)
    return tf.reduce_mean(tf.math.log(count), axis=-1)
