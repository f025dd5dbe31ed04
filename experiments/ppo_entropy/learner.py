"""The bonuses that differ in what they take the entropy of a policy to be, in one program."""

from __future__ import annotations

import dataclasses
import math

import tensorflow as tf

from maxent_tf.distributions import SquashedGaussian
from maxent_tf.learners import entropy_estimators


def bonus_entropy(
    estimator: str, distribution: SquashedGaussian, action: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Returns what an estimator takes the entropy of a squashed Gaussian to be.

    Args:
      estimator: "exact"; "base", the entropy of the Gaussian before tanh; "sample", the surprise of
        an action drawn by reparameterisation; or "stored", the surprise of the action that was
        taken.
      distribution: The policy, of batch shape [*P, N].
      action: [*P, N, D], the actions that were taken.
      seed: [2], int32, the seed.

    Returns:
      [*P, N], float32, the entropy, in nats.
    """
    if estimator == "exact":
        return distribution.entropy()
    if estimator == "base":
        each = 0.5 * math.log(2 * math.pi * math.e) + tf.math.log(distribution.scale)
        return tf.reduce_sum(each, axis=-1)
    if estimator == "sample":
        return entropy_estimators.draw(distribution, "sample", seed)[1]
    if estimator == "stored":
        return -distribution.log_prob(action)
    raise ValueError(f'estimator must be "exact", "base", "sample" or "stored", not {estimator!r}.')


@dataclasses.dataclass(frozen=True)
class ManyBonuses:
    """A `PPOConfig.bonus_entropy` with an estimator for each learner along the first axis.

    Attributes:
      estimators: The names of the estimators, see `bonus_entropy`, one for each index of the first
        axis.
    """

    estimators: tuple[str, ...]

    def __call__(
        self, distribution: SquashedGaussian, action: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns each learner's estimate, [*P, N], float32, in nats."""
        return tf.stack(
            [
                bonus_entropy(
                    estimator,
                    distribution.copy(loc=distribution.loc[i], scale=distribution.scale[i]),
                    action[i],
                    seed,
                )
                for i, estimator in enumerate(self.estimators)
            ]
        )
