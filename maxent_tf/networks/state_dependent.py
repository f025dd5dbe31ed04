"""A network and a head for noise that is a function of the state.

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
    """Parameters of a `StateDependentNetwork`.

    Attributes:
      body: those of the network inside.
      location: of the layer from features to the policy's location.
      log_scale: [*P, L, D], float32, of the noise matrix.
    """

    body: Any
    location: dense.DenseParams
    log_scale: tf.Tensor


class StateDependentOutputs(NamedTuple):
    """What a `StateDependentHead` makes a distribution of.

    Attributes:
      loc: [*P, B, D], float32, of the pre-tanh Gaussian.
      features: [*P, B, L], float32, through which no gradient flows.
      log_scale: [*P, L, D], float32, of the noise matrix.
    """

    loc: tf.Tensor
    features: tf.Tensor
    log_scale: tf.Tensor


@dataclass(frozen=True)
class StateDependentNetwork:
    """A network whose last hidden layer is read out twice: for the location, and by the noise.

    The features are learned for the location alone, as in the authors' code. Among those that the
    noise sees is the constant 1: where all others are 0 there is noise still, and a density.

    Attributes:
      body: from inputs to the last hidden layer before its activation.
      num_features: how many outputs it has.
      dimension: D.
      activation: of the last hidden layer, "relu" or "tanh".
      initial_scale: of the entries of the noise matrix.
    """

    body: Any
    num_features: int
    dimension: int
    activation: str
    initial_scale: float

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> StateDependentParams:
        """Draws parameters, independently for every learner; the location starts near 0.

        Args:
          seed: [2], int32.
          batch_shape: `P`.
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
        """What the head takes, at inputs [*P, B, in]."""
        features = ACTIVATIONS[self.activation](self.body.apply(params.body, x))
        seen = tf.concat([features, tf.ones_like(features[..., :1])], axis=-1)
        loc = dense.apply(params.location, features)
        return StateDependentOutputs(loc, tf.stop_gradient(seen), params.log_scale)


@dataclass(frozen=True)
class StateDependentHead:
    """A tanh-squashed Gaussian over a box, whose scale the state's features give.

    Attributes:
      action_spec: the bounded box of actions, of shape [D].
      log_scale_range: the log-scale of every entry of the noise matrix is clipped to this range,
        whose gradient vanishes beyond it.

    Raises:
      ValueError: if the box is unbounded or not a vector.
    """

    action_spec: specs.Box
    log_scale_range: tuple[float, float]

    def __post_init__(self) -> None:
        check_bounded_vector(self.action_spec)

    def __call__(self, outputs: StateDependentOutputs) -> SquashedGaussian:
        """The distribution over all draws of the noise, of batch shape [*P, B]."""
        scale = self._noise_scale(outputs)[..., None, :, :]
        return state_dependent_gaussian(
            outputs.loc, outputs.features, scale, *self.action_spec.bounds()
        )

    def parameters(self, outputs: StateDependentOutputs) -> tuple[tf.Tensor, tf.Tensor]:
        """Location and scale of the distribution, [*P, B, D] each: what changes with the state."""
        distribution = self(outputs)
        return distribution.loc, distribution.scale

    def of(self, parameters: tuple[tf.Tensor, tf.Tensor]) -> SquashedGaussian:
        """The distribution with a location and a scale, see `parameters`."""
        return SquashedGaussian(*parameters, *self.action_spec.bounds())

    def sample(self, outputs: StateDependentOutputs, seed: tf.Tensor) -> tf.Tensor:
        """Actions, [*P, B, D], by noise matrices that follow from the seed, one for each of B."""
        scale = self._noise_scale(outputs)
        batch = sizes(outputs.loc)[:-1]
        each = tf.broadcast_to(scale[..., None, :, :], [*batch, *scale.shape[-2:]])
        matrix = draw_noise_matrix(each, seed=seed)
        return noise_action(self(outputs), outputs.features, matrix).action

    def _noise_scale(self, outputs: StateDependentOutputs) -> tf.Tensor:
        return tf.exp(tf.clip_by_value(outputs.log_scale, *self.log_scale_range))
