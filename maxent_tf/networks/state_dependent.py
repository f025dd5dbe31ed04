"""A network and a head for exploration noise that is a function of the state.

`L` is the number of features of a state, one of which is the constant 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, specs
from maxent_tf.axes import sizes
from maxent_tf.distributions import (
    SquashedGaussian,
    draw_noise_matrix,
    noise_action,
    state_dependent_gaussian,
)
from maxent_tf.networks import dense
from maxent_tf.networks.heads import check_bounded_vector
from maxent_tf.networks.mlp import ACTIVATIONS


class StateDependentParams(NamedTuple):
    """The parameters of a `StateDependentNetwork`.

    Attributes:
      body: The parameters of the network inside.
      location: The parameters of the layer from the features to the policy's location.
      log_scale: [*P, L, D], float32, the log-scales of the entries of the noise matrix.
    """

    body: Any
    location: dense.DenseParams
    log_scale: tf.Tensor


class StateDependentOutputs(NamedTuple):
    """The outputs from which a `StateDependentHead` makes a distribution.

    Attributes:
      loc: [*P, B, D], float32, the location of the pre-tanh Gaussian.
      features: [*P, B, L], float32, the features, through which no gradient flows.
      log_scale: [*P, L, D], float32, the log-scales of the entries of the noise matrix.
    """

    loc: tf.Tensor
    features: tf.Tensor
    log_scale: tf.Tensor


@dataclass(frozen=True)
class StateDependentNetwork:
    """A network whose last hidden layer gives the policy's location and the features of the noise.

    The features are learned for the location alone, as in the authors' code. The constant 1 is one
    of the features of the noise, so that there is noise, and a density, even where all other
    features are 0.

    Attributes:
      body: The network from the inputs to the last hidden layer, before its activation.
      num_features: The number of outputs of `body`.
      dimension: D, the dimension of the action.
      activation: The activation function of the last hidden layer, "relu" or "tanh".
      initial_scale: The initial scale of the entries of the noise matrix.
    """

    body: Any
    num_features: int
    dimension: int
    activation: str
    initial_scale: float

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> StateDependentParams:
        """Draws parameters, independently for every learner; the location starts near 0.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.
        """
        body_seed, location_seed = tf.unstack(draws.split(seed, 2))
        size, dimension = self.num_features, self.dimension
        shape = [*batch_shape, size + 1, dimension]
        return StateDependentParams(
            body=self.body.init(body_seed, batch_shape),
            location=dense.init(location_seed, batch_shape, size, dimension, gain=0.01),
            log_scale=tf.fill(shape, tf.constant(math.log(self.initial_scale), tf.float32)),
        )

    def apply(self, params: StateDependentParams, x: tf.Tensor) -> StateDependentOutputs:
        """Returns the inputs of the head, at observations' features [*P, B, in]."""
        features = ACTIVATIONS[self.activation](self.body.apply(params.body, x))
        seen = tf.concat([features, tf.ones_like(features[..., :1])], axis=-1)
        loc = dense.apply(params.location, features)
        return StateDependentOutputs(loc, tf.stop_gradient(seen), params.log_scale)


@dataclass(frozen=True)
class StateDependentHead:
    """A tanh-squashed Gaussian over a box, whose scale depends on the state's features.

    Attributes:
      action_spec: The spec of the actions, a bounded box of shape [D].
      log_scale_range: The range to which the log-scale of every entry of the noise matrix is
        clipped. Its gradient vanishes outside the range.

    Raises:
      ValueError: If the box is unbounded or not a vector.
    """

    action_spec: specs.Box
    log_scale_range: tuple[float, float]

    def __post_init__(self) -> None:
        check_bounded_vector(self.action_spec)

    def __call__(self, outputs: StateDependentOutputs) -> SquashedGaussian:
        """Returns the distribution over all draws of the noise, of batch shape [*P, B]."""
        scale = self._noise_scale(outputs)[..., None, :, :]
        return state_dependent_gaussian(
            outputs.loc, outputs.features, scale, *self.action_spec.bounds()
        )

    def parameters(self, outputs: StateDependentOutputs) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the location and the scale of the distribution, [*P, B, D] each."""
        distribution = self(outputs)
        return distribution.loc, distribution.scale

    def of(self, parameters: tuple[tf.Tensor, tf.Tensor]) -> SquashedGaussian:
        """Returns the distribution with a location and a scale from `parameters`."""
        return SquashedGaussian(*parameters, *self.action_spec.bounds())

    def sample(self, outputs: StateDependentOutputs, seed: tf.Tensor) -> tf.Tensor:
        """Draws actions, [*P, B, D], by noise matrices from the seed, one for each of the B."""
        scale = self._noise_scale(outputs)
        batch = sizes(outputs.loc)[:-1]
        each = tf.broadcast_to(scale[..., None, :, :], [*batch, *scale.shape[-2:]])
        matrix = draw_noise_matrix(each, seed=seed)
        return noise_action(self(outputs), outputs.features, matrix).action

    def _noise_scale(self, outputs: StateDependentOutputs) -> tf.Tensor:
        return tf.exp(tf.clip_by_value(outputs.log_scale, *self.log_scale_range))
