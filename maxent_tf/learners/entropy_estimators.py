"""The ways in which a reparameterised policy's entropy enters a loss, beside one drawn action."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.distributions import SquashedGaussianMixture

NAMES = ("sample", "exact", "path")


def draw(distribution: Any, estimator: str, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws actions, and the entropy estimates that belong to them.

    Args:
      distribution: A `SquashedGaussian` of batch shape [*P, B].
      estimator: "sample" estimates the entropy by the action's surprise, its negative
        log-likelihood; "exact" is the entropy itself; "path" is the surprise without its score term
        in the gradient (Roeder et al. 2017).
      seed: A seed of shape [2], int32.

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


class Stratified(NamedTuple):
    """One action of every component of a mixture.

    A mean over these actions by `weight` is a mean over the mixture.

    Attributes:
      weight: [*P, B, K], float, the probabilities of the components.
      action: [*P, B, K, D], float, the actions, reparameterised.
      entropy: [*P, B, K], float, nats, the surprise of each action under the whole mixture.
    """

    weight: tf.Tensor
    action: tf.Tensor
    entropy: tf.Tensor


def draw_each(mixture: SquashedGaussianMixture, estimator: str, seed: tf.Tensor) -> Stratified:
    r"""Draws one action from every component of a mixture.

    .. math:: E_{a \sim p} f(a) = \sum_k w_k \, E_{a_k \sim p_k} f(a_k)

    The sum over components is exact, so that its gradient reaches the weights without a score term.
    The gradient through each component is reparameterised.

    Args:
      mixture: The policy, of batch shape [*P, B].
      estimator: "sample" or "path", see `draw`.
      seed: A seed of shape [2], int32.
    """
    u = mixture.components.sample_with_gaussian(seed=seed).gaussian
    density = mixture
    if estimator == "path":
        density = mixture.copy(
            logits=tf.stop_gradient(mixture.logits),
            loc=tf.stop_gradient(mixture.loc),
            scale=tf.stop_gradient(mixture.scale),
        )
    # One draw of each component in front: the mixture's density is asked for a batch of draws.
    rank = u.shape.rank
    in_front = tf.transpose(u, [rank - 2, *range(rank - 2), rank - 1])
    log_prob = density.log_prob_from_gaussian(in_front)
    return Stratified(
        weight=tf.nn.softmax(mixture.logits),
        action=mixture.bounds.squash(u),
        entropy=-tf.transpose(log_prob, [*range(1, rank - 1), 0]),
    )
