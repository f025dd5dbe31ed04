"""The multilayer perceptron, batched over learners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.networks import dense

ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.tanh}


@dataclass(frozen=True)
class MLP:
    """Dense layers with an activation function between them and none after the last layer.

    Attributes:
      inputs: The number of input features.
      hidden_sizes: The widths of the hidden layers.
      outputs: The number of outputs.
      activation: The activation function, "relu" or "tanh".
      output_gain: The gain of the last layer's orthogonal initialisation. Hidden layers have the
        gain sqrt(2), as is usual in policy optimisation.

    Raises:
      ValueError: If a size is not positive or the activation is unknown.

    References:
      L. Engstrom et al. (2020), "Implementation matters in deep policy gradients",
      https://arxiv.org/abs/2005.12729 (the gains)
    """

    inputs: int
    hidden_sizes: tuple[int, ...]
    outputs: int
    activation: str = "tanh"
    output_gain: float = 1.0

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            object.__setattr__(self, name, checks.as_integer(name, getattr(self, name)))
        sizes = checks.as_sizes("hidden_sizes", self.hidden_sizes)
        object.__setattr__(self, "hidden_sizes", sizes)
        checks.one_of("activation", self.activation, sorted(ACTIVATIONS))
        checks.number("output_gain", self.output_gain)

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> tuple[dense.DenseParams, ...]:
        """Draws parameters, independently for every learner of `batch_shape`.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.

        Returns:
          The parameters of the layers, from first to last.
        """
        sizes = (self.inputs, *self.hidden_sizes, self.outputs)
        seeds = tf.unstack(draws.split(seed, len(sizes) - 1))
        gains = [math.sqrt(2)] * len(self.hidden_sizes) + [self.output_gain]
        return tuple(
            dense.init(layer_seed, batch_shape, inputs, outputs, gain)
            for layer_seed, inputs, outputs, gain in zip(
                seeds, sizes[:-1], sizes[1:], gains, strict=True
            )
        )

    def apply(self, params: tuple[dense.DenseParams, ...], x: tf.Tensor) -> tf.Tensor:
        """Returns the network's outputs: [*P, B, in] -> [*P, B, out]."""
        activation = ACTIVATIONS[self.activation]
        for layer in params[:-1]:
            x = activation(dense.apply(layer, x))
        return dense.apply(params[-1], x)
