"""PPO learners that differ in what they take the entropy of their bonus to be, in one program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from maxent_tf.distributions import SquashedGaussian
from maxent_tf.learners import PPO, PPOConfig, entropy_estimators
from maxent_tf.specs import EnvironmentSpec


def bonus_entropy(
    estimator: str, distribution: SquashedGaussian, action: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """What an estimator takes the entropy of a squashed Gaussian to be.

    Args:
      estimator: "exact"; "base", of the Gaussian before tanh; "sample", the surprise of an action
        drawn by reparameterisation; or "stored", the surprise of the action that was taken.
      distribution: of batch shape [*P, N].
      action: [*P, N, D], what was taken.
      seed: [2], int32.

    Returns:
      [*P, N], float32, in nats.
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


class ManyBonusesPPO(PPO):
    """PPO in which each learner along the first axis of the batch has an estimator of its own.

    Args:
      spec: of the world, with bounded continuous actions.
      estimators: by name, one for each index of the first axis of `batch_shape`.
      config: hyper-parameters.
      batch_shape: `P`.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        estimators: Sequence[str],
        config: PPOConfig,
        batch_shape: Sequence[int],
    ):
        if len(estimators) != batch_shape[0]:
            raise ValueError(f"{estimators} must have one entry for each of {batch_shape[0]}.")
        super().__init__(spec, config, batch_shape)
        self._estimators = tuple(estimators)

    def bonus_entropy(self, distribution: Any, action: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Each learner's estimate, see `PPO.bonus_entropy`."""
        return tf.stack(
            [
                bonus_entropy(
                    estimator,
                    distribution.copy(loc=distribution.loc[i], scale=distribution.scale[i]),
                    action[i],
                    seed,
                )
                for i, estimator in enumerate(self._estimators)
            ]
        )
