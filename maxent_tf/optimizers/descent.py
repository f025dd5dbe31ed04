"""One step of gradient descent on a loss, batched over learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import replicas
from maxent_tf.optimizers.clip import global_norm
from maxent_tf.optimizers.interface import Optimizer


class Descent(NamedTuple):
    """The result of one gradient step.

    Attributes:
      params: The parameters after the step.
      optimizer: The state of the optimiser after the step.
      loss: [*P], the loss before the step.
      grad_norm: [*P], the global norm of the gradient.
      aux: The second result of the loss function.
    """

    params: Any
    optimizer: Any
    loss: tf.Tensor
    grad_norm: tf.Tensor
    aux: Any


def gradient_step(
    loss: Callable[[Any], tuple[tf.Tensor, Any]],
    params: Any,
    optimizer: Optimizer,
    optimizer_state: Any,
    batch_ndims: int,
) -> Descent:
    """Takes one step of an optimiser against the gradient of a loss.

    Args:
      loss: A function from the parameters to the losses of the learners, [*P], and to any other
        result that is to be kept.
      params: The parameters, any structure of tensors [*P, ...].
      optimizer: The optimiser, which turns gradients into steps.
      optimizer_state: The state of the optimiser.
      batch_ndims: The rank of P.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(params)
        each, aux = loss(params)
        total = tf.reduce_sum(each)
    # What the loss does not depend on stays where it is.
    grads = tape.gradient(total, params, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    grads, each = replicas.mean((grads, each))
    norm = global_norm(grads, batch_ndims)
    params, optimizer_state = optimizer.update(grads, optimizer_state, params, batch_ndims)
    return Descent(params, optimizer_state, each, norm, aux)
