"""SAC that believes a given log-density of its squashed actions, right or wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.distributions.standard_normal import normal_cdf
from maxent_tf.distributions.tanh import log_sech_squared
from maxent_tf.learners import SAC, SACConfig
from maxent_tf.learners.sac import SACState
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition

# The size from which an action, scaled to [-1, 1], counts as saturated.
SATURATED = 0.99


def log_jacobian(correction: str, u: tf.Tensor) -> tf.Tensor:
    """What a correction takes the log-derivative of tanh to be.

    Args:
      correction: "exact", "epsilon" or "none".
      u: [...], float, pre-tanh.
    """
    if correction == "exact":
        return log_sech_squared(u)
    if correction == "epsilon":
        return tf.math.log(1 - tf.square(tf.tanh(u)) + 1e-6)
    if correction == "none":
        return tf.zeros_like(u)
    raise ValueError(f'correction must be "exact", "epsilon" or "none", not {correction!r}.')


def saturation(loc: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """The probability of a saturated action, for each dimension.

    Args:
      loc: [...], float, the pre-tanh Gaussian's mean.
      scale: [...], float, its standard deviation.
    """
    edge = math.atanh(SATURATED)
    return normal_cdf((-edge - loc) / scale) + normal_cdf((loc - edge) / scale)


class CorrectionMetrics(NamedTuple):
    """What the experiment watches, each [*P], float32.

    Attributes:
      actor_loss: as in `SACMetrics`.
      critic_loss: likewise.
      entropy: the believed one, in nats.
      alpha: the temperature, in reward per nat.
      true_entropy: of the policy, averaged over the minibatch, in nats.
      saturation: the probability of a saturated action, averaged likewise.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    true_entropy: tf.Tensor
    saturation: tf.Tensor


class CorrectedSAC(SAC):
    """SAC in which each learner along the first axis of the batch has a correction of its own.

    Args:
      spec: of the world.
      corrections: by name, one for each index of the first axis of `batch_shape`.
      config: hyper-parameters; the entropy estimator is "sample", as in the paper.
      batch_shape: `P`.
    """

    metric_names = CorrectionMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        corrections: Sequence[str],
        config: SACConfig,
        batch_shape: Sequence[int],
    ):
        if len(corrections) != batch_shape[0]:
            raise ValueError(f"{corrections} must have one entry for each of {batch_shape[0]}.")
        super().__init__(spec, config, batch_shape)
        self._corrections = tuple(corrections)

    def draw(self, distribution: Any, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws actions and what each learner believes to be minus their log-density."""
        draw = distribution.sample_with_gaussian(seed=seed)
        u = draw.gaussian
        believed = tf.stack([log_jacobian(c, u[i]) for i, c in enumerate(self._corrections)])
        error = tf.reduce_sum(believed - log_sech_squared(u), axis=-1)
        return draw.action, error - draw.log_prob

    def update(
        self, state: SACState, batch: Transition, seed: Any
    ) -> tuple[SACState, CorrectionMetrics]:
        """One update, see `SAC.update`, with the truth about the policy that it started from."""
        new_state, metrics = super().update(state, batch, seed)
        policy = self.policy(state, batch.observation)
        return new_state, CorrectionMetrics(
            actor_loss=metrics.actor_loss,
            critic_loss=metrics.critic_loss,
            entropy=metrics.entropy,
            alpha=metrics.alpha,
            true_entropy=tf.reduce_mean(policy.entropy(), axis=-1),
            saturation=tf.reduce_mean(saturation(policy.loc, policy.scale), axis=[-2, -1]),
        )


def start_at(state: SACState, means: tf.Tensor) -> SACState:
    """Returns a fresh state whose policies have, nearly, the given pre-tanh means everywhere.

    Args:
      state: from `init`.
      means: broadcastable to [*P], float.
    """
    *hidden, last = state.actor
    dimension = last.bias.shape[-1] // 2
    is_location = tf.constant([1.0] * dimension + [0.0] * dimension)
    bias = last.bias + tf.cast(means, tf.float32)[..., None, None] * is_location
    return state._replace(actor=(*hidden, last._replace(bias=bias)))
