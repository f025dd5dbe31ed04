"""The optimiser Adam."""

from __future__ import annotations

import math
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


class AdamState(NamedTuple):
    """The state of `Adam`.

    Attributes:
      step: [], int32, the number of updates made.
      first_moment: The running means of the gradients, structured as the parameters.
      second_moment: The running means of the squared gradients, structured as the parameters.
    """

    step: tf.Tensor
    first_moment: Any
    second_moment: Any


@dataclass(frozen=True, eq=False)
class Adam:
    r"""Adam, with the bias correction in the step size as in Keras.

    .. math::
       m &\leftarrow m + (1 - \beta_1)(g - m), \qquad v \leftarrow v + (1 - \beta_2)(g^2 - v) \\
       \theta &\leftarrow \theta - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}
                 \frac{m}{\sqrt v + \epsilon}

    Epsilon is added to the root of the *uncorrected* moment (Kingma and Ba's "epsilon hat").
    PyTorch adds it to the root of the corrected moment. The two agree from about step
    1 / (1 - beta_2) on. Before, an epsilon here has the effect of a larger epsilon there, by a
    factor of up to 1 / sqrt(1 - beta_2).

    Attributes:
      learning_rate: The learning rate eta: a number, a tensor broadcastable to the batch shape P of
        the learners, or a schedule, which is a function from the number of updates made to such a
        value.
      beta_1: The decay of the mean of gradients, in [0, 1).
      beta_2: The decay of the mean of squared gradients, in [0, 1).
      epsilon: A positive number, in units of the gradient. Keras's default is 1e-7.

    Raises:
      ValueError: If an attribute is out of range.

    References:
      D. Kingma and J. Ba (2015), "Adam: a method for stochastic optimization", algorithm 1 and the
      text after it, https://arxiv.org/abs/1412.6980

    >>> optimizer = Adam(0.5)
    >>> params = {"w": tf.constant([1.0, 1.0])}
    >>> params, state = optimizer.update(
    ...     {"w": tf.constant([5.0, -5.0])}, optimizer.init(params), params)
    >>> print(params["w"].numpy().round(3))
    [0.5 1.5]
    """

    learning_rate: LearningRate
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_learning_rate(self.learning_rate)
        for name in ("beta_1", "beta_2", "epsilon"):
            checks.number(name, getattr(self, name))
        for name in ("beta_1", "beta_2"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), not {getattr(self, name)}.")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be positive, not {self.epsilon}.")

    def init(self, params: Any) -> AdamState:
        """Returns the state before the first update."""
        zeros = tf.nest.map_structure(tf.zeros_like, params)
        return AdamState(tf.zeros([], tf.int32), zeros, zeros)

    def update(
        self, grads: Any, state: AdamState, params: Any, batch_ndims: int = 0
    ) -> tuple[Any, AdamState]:
        """Returns the parameters and the state after one step against the gradients.

        Args:
          grads: The gradients, structured and shaped as `params`.
          state: The state from `init` or from the previous `update`.
          params: The parameters, any structure of tensors [*P, ...].
          batch_ndims: The rank of P; used if the learning rate is a tensor.

        Raises:
          ValueError: If the learning rate has more axes than P.
        """
        step = state.step + 1
        dtype = tf.nest.flatten(params)[0].dtype
        # 1 - beta^t by expm1: at beta_2 = .999 the difference itself loses four digits in float32.
        t = tf.cast(step, dtype)
        debias_1 = -tf.math.expm1(t * _log(self.beta_1))
        debias_2 = -tf.math.expm1(t * _log(self.beta_2))
        rate = learning_rate_at(self.learning_rate, state.step, dtype)
        rate *= tf.sqrt(debias_2) / debias_1

        first = tf.nest.map_structure(
            lambda m, g: m + (1 - self.beta_1) * (g - m), state.first_moment, grads
        )
        second = tf.nest.map_structure(
            lambda v, g: v + (1 - self.beta_2) * (g * g - v), state.second_moment, grads
        )
        params = tf.nest.map_structure(
            lambda p, m, v: p - expand_to(rate, p, batch_ndims) * m / (tf.sqrt(v) + self.epsilon),
            params,
            first,
            second,
        )
        return params, AdamState(step, first, second)


def _log(beta: float) -> float:
    return math.log(beta) if beta > 0 else -math.inf
