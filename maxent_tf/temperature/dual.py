"""The automatic temperature: gradient descent on the dual of a constraint on the entropy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Union

import numpy as np
import tensorflow as tf

from maxent_tf.checks import is_schedule, numbers_in, pair
from maxent_tf.optimizers import Adam, AdamState, LearningRate
from maxent_tf.temperature.interface import TemperatureMetrics

# A number, a tensor broadcastable to the batch shape P, or a function of the step to such a value.
Target = Union[float, tf.Tensor, Callable[[tf.Tensor], Any]]  # noqa: UP007 (mypy)


class TemperatureState(NamedTuple):
    """The state of `AutoTemperature`.

    Attributes:
      log_alpha: [*P], float32, the logarithm of alpha.
      optimizer: The state of Adam; its `step` counts the updates.
    """

    log_alpha: tf.Tensor
    optimizer: AdamState


@dataclass(frozen=True, eq=False)
class AutoTemperature:
    r"""A temperature that adjusts alpha until the policy's entropy meets a target.

    The temperature is the multiplier of the constraint H >= target: alpha falls while the entropy
    is above the target and rises while it is below. Adam descends on :math:`\log \alpha`, with one
    of two losses in common use:

    .. math::
       J &= \log \alpha \, (H - \bar H), \qquad
           \partial J / \partial \log \alpha = H - \bar H
           && \text{("log\_alpha")} \\
       J &= \alpha \, (H - \bar H), \qquad
           \partial J / \partial \log \alpha = \alpha (H - \bar H)
           && \text{("alpha")}

    Both losses have the same stationary point. They differ in speed. Adam divides by a running size
    of the gradient, so that a constant factor alpha would not matter. A *changing* factor does: as
    alpha falls, the gradients of the second loss shrink below their running size, and the fall
    slows down.

    Attributes:
      target_entropy: The target entropy, in nats: a number, a tensor broadcastable to P, or a
        schedule (a function from the number of updates made to such a value). `target_entropy` and
        `validate_target_entropy` of this package say which targets make sense.
      initial_alpha: The initial value of alpha, broadcastable to P, within the bounds, in reward
        per nat. An automatic temperature works only if its initial value is high: a low alpha
        cannot prevent what happens before it has risen.
      learning_rate: The learning rate of Adam, as in `Adam`.
      parametrisation: The factor that multiplies the gap in the loss, "log_alpha" or "alpha".
      bounds: The smallest and the largest alpha, positive. A target out of reach drives alpha to
        one of the bounds.

    Raises:
      ValueError: If an attribute is out of range or `parametrisation` is unknown.

    References:
      T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications", equation 18,
      https://arxiv.org/abs/1812.05905. The first loss as in Stable-Baselines3 and TF-Agents, the
      second as in the paper, CleanRL and Acme.

    >>> temperature = AutoTemperature(target_entropy=-1.0, learning_rate=0.1)
    >>> state, metrics = temperature.update(temperature.init(), entropy=tf.constant(0.5))
    >>> print(temperature.alpha(state).numpy().round(4))  # entropy above target: alpha falls
    0.9048
    """

    target_entropy: Target
    initial_alpha: float | tf.Tensor = 1.0
    learning_rate: LearningRate = 3e-4
    parametrisation: Literal["log_alpha", "alpha"] = "log_alpha"
    bounds: tuple[float, float] = (1e-8, 1e6)

    def __post_init__(self) -> None:
        low, high = pair("bounds", self.bounds)
        if not 0 < low < high < np.inf:
            raise ValueError(f"bounds must satisfy 0 < low < high < inf, not {self.bounds}.")
        if self.parametrisation not in ("log_alpha", "alpha"):
            raise ValueError(
                f'parametrisation must be "log_alpha" or "alpha", not {self.parametrisation!r}.'
            )
        self._check_within("initial_alpha", self.initial_alpha)
        if not is_schedule(self.target_entropy):
            target = numbers_in("target_entropy", self.target_entropy)
            if target is not None and not np.all(np.isfinite(target)):
                raise ValueError(f"target_entropy must be finite, not {target}.")
        Adam(self.learning_rate)

    def init(self, batch_shape: Sequence[int] = ()) -> TemperatureState:
        """Returns the state of learners of batch shape P before the first update.

        Raises:
          ValueError: If `initial_alpha` does not broadcast to `batch_shape`.
        """
        alpha = tf.cast(self.initial_alpha, tf.float32)
        log_alpha = tf.broadcast_to(tf.math.log(alpha), batch_shape)
        return TemperatureState(log_alpha, Adam(self.learning_rate).init(log_alpha))

    def alpha(self, state: TemperatureState) -> tf.Tensor:
        """Returns alpha, [*P], in reward per nat."""
        return tf.exp(state.log_alpha)

    def with_alpha(self, state: TemperatureState, alpha: Any) -> TemperatureState:
        """Returns the state with another alpha, from which the next updates go on to the target.

        The moments of Adam stay as they are.

        Args:
          state: The state from `init` or from `update`.
          alpha: The new value, broadcastable to P, in reward per nat.

        Raises:
          ValueError: If `alpha` is out of the bounds.
        """
        self._check_within("alpha", alpha)
        log_alpha = tf.math.log(tf.cast(alpha, tf.float32))
        return state._replace(log_alpha=tf.broadcast_to(log_alpha, state.log_alpha.shape))

    def _check_within(self, name: str, alpha: Any) -> None:
        known = numbers_in(name, alpha)
        if known is None:
            return
        # In float32, as alpha is kept: a bound itself must not be refused for its rounding.
        kept, (low, high) = np.asarray(known, np.float32), np.asarray(self.bounds, np.float32)
        if not np.all((kept >= low) & (kept <= high)):
            raise ValueError(f"{name} must be within bounds {self.bounds}, not {known}.")

    def target_at(self, state: TemperatureState) -> tf.Tensor:
        """Returns the target entropy of the next update, broadcastable to P, in nats."""
        target = self.target_entropy
        return tf.cast(target(state.optimizer.step) if callable(target) else target, tf.float32)

    def update(
        self, state: TemperatureState, entropy: tf.Tensor
    ) -> tuple[TemperatureState, TemperatureMetrics]:
        """Returns the state after one step of Adam on the dual loss, and the step's metrics.

        Args:
          state: The state from `init` or from the previous `update`.
          entropy: [*P], float, in nats: the mean over the batch of the policy's entropy, or of
            minus the log-probability of its actions. No gradient flows into it.

        Raises:
          ValueError: If `entropy` is not of shape [*P].
        """
        if not entropy.shape.is_compatible_with(state.log_alpha.shape):
            raise ValueError(
                f"entropy must be of the learners' batch shape {state.log_alpha.shape}, not "
                f"{entropy.shape}: average it over the batch first."
            )
        target = self.target_at(state)
        gap = tf.stop_gradient(tf.cast(entropy, tf.float32)) - target
        if self.parametrisation == "alpha":
            gradient = tf.exp(state.log_alpha) * gap
            loss = gradient
        else:
            gradient = gap
            loss = state.log_alpha * gap
        log_alpha, optimizer = Adam(self.learning_rate).update(
            gradient, state.optimizer, state.log_alpha, batch_ndims=gap.shape.rank
        )
        low, high = (tf.constant(np.log(bound), tf.float32) for bound in self.bounds)
        log_alpha = tf.clip_by_value(log_alpha, low, high)
        bound = tf.cast(log_alpha >= high, tf.float32) - tf.cast(log_alpha <= low, tf.float32)
        metrics = TemperatureMetrics(
            alpha=tf.exp(log_alpha),
            loss=loss,
            target_entropy=tf.broadcast_to(target, tf.shape(log_alpha)),
            bound=bound,
        )
        return TemperatureState(log_alpha, optimizer), metrics
