"""Gated recurrent units, batched over learners, stepped one by one or over a whole rollout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

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
      memory_at: where among the inputs the memory begins.
      features_at: where among them the observation's features begin, up to the last of them.
      inputs: makes the three gates' 3 H inputs of these features.
      layers: from the memory to the outputs.

    References:
      K. Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder for
      statistical machine translation", https://arxiv.org/abs/1406.1078; in the form of cuDNN and
      Keras, where the reset gate multiplies :math:`u_c`.
    """

    units: int
    memory_at: int
    features_at: int
    inputs: Network
    layers: MLP

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> GRUParams:
        """Draws parameters, independently for every learner of `batch_shape`."""
        seeds = tf.unstack(tf.random.split(seed, 3))
        return GRUParams(
            self.inputs.init(seeds[0], batch_shape),
            dense.init(seeds[1], batch_shape, self.units, 3 * self.units, gain=1.0),
            self.layers.init(seeds[2], batch_shape),
        )

    def apply(self, params: GRUParams, x: tf.Tensor) -> tf.Tensor:
        """The outputs of one step: [*P, B, in], memories among them -> [*P, B, out]."""
        return self.layers.apply(params.layers, self.remember(params, x))

    def remember(self, params: GRUParams, x: tf.Tensor) -> tf.Tensor:
        """The memories after one step: [*P, B, in] -> [*P, B, H]."""
        return self._step(params, self._memory(x), self._gates(params, x))

    def unroll(self, params: GRUParams, x: tf.Tensor, begins: tf.Tensor) -> tf.Tensor:
        """The outputs of a whole rollout, along which gradients flow.

        Args:
          params: of the network.
          x: [*P, T B, in], time before worlds; of their memories only the first step's are looked
            at.
          begins: [*P, T, B], bool, where an episode begins, at an empty memory; the first step's
            count for nothing.

        Returns:
          [*P, T B, out].
        """
        *learners, length, worlds = begins.shape
        ndims = len(learners)
        gates = tf.reshape(self._gates(params, x), [*learners, length, worlds, 3 * self.units])
        gates = tf.transpose(gates, [ndims, *range(ndims), ndims + 1, ndims + 2])
        goes_on = tf.cast(tf.transpose(~begins, [ndims, *range(ndims), ndims + 1]), x.dtype)
        goes_on = tf.concat([tf.ones_like(goes_on[:1]), goes_on[1:]], axis=0)

        def step(memory: tf.Tensor, at: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            gates, goes_on = at
            return self._step(params, goes_on[..., None] * memory, gates)

        first = self._memory(x)[..., :worlds, :]
        memories = tf.scan(step, (gates, goes_on), initializer=first)
        memories = tf.transpose(memories, [*range(1, ndims + 1), 0, ndims + 1, ndims + 2])
        memories = tf.reshape(memories, [*learners, length * worlds, self.units])
        return self.layers.apply(params.layers, memories)

    def _memory(self, x: tf.Tensor) -> tf.Tensor:
        return x[..., self.memory_at : self.memory_at + self.units]

    def _gates(self, params: GRUParams, x: tf.Tensor) -> tf.Tensor:
        return self.inputs.apply(params.inputs, x[..., self.features_at :])

    def _step(self, params: GRUParams, memory: tf.Tensor, gates: tf.Tensor) -> tf.Tensor:
        z_x, r_x, c_x = tf.split(gates, 3, axis=-1)
        z_u, r_u, c_u = tf.split(dense.apply(params.recurrent, memory), 3, axis=-1)
        z, r = tf.sigmoid(z_x + z_u), tf.sigmoid(r_x + r_u)
        return z * memory + (1 - z) * tf.tanh(c_x + r * c_u)
