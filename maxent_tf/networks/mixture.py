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
    """A mixture of tanh-squashed Gaussians over a box, with all parameters from the network.

    Attributes:
      action_spec: The spec of the actions, a bounded box of shape [D].
      num_components: K, the number of components.
      log_std_range: The range to which the log standard deviations of the pre-tanh Gaussians are
        clipped. Their gradients vanish outside the range.
      initial_stddev: The standard deviation of each pre-tanh Gaussian where the network's outputs
        are 0.

    Raises:
      ValueError: If the box is unbounded or not a vector, if the range is empty, or if the initial
        standard deviation lies outside the range.
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
        """The number of outputs that the network must have, K (1 + 2 D)."""
        return self.num_components * (1 + 2 * self.action_spec.shape[0])

    def __call__(self, outputs: tf.Tensor) -> SquashedGaussianMixture:
        """Returns the mixture: [*P, B, K (1 + 2 D)] -> batch shape [*P, B], event shape [D]."""
        dimension = self.action_spec.shape[0]
        shape = [*sizes(outputs)[:-1], self.num_components, 1 + 2 * dimension]
        each = tf.reshape(outputs, shape)
        logits, loc, log_std = tf.split(each, [1, dimension, dimension], axis=-1)
        log_std = tf.clip_by_value(log_std + math.log(self.initial_stddev), *self.log_std_range)
        low, high = self.action_spec.bounds()
        return SquashedGaussianMixture(logits[..., 0], loc, tf.exp(log_std), low=low, high=high)
