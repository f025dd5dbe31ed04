"""SAC that believes a given log-density of its squashed actions, right or wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.distributions import SquashedGaussian
from maxent_tf.distributions.standard_normal import normal_cdf
from maxent_tf.distributions.tanh import log_sech_squared
from maxent_tf.learners import SAC, Learner, SACConfig, SACState, Wrapper
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, Updated

# The size from which an action, scaled to [-1, 1], counts as saturated.
SATURATED = 0.99


def log_jacobian(correction: str, u: tf.Tensor) -> tf.Tensor:
    """Returns what a correction takes the log-derivative of tanh to be.

    Args:
      correction: The correction, "exact", "epsilon" or "none".
      u: [...], float, the values before tanh.
    """
    if correction == "exact":
        return log_sech_squared(u)
    if correction == "epsilon":
        return tf.math.log(1 - tf.square(tf.tanh(u)) + 1e-6)
    if correction == "none":
        return tf.zeros_like(u)
    raise ValueError(f'correction must be "exact", "epsilon" or "none", not {correction!r}.')


def saturation(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Returns the probability of a saturated action, for each dimension.

    Args:
      loc: [...], float, the mean of the pre-tanh Gaussian.
      scale: [...], float, the standard deviation of the pre-tanh Gaussian.
    """
    edge = math.atanh(SATURATED)
    return normal_cdf((-edge - loc) / scale) + normal_cdf((loc - edge) / scale)


class CorrectionMetrics(NamedTuple):
    """The quantities that the experiment watches, each [*P], float32.

    Attributes:
      actor_loss: The loss of the actor, as in `SACMetrics`.
      critic_loss: The loss of the critics, as in `SACMetrics`.
      entropy: The believed entropy, in nats.
      alpha: The temperature, in reward per nat.
      true_entropy: The true entropy of the policy, averaged over the minibatch, in nats.
      saturation: The probability of a saturated action, averaged over the minibatch.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    true_entropy: tf.Tensor
    saturation: tf.Tensor


@dataclasses.dataclass(frozen=True)
class BelievedEntropy:
    """The `SACConfig.entropy_estimator` of learners that believe a log-density, right or wrong.

    Attributes:
      corrections: The corrections by name, one for each index of the first axis of the learners.
    """

    corrections: tuple[str, ...]

    def __call__(self, policy: SquashedGaussian, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws actions, with what each learner believes to be minus their log-density."""
        draw = policy.sample_with_gaussian(seed=seed)
        u = draw.gaussian
        believed = tf.stack([log_jacobian(c, u[i]) for i, c in enumerate(self.corrections)])
        error = tf.reduce_sum(believed - log_sech_squared(u), axis=-1)
        return draw.action, error - draw.log_prob


class WatchedState(NamedTuple):
    """The state of a `Watched` learner, which is the state of the learner inside."""

    learner: SACState

    def wrapped(self, learner: Learner) -> Learner:
        """Returns the wrapper around a learner."""
        return Watched(learner)


class Watched(Wrapper):
    """A wrapper that also measures the truth about the policy that an update starts from."""

    def __init__(self, learner: Learner):
        super().__init__(learner)
        self.metric_names = CorrectionMetrics._fields

    def init(self, seed: Any) -> WatchedState:
        """Returns a fresh state."""
        return WatchedState(self.learner.init(seed))

    def update(
        self, state: WatchedState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update, with `CorrectionMetrics`."""
        updated = super().update(state, batch, seed=seed, weight=weight)
        policy = self.policy(state, batch.observation)
        metrics = CorrectionMetrics(
            actor_loss=updated.metrics.actor_loss,
            critic_loss=updated.metrics.critic_loss,
            entropy=updated.metrics.entropy,
            alpha=updated.metrics.alpha,
            true_entropy=tf.reduce_mean(policy.entropy(), axis=-1),
            saturation=tf.reduce_mean(saturation(policy.loc, policy.scale), axis=[-2, -1]),
        )
        return updated._replace(metrics=metrics)


def corrected_sac(
    spec: EnvironmentSpec, corrections: Sequence[str], config: SACConfig, batch_shape: Sequence[int]
) -> Watched:
    """Returns SAC in which each learner along the first axis has a correction of its own.

    Args:
      spec: The specification of the environment.
      corrections: The corrections by name, one for each index of the first axis of `batch_shape`.
      config: The hyperparameters.
      batch_shape: `P`, the batch shape of the learners.
    """
    if len(corrections) != batch_shape[0]:
        raise ValueError(f"{corrections} must have one entry for each of {batch_shape[0]}.")
    believed = BelievedEntropy(tuple(corrections))
    config = dataclasses.replace(config, entropy_estimator=believed)
    return Watched(SAC(spec, config, batch_shape))


def start_at(state: WatchedState, means: tf.Tensor) -> WatchedState:
    """Returns a fresh state whose policies have, nearly, the given pre-tanh means everywhere.

    Args:
      state: The fresh state, from `init`.
      means: The pre-tanh means, broadcastable to [*P], float.
    """
    *hidden, last = state.learner.actor
    dimension = last.bias.shape[-1] // 2
    is_location = tf.constant([1.0] * dimension + [0.0] * dimension)
    bias = last.bias + tf.cast(means, tf.float32)[..., None, None] * is_location
    actor = (*hidden, last._replace(bias=bias))
    return WatchedState(state.learner._replace(actor=actor))
