"""Dense layers that take the features that another network makes of observations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import sizes
from maxent_tf.networks import features
from maxent_tf.networks.interface import Network
from maxent_tf.specs import ObservationSpec


class EncodedParams(NamedTuple):
    """The parameters of an `Encoded`; every tensor has `P` in front."""

    encoder: Any
    layers: tuple[Any, ...]


@dataclass(frozen=True)
class Encoded:
    """A network of the observation, followed by dense layers.

    Like a multilayer perceptron, an `Encoded` takes flat vectors. The features of the observation
    (see `features.flatten`) come first. Behind them come inputs that bypass the encoder and go
    directly to the layers, such as the action of a critic.

    Attributes:
      spec: The spec of the observation.
      encoder: The network that makes features of observations in their own shape.
      layers: The dense layers, which take these features and the inputs that bypass the encoder:
        an `MLP` or a `NoisyMLP`.
    """

    spec: ObservationSpec
    encoder: Network
    layers: Network

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> EncodedParams:
        """Draws parameters, independently for every learner of `batch_shape`.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.
        """
        encoder_seed, layers_seed = tf.unstack(draws.split(seed, 2))
        encoder = self.encoder.init(encoder_seed, (math.prod(batch_shape),))
        return EncodedParams(
            tf.nest.map_structure(lambda x: tf.reshape(x, [*batch_shape, *x.shape[1:]]), encoder),
            self.layers.init(layers_seed, batch_shape),
        )

    def apply(self, params: EncodedParams, x: tf.Tensor) -> tf.Tensor:
        """Returns the outputs: [*P, B, in] -> [*P, B, out].

        The leading axes of `x` may be 1 where those of the parameters are not.
        """
        learners = params.layers[0].kernel.shape[:-2]
        rows = sizes(x)[-2]
        x = tf.broadcast_to(x, [*learners, rows, x.shape[-1]])
        ndims, count = len(learners), math.prod(learners)
        size = features.num_features(self.spec)
        observation = tf.reshape(x[..., :size], [count, rows, size])
        encoded = self.encoder.apply(
            tf.nest.map_structure(
                lambda leaf: tf.reshape(leaf, [count, *leaf.shape[ndims:]]), params.encoder
            ),
            features.unflatten(self.spec, observation),
        )
        encoded = tf.reshape(encoded, [*learners, rows, encoded.shape[-1]])
        return self.layers.apply(params.layers, tf.concat([encoded, x[..., size:]], axis=-1))
