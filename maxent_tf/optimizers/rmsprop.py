"""The optimiser RMSProp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import checks
from maxent_tf.optimizers.learning_rate import (
    LearningRate,
    check_learning_rate,
    expand_to,
    learning_rate_at,
)


class RMSPropState(NamedTuple):
    """The state of `RMSProp`.

    Attributes:
      step: [], int32, the number of updates made.
      second_moment: The running means of the squared gradients, structured as the parameters.
    """

    step: tf.Tensor
    second_moment: Any


@dataclass(frozen=True, eq=False)
class RMSProp:
    r"""RMSProp: steps scaled by the root of a running mean of the squared gradients, as in Keras.

    .. math::
       v \leftarrow v + (1 - \rho)(g^2 - v), \qquad
       \theta \leftarrow \theta - \eta \frac{g}{\sqrt{v + \epsilon}}

    Epsilon is *inside* the root, as in TensorFlow and in the original A3C. PyTorch adds epsilon
    outside the root, where sqrt(epsilon) has a similar effect.

    Attributes:
      learning_rate: The learning rate eta: a number, a tensor broadcastable to the batch shape P of
        the learners, or a schedule, which is a function from the number of updates made to such a
        value.
      rho: The decay of the mean, in [0, 1).
      epsilon: A positive number, in units of the squared gradient.

    Raises:
      ValueError: If an attribute is out of range.

    References:
      T. Tieleman and G. Hinton (2012), lecture 6.5 of "Neural networks for machine learning";
      V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", section 4,
      https://arxiv.org/abs/1602.01783

    >>> optimizer = RMSProp(0.1, rho=0.75)
    >>> params = tf.constant(1.0)
    >>> params, state = optimizer.update(tf.constant(5.0), optimizer.init(params), params)
    >>> round(float(params), 6)
    0.8
    """

    learning_rate: LearningRate
    rho: float = 0.9
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        for name in ("rho", "epsilon"):
            checks.number(name, getattr(self, name))
        if not 0 <= self.rho < 1:
            raise ValueError(f"rho must be in [0, 1), not {self.rho}.")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be positive, not {self.epsilon}.")

    def init(self, params: Any) -> RMSPropState:
        """Returns the state before the first update."""
        return RMSPropState(tf.zeros([], tf.int32), tf.nest.map_structure(tf.zeros_like, params))

    def update(
        self, grads: Any, state: RMSPropState, params: Any, batch_ndims: int = 0
    ) -> tuple[Any, RMSPropState]:
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
        second = tf.nest.map_structure(
            lambda v, g: v + (1 - self.rho) * (g * g - v), state.second_moment, grads
        )
        params = tf.nest.map_structure(
            lambda p, g, v: (
                p - expand_to(rate, p, batch_ndims) * g * tf.math.rsqrt(v + self.epsilon)
            ),
            params,
            grads,
            second,
        )
        return params, RMSPropState(state.step + 1, second)
