"""Gated recurrent units, batched over learners, stepped one by one or over a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import merge_time, select, split_time
from maxent_tf.networks import dense
from maxent_tf.networks.interface import Network
from maxent_tf.networks.mlp import MLP


class GRUParams(NamedTuple):
    """Parameters of a `GRU`; `P` in front of every tensor."""

    inputs: Any
    recurrent: dense.DenseParams
    layers: tuple[dense.DenseParams, ...]


@dataclass(frozen=True)
class GRU:
    r"""A recurrent layer between the features of an observation and dense layers.

    With gates of the observation, :math:`x`, and of the memory before it, :math:`u = U m + b`,

    .. math::
       z = \sigma(x_z + u_z), \quad r = \sigma(x_r + u_r), \quad
       m' = z m + (1 - z) \tanh(x_c + r u_c)

    is the memory after it, of which the dense layers make the outputs.

    Attributes:
      units: H, the size of the memory.
      inputs: makes the three gates' 3 H inputs of an observation's features.
      layers: from the memory to the outputs.

    References:
      K. Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder for
      statistical machine translation", https://arxiv.org/abs/1406.1078; in the form of cuDNN and
      Keras, where the reset gate multiplies :math:`u_c`.
    """

    units: int
    inputs: Network
    layers: MLP

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> GRUParams:
        """Draws parameters, independently for every learner of `batch_shape`."""
        seeds = tf.unstack(draws.split(seed, 3))
        return GRUParams(
            self.inputs.init(seeds[0], batch_shape),
            dense.init(seeds[1], batch_shape, self.units, 3 * self.units, gain=1.0),
            self.layers.init(seeds[2], batch_shape),
        )

    def remember(self, params: GRUParams, memory: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """The memories after one step: [*P, B, H] and [*P, B, in] -> [*P, B, H]."""
        return self._step(params, memory, self.inputs.apply(params.inputs, x))

    def read(self, params: GRUParams, memory: tf.Tensor) -> tf.Tensor:
        """The outputs of a step, from the memories after it: [*P, B, H] -> [*P, B, out]."""
        return self.layers.apply(params.layers, memory)

    def unroll(
        self, params: GRUParams, memory: tf.Tensor, x: tf.Tensor, is_first: tf.Tensor
    ) -> tf.Tensor:
        """The memories after each step of a sequence, along which gradients flow.

        Args:
          params: of the network.
          memory: [*P, T B, H], time before worlds: the memory that each step was acted from. Those
            of the first step and where an episode begins are used; the others are made anew.
          x: [*P, T B, in], likewise.
          is_first: [T, *P, B], bool, where an episode begins; the first step's count for nothing.

        Returns:
          [*P, T B, H].
        """
        ndims, length = is_first.shape.rank - 2, is_first.shape[0]
        gates = split_time(self.inputs.apply(params.inputs, x), ndims, length)
        acted_from = split_time(memory, ndims, length)

        def step(memory: tf.Tensor, at: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tf.Tensor:
            gates, acted_from, is_first = at
            return self._step(params, select(is_first, acted_from, memory), gates)

        memories = tf.scan(step, (gates, acted_from, is_first), initializer=acted_from[0])
        return merge_time(memories, ndims)

    def _step(self, params: GRUParams, memory: tf.Tensor, gates: tf.Tensor) -> tf.Tensor:
        z_x, r_x, c_x = tf.split(gates, 3, axis=-1)
        z_u, r_u, c_u = tf.split(dense.apply(params.recurrent, memory), 3, axis=-1)
        z, r = tf.sigmoid(z_x + z_u), tf.sigmoid(r_x + r_u)
        return z * memory + (1 - z) * tf.tanh(c_x + r * c_u)
