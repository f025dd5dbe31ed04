"""Maximum-entropy inverse reinforcement learning with a network as the reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.irl.arguments import as_occupancy, check_process
from maxent_tf.irl.causal import Causal
from maxent_tf.irl.visitation import Model
from maxent_tf.optimizers import Adam
from maxent_tf.optimizers.interface import Optimizer
from maxent_tf.tabular import TabularMDP


class NeuralSolution(NamedTuple):
    """A network's reward, fitted to demonstrations.

    Arrays are tensors, float64.

    Attributes:
      params: The parameters of the network, after the last step.
      reward: [S], [S, A] or [S, A, S], float64, the network's reward.
      policy: [S, A], or [T, S, A] with a horizon, the policy of the model under the reward.
      occupancy: [S, A, S], the expected transitions of the policy.
      duals: [steps + 1], the dual before every step, and at the end.
      mismatch: The visits of the model minus those of the demonstrations, in the reward's shape,
        which are the gradient of the dual with respect to the reward.
      gradient_norm: A float, the Euclidean norm of the dual's gradient in the parameters.
      converged: A bool, whether that norm is at most the tolerance. The dual is not convex in the
        parameters, so that this certifies a stationary point and no more.
    """

    params: Any
    reward: tf.Tensor
    policy: tf.Tensor
    occupancy: tf.Tensor
    duals: tf.Tensor
    mismatch: tf.Tensor
    gradient_norm: float
    converged: bool


def maxent_neural(
    m: TabularMDP,
    reward: Callable[[Any], tf.Tensor],
    params: Any,
    demonstrations: Any,
    *,
    model: Model | None = None,
    optimizer: Optimizer | None = None,
    steps: int = 500,
    tolerance: float = 1e-4,
) -> NeuralSolution:
    """Minimises the dual of `maxent` over a network's parameters, by gradient descent.

    The gradient is exact: the difference between the model's and the demonstrated visits,
    back-propagated through the network.

    Args:
      m: The decision process, whose reward is not used.
      reward: The network, a function from parameters to the rewards of all states, [S], on arrival;
        of all states and actions, [S, A]; or of all transitions, [S, A, S].
      params: The first parameters, tensors in any structure.
      demonstrations: The demonstrations, as in `maxent`.
      model: The model of behaviour, `Causal()` if None, or `PathDistribution(horizon=...)`. Without
        a horizon, the first rewards must be low enough for a finite value.
      optimizer: The optimiser, `Adam(1e-2)` if None.
      steps: The largest number of gradient steps.
      tolerance: The norm of the gradient at which the descent stops.

    Returns:
      A `NeuralSolution`.

    Raises:
      ValueError: If the network's output has another shape, the demonstrations are malformed, or
        a reward or the value is not finite at some step.

    References:
      M. Wulfmeier, P. Ondruska, I. Posner (2015), "Maximum entropy deep inverse reinforcement
      learning", https://arxiv.org/abs/1507.04888

    >>> m = TabularMDP([[[1.0], [1.0]]], [[0.0, 0.0]], 0.5, [1.0], terminal=[False])
    >>> fit = maxent_neural(
    ...     m, lambda w: tf.stack([w, -w])[None], tf.constant(0.0), [[1.5, 0.5]])
    >>> print(fit.policy.numpy().round(3), fit.converged)
    [[0.75 0.25]] True
    """
    check_process(m)
    demonstrated = as_occupancy(m, demonstrations)
    model = Causal() if model is None else model
    optimizer = Adam(1e-2) if optimizer is None else optimizer
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}.")

    state, duals = optimizer.init(params), []
    for step in range(steps + 1):
        with tf.GradientTape() as tape:
            tape.watch(params)
            table = reward(params)
            full = tf.cast(table, tf.float64)[_axes(m, table)]
        if not np.isfinite(table).all():
            raise ValueError(f"reward must be finite, but is not at step {step}: {table}.")
        visits = model.solve(m, full)
        difference = visits.occupancy - demonstrated
        dual = float(visits.value) - float(tf.reduce_sum(demonstrated * full))
        if not np.isfinite(dual):
            raise ValueError(
                f"reward must give a finite value, not {dual} at step {step}: take lower rewards "
                "to begin with, a smaller learning rate, or a horizon."
            )
        duals.append(dual)
        summed = [i for i in range(3) if full.shape[i] == 1]
        mismatch = tf.reshape(tf.reduce_sum(difference, summed), table.shape)
        grads = tape.gradient(table, params, output_gradients=tf.cast(mismatch, table.dtype))
        norm = float(tf.linalg.global_norm(tf.nest.flatten(grads)))
        if norm <= tolerance or step == steps:
            break
        params, state = optimizer.update(grads, state, params)
    return NeuralSolution(
        params=params,
        reward=tf.cast(table, tf.float64),
        policy=visits.policy,
        occupancy=visits.occupancy,
        duals=tf.constant(duals, tf.float64),
        mismatch=mismatch,
        gradient_norm=norm,
        converged=norm <= tolerance,
    )


def _axes(m: TabularMDP, table: tf.Tensor) -> tuple[Any, ...]:
    """Returns the index that makes a reward broadcast over [S, A, S]."""
    states, actions = m.num_states, m.num_actions
    if table.shape == [states]:
        return (None, None)
    if table.shape == [states, actions]:
        return (..., None)
    if table.shape == [states, actions, states]:
        return (...,)
    raise ValueError(
        f"reward must return shape [{states}], [{states}, {actions}] or "
        f"[{states}, {actions}, {states}], not {list(table.shape)}."
    )
