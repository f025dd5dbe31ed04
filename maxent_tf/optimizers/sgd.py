"""The optimiser SGD: plain gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.optimizers.learning_rate import (
    LearningRate,
    check_learning_rate,
    expand_to,
    learning_rate_at,
)


class SGDState(NamedTuple):
    """The state of `SGD`.

    Attributes:
      step: [], int32, the number of updates made.
    """

    step: tf.Tensor


@dataclass(frozen=True, eq=False)
class SGD:
    r"""Gradient descent without momentum: theta <- theta - eta g.

    Attributes:
      learning_rate: The learning rate eta: a number, a tensor broadcastable to the batch shape P of
        the learners, or a schedule, which is a function from the number of updates made to such a
        value.

    Raises:
      ValueError: If the learning rate is negative or not finite.

    >>> optimizer = SGD(0.5)
    >>> params = tf.constant(1.0)
    >>> params, state = optimizer.update(tf.constant(4.0), optimizer.init(params), params)
    >>> float(params)
    -1.0
    """

    learning_rate: LearningRate

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)

    def init(self, params: Any) -> SGDState:
        """Returns the state before the first update; the parameters do not matter."""
        del params
        return SGDState(tf.zeros([], tf.int32))

    def update(
        self, grads: Any, state: SGDState, params: Any, batch_ndims: int = 0
    ) -> tuple[Any, SGDState]:
        """Returns the parameters and the state after one step against the gradients.

        Args:
          grads: The gradients, structured and shaped as `params`.
          state: The state from `init` or from the previous `update`.
          params: The parameters, any structure of tensors [*P, ...].
          batch_ndims: The rank of P; used if the learning rate is a tensor.

        Raises:
          ValueError: If the learning rate has more axes than P.
        """
        dtype = tf.nest.flatten(params)[0].dtype
        rate = learning_rate_at(self.learning_rate, state.step, dtype)
        params = tf.nest.map_structure(
            lambda p, g: p - expand_to(rate, p, batch_ndims) * g, params, grads
        )
        return params, SGDState(state.step + 1)
