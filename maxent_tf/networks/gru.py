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

    With the gates' inputs from the observation, :math:`x`, and from the memory before the step,
    :math:`u = U m + b`, the memory :math:`m'` after the step is given by

    .. math::
       z = \sigma(x_z + u_z), \quad r = \sigma(x_r + u_r), \quad
       m' = z m + (1 - z) \tanh(x_c + r u_c)

    The dense layers compute the outputs from it.

    Attributes:
      units: H, the size of the memory.
      inputs: The network that computes the 3 H inputs of the three gates from the features of an
        observation.
      layers: The dense layers from the memory to the outputs.

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
        """Returns the memories after one step: [*P, B, H] and [*P, B, in] -> [*P, B, H]."""
        return self._step(params, memory, self.inputs.apply(params.inputs, x))

    def read(self, params: GRUParams, memory: tf.Tensor) -> tf.Tensor:
        """Returns the outputs of a step from the memories after it: [*P, B, H] -> [*P, B, out]."""
        return self.layers.apply(params.layers, memory)

    def unroll(
        self, params: GRUParams, memory: tf.Tensor, x: tf.Tensor, is_first: tf.Tensor
    ) -> tf.Tensor:
        """Returns the memories after each step of a sequence, along which gradients flow.

        Args:
          params: The parameters of the network.
          memory: [*P, T B, H], time before environments: the memory from which the learner acted at
            each step. Only the memories of the first step and of steps that begin an episode are
            used; the others are computed anew.
          x: [*P, T B, in], the features, time before environments.
          is_first: [T, *P, B], bool, whether an episode begins at the step. The flags of the first
            step have no effect.

        Returns:
          The memories, [*P, T B, H].
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
