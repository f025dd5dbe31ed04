"""What the learners from replay share: gradient steps, critics' losses, targets that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import losses, optimizers
from maxent_tf.learners import validation
from maxent_tf.learners.interface import OffPolicy
from maxent_tf.optimizers.learning_rate import expand_to


def check_config(config: Any) -> None:
    """Raises ValueError if a hyper-parameter that all off-policy learners have is out of range."""
    if isinstance(config.network, str):
        validation.one_of("network", config.network, ("mlp",))
    validation.in_range("discount", config.discount, 0, 1)
    validation.in_range("tau", config.tau, 0, 1, above=True)
    for name in ("batch_size", "replay_capacity", "updates_per_step"):
        validation.positive_integer(name, getattr(config, name))
    validation.positive_integer("learning_starts", config.learning_starts, least=0)


def experience(config: Any) -> OffPolicy:
    """Returns what a learner with these hyper-parameters is to be fed with."""
    return OffPolicy(
        config.replay_capacity,
        config.batch_size,
        config.learning_starts,
        config.updates_per_step,
    )


class Step(NamedTuple):
    """What one gradient step leaves behind.

    Attributes:
      params: after the step.
      optimizer: the optimiser's state after it.
      loss: [*P], before it.
      grad_norm: [*P], the global norm of the gradient.
      aux: what else the loss returned.
    """

    params: Any
    optimizer: Any
    loss: tf.Tensor
    grad_norm: tf.Tensor
    aux: Any


def gradient_step(
    loss: Callable[[Any], tuple[tf.Tensor, Any]],
    params: Any,
    optimizer: optimizers.Optimizer,
    optimizer_state: Any,
    batch_ndims: int,
) -> Step:
    """Takes one step of an optimiser against the gradient of a loss.

    Args:
      loss: from the parameters to the learners' losses, [*P], and anything else worth keeping.
      params: any structure of tensors [*P, ...].
      optimizer: what turns gradients into steps.
      optimizer_state: its state.
      batch_ndims: the rank of P.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(params)
        each, aux = loss(params)
        total = tf.reduce_sum(each)
    grads = tape.gradient(total, params)
    norm = optimizers.global_norm(grads, batch_ndims)
    params, optimizer_state = optimizer.update(grads, optimizer_state, params, batch_ndims)
    return Step(params, optimizer_state, each, norm, aux)


def ensemble_loss(q: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Half the mean squared Bellman error, summed over critics.

    Args:
      q: [*P, critics, B], every critic's values.
      target: [*P, B], the target they share.

    Returns:
      [*P].
    """
    each = losses.squared_error_loss(q, target[..., None, :], tf.ones_like(q, tf.bool))
    return tf.reduce_sum(each, axis=-1)


def of_action(q: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
    """The values of the actions taken: [..., B, A] and [..., B], int32 -> [..., B].

    A selection, not a gather, whose gradient would scatter.
    """
    taken = tf.one_hot(action, q.shape[-1], True, False)
    return tf.reduce_sum(tf.where(taken, q, 0), axis=-1)


def follow(target: Any, source: Any, tau: tf.Tensor) -> Any:
    """Moves target parameters by a fraction `tau`, [*P], towards those of the source."""
    return tf.nest.map_structure(
        lambda slow, fast: slow + expand_to(tau, slow, tau.shape.rank) * (fast - slow),
        target,
        source,
    )
