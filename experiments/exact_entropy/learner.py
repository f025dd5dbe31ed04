"""The estimators of the entropy that differ between the learners of one program."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.distributions import SquashedGaussian
from maxent_tf.learners import entropy_estimators


@dataclasses.dataclass(frozen=True)
class ManyEstimators:
    """A `SACConfig.entropy_estimator` with an estimator for each learner along the first axis.

    Attributes:
      names: The names of the estimators, see `entropy_estimators.draw`, one for each index of the
        first axis.
    """

    names: tuple[str, ...]

    def __call__(self, policy: SquashedGaussian, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws actions and the entropy estimates, each part by a rule of its own."""
        drawn = []
        for i, name in enumerate(self.names):
            own = policy.copy(loc=policy.loc[i], scale=policy.scale[i])
            drawn.append(entropy_estimators.draw(own, name, draws.fold_in(seed, i)))
        actions, entropies = zip(*drawn, strict=True)
        return tf.stack(actions), tf.stack(entropies)
