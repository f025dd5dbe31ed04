"""The action that a policy prefers, for acting without exploration."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from maxent_tf.distributions.pushforward import Pushforward
from maxent_tf.distributions.squashed_gaussian import SquashedGaussian
from maxent_tf.distributions.squashed_mixture import SquashedGaussianMixture
from maxent_tf.distributions.squashed_multivariate import SquashedMultivariateGaussian


@functools.singledispatch
def greedy_action(distribution: Any) -> tf.Tensor:
    """Returns the action to take without exploration.

    For discrete actions it is the mode. For squashed Gaussians it is the median, which is the
    squashed location, as is usual when SAC is evaluated: the mode may lie at a bound, far from most
    of the probability, and the mean is not an action that the policy prefers. Register a type of
    your own with `greedy_action.register`; the default is the `mode` of the distribution.

    Args:
      distribution: A distribution of batch shape [...].

    Returns:
      The actions, [..., *event], of the distribution's dtype.

    >>> greedy_action(SquashedGaussian(loc=[0.0], scale=[3.0])).numpy().tolist()
    [0.0]
    """
    return distribution.mode()


@greedy_action.register(SquashedGaussian)
@greedy_action.register(SquashedMultivariateGaussian)
def _median(distribution: Any) -> tf.Tensor:
    return distribution.median()


@greedy_action.register(SquashedGaussianMixture)
def _median_of_the_likeliest(distribution: SquashedGaussianMixture) -> tf.Tensor:
    # The median of the whole may lie between two modes, where nothing is.
    likeliest = tf.argmax(distribution.logits, axis=-1)
    loc = tf.gather(distribution.loc, likeliest, axis=-2, batch_dims=likeliest.shape.rank)
    return distribution.bounds.squash(loc)


@greedy_action.register(Pushforward)
def _centre(distribution: Pushforward) -> tf.Tensor:
    return distribution.centre()
