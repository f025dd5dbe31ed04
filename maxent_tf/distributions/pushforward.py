"""A distribution that is given only by how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf import draws
from maxent_tf.distributions.arguments import draw_seed


class Pushforward(tfd.Distribution):
    """The distribution of a function of standard normal noise.

    Its density is unknown: `log_prob`, `entropy` and the like raise `NotImplementedError`.

    Args:
      push: The function, from noise, [..., n, D] with the batch shape in front, to as many draws,
        [..., n, D].
      batch_shape: The batch shape of the distribution: integers, and int32 scalars for lengths that
        are not known statically.
      event_size: D, the dimension of a draw.
      name: The name of the operations in the graph.

    >>> doubled = Pushforward(lambda noise: 2 * noise, batch_shape=[3], event_size=1)
    >>> doubled.sample(5, seed=0).shape
    TensorShape([5, 3, 1])
    >>> doubled.centre().numpy().tolist()
    [[0.0], [0.0], [0.0]]
    """

    def __init__(
        self,
        push: Callable[[tf.Tensor], tf.Tensor],
        batch_shape: Sequence[int | tf.Tensor],
        event_size: int,
        name: str = "Pushforward",
    ):
        self._push = push
        self._batch = list(batch_shape)
        self._size = event_size
        super().__init__(
            dtype=tf.float32,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters={
                "push": push,
                "batch_shape": batch_shape,
                "event_size": event_size,
                "name": name,
            },
            name=name,
        )

    def centre(self) -> tf.Tensor:
        """Returns the image of the noise's mean, 0: [..., D]."""
        noise = tf.zeros([*self._batch, 1, self._size])
        return tf.squeeze(self._push(noise), axis=-2)

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: int | None = None) -> dict[str, Any]:
        return {}

    def _batch_shape(self) -> tf.TensorShape:
        return tf.TensorShape([tf.get_static_value(n) for n in self._batch])

    def _batch_shape_tensor(self) -> tf.Tensor:
        return tf.convert_to_tensor(self._batch, tf.int32)

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape([self._size])

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant([self._size])

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        shape = [*self._batch, n if tf.get_static_value(n) is None else int(n), self._size]
        drawn = self._push(draws.normal(shape, draw_seed(seed)))
        rank = len(shape)
        return tf.transpose(drawn, [rank - 2, *range(rank - 2), rank - 1])
