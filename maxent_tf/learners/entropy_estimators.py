"""How the entropy of a reparameterised policy enters a loss together with one action drawn."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

NAMES = ("sample", "exact", "path")


def draw(distribution: Any, estimator: str, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws actions and entropy estimates that belong to them.

    Args:
      distribution: a `SquashedGaussian` of batch shape [*P, B].
      estimator: "sample", the surprise of the action; "exact", the entropy itself; or "path", the
        surprise without its score term in the gradient (Roeder et al. 2017).
      seed: [2], int32.

    Returns:
      Actions, [*P, B, D], and entropies in nats, [*P, B].

    References:
      G. Roeder, Y. Wu, D. Duvenaud (2017), "Sticking the landing: simple, lower-variance gradient
      estimators for variational inference", https://arxiv.org/abs/1703.09194
    """
    if estimator == "exact":
        return distribution.sample(seed=seed), distribution.entropy()
    draw = distribution.sample_with_gaussian(seed=seed)
    if estimator == "sample":
        return draw.action, -draw.log_prob
    # The same density, whose gradient flows through the action alone.
    fixed = distribution.copy(
        loc=tf.stop_gradient(distribution.loc), scale=tf.stop_gradient(distribution.scale)
    )
    return draw.action, -fixed.log_prob_from_gaussian(draw.gaussian)
