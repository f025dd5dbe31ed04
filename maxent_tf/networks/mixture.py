"""A head for mixtures of tanh-squashed Gaussians."""

from __future__ import annotations

import math
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import specs
from maxent_tf.axes import sizes
from maxent_tf.distributions import SquashedGaussianMixture
from maxent_tf.networks.heads import check_bounded_vector, check_initial_stddev


@dataclass(frozen=True)
class SquashedMixtureHead:
    """Weights, locations and log-scales of several tanh-squashed Gaussians over a box.

    Attributes:
      action_spec: the bounded box of actions, of shape [D].
      num_components: K.
      log_std_range: the pre-tanh log standard deviations are clipped to this range, whose gradient
        vanishes beyond it.
      initial_stddev: the pre-tanh standard deviation of each where the network's outputs are 0.

    Raises:
      ValueError: if the box is unbounded or not a vector, the range is empty, or the initial
        standard deviation lies outside it.
    """

    action_spec: specs.Box
    num_components: int
    log_std_range: tuple[float, float]
    initial_stddev: float

    def __post_init__(self) -> None:
        check_bounded_vector(self.action_spec)
        check_initial_stddev(self.initial_stddev, self.log_std_range)

    @property
    def num_outputs(self) -> int:
        """How many outputs the network must have: K (1 + 2 D)."""
        return self.num_components * (1 + 2 * self.action_spec.shape[0])

    def __call__(self, outputs: tf.Tensor) -> SquashedGaussianMixture:
        """The distribution: [*P, B, K (1 + 2 D)] -> batch shape [*P, B], event shape [D]."""
        dimension = self.action_spec.shape[0]
        shape = [*sizes(outputs)[:-1], self.num_components, 1 + 2 * dimension]
        each = tf.reshape(outputs, shape)
        logits, loc, log_std = tf.split(each, [1, dimension, dimension], axis=-1)
        log_std = tf.clip_by_value(log_std + math.log(self.initial_stddev), *self.log_std_range)
        low, high = self.action_spec.bounds()
        return SquashedGaussianMixture(logits[..., 0], loc, tf.exp(log_std), low=low, high=high)
