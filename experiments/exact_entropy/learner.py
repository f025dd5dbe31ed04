"""SAC learners that differ in their estimator of the entropy, in one program."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from maxent_tf.learners import SAC, SACConfig
from maxent_tf.specs import EnvironmentSpec


class ManyEstimatorsSAC(SAC):
    """SAC in which each learner along the first axis of the batch has an estimator of its own.

    Args:
      spec: of the world.
      estimators: `SACConfig.entropy_estimator`, one for each index of the first axis.
      config: hyper-parameters, whose estimator is not used.
      batch_shape: `P` behind that axis.

    Attributes:
      parts: a `SAC` for each estimator, of batch shape `batch_shape`.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        estimators: Sequence[str],
        config: SACConfig,
        batch_shape: Sequence[int],
    ):
        super().__init__(spec, config, (len(estimators), *batch_shape))
        self.parts = [
            SAC(spec, dataclasses.replace(config, entropy_estimator=name), batch_shape)
            for name in estimators
        ]

    def draw(self, distribution: Any, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws actions and the entropy estimates, each part by its own rule."""
        draws = []
        for i, part in enumerate(self.parts):
            own = distribution.copy(loc=distribution.loc[i], scale=distribution.scale[i])
            draws.append(part.draw(own, tf.random.fold_in(seed, i)))
        actions, entropies = zip(*draws, strict=True)
        return tf.stack(actions), tf.stack(entropies)
