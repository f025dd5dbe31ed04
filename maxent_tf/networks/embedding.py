"""The embedding of one-hot observations: a dense layer that looks its rows up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf.axes import times_column
from maxent_tf.checks import as_integer, one_of
from maxent_tf.networks import dense
from maxent_tf.networks.mlp import ACTIVATIONS


@dataclass(frozen=True)
class Embedding:
    """A dense layer with an activation function, for inputs that are one-hot vectors.

    The product of a one-hot vector with a matrix is one of the matrix's rows. Reading the row costs
    a fraction of the product: on a `DeepSea` of 20 rows, a sixth. Passed to a learner as its
    `network`, an embedding is the first hidden layer, in front of those in `hidden_sizes`. It suits
    the finite environments of this package and `Discrete` observations.

    Inputs that are not one-hot vectors give meaningless outputs, or an error of TensorFlow's.

    Attributes:
      inputs: The number of states, which is the length of the one-hot vectors.
      outputs: The number of features.
      activation: The activation function, "relu" or "tanh".

    Raises:
      ValueError: If a number is not positive or the activation is unknown.
    """

    inputs: int
    outputs: int
    activation: str = "relu"

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            object.__setattr__(self, name, as_integer(name, getattr(self, name)))
        one_of("activation", self.activation, sorted(ACTIVATIONS))

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> dense.DenseParams:
        """Draws parameters as the first layer of an `MLP` does, for every learner independently.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.
        """
        return dense.init(seed, batch_shape, self.inputs, self.outputs, math.sqrt(2))

    def apply(self, params: dense.DenseParams, x: tf.Tensor) -> tf.Tensor:
        """Returns the features: [*P, B, in], one-hot -> [*P, B, out]."""
        # A product with a vector: XLA does not form x where it is a broadcast, as argmax would.
        index = times_column(x, tf.range(self.inputs, dtype=tf.float32))
        ndims = params.kernel.shape.rank - 2
        rows = tf.gather(params.kernel, tf.cast(index, tf.int32), axis=ndims, batch_dims=ndims)
        return ACTIVATIONS[self.activation](rows + params.bias)
