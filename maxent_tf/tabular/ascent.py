"""The loop that policy gradients share: evaluate exactly, change the logits, repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.policy_evaluation import PolicyEvaluation, as_table, evaluate


class PolicyAscent(NamedTuple):
    """The result of exact gradient ascent.

    Attributes:
      logits: [*B, S, A], float64, the last logits; -inf for illegal actions.
      policy: [*B, S, A], float64, the softmax of the logits.
      q: [*B, S, A], float64, the regularised action values of the policy.
      v: [*B, S], float64, the regularised values of the policy.
      objective: [iterations + 1, *B], float64, the expectation of the values in the first state,
        before the first step and after each step.
    """

    logits: tf.Tensor
    policy: tf.Tensor
    q: tf.Tensor
    v: tf.Tensor
    objective: tf.Tensor


# From the logits, their evaluation, alpha and the step size to the next logits.
Update = Callable[[TabularMDP, tf.Tensor, PolicyEvaluation, tf.Tensor, tf.Tensor], tf.Tensor]

# The process, the logits, alpha, the step size and the number of iterations.
Arguments = tuple[TabularMDP, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]


def arguments(m: TabularMDP, logits: Any, alpha: Any, step_size: Any, iterations: int) -> Arguments:
    """Returns the arguments of a compiled `ascend` as tensors of one batch shape.

    Raises:
      ValueError: If an argument is out of range or does not broadcast.
    """
    step_size = backups.as_float64(step_size)
    known = tf.get_static_value(step_size)
    if known is not None and not np.all((known > 0) & np.isfinite(known)):
        raise ValueError(f"step_size must be positive and finite, not {known}.")
    if iterations < 0:
        raise ValueError(f"iterations must be at least 0, not {iterations}.")
    alpha = backups.as_alpha(m, alpha)
    alpha = tf.broadcast_to(alpha, tf.broadcast_static_shape(alpha.shape, step_size.shape))
    logits, alpha = as_table(m, "logits", logits, alpha)
    logits = legal_logits(m, logits)
    step_size = tf.broadcast_to(step_size, alpha.shape)
    return m, logits, alpha, step_size, tf.constant(iterations, tf.int32)


def legal_logits(m: TabularMDP, logits: tf.Tensor) -> tf.Tensor:
    """Returns logits, [*B, S, A], -inf for illegal actions."""
    infinite = tf.constant(-np.inf, logits.dtype)
    return logits if m.mask is None else tf.where(m.mask, logits, infinite)


def ascend(given: Arguments, update: Update, regularizer: Regularizer) -> PolicyAscent:
    """Applies `update` as many times as given, with an exact evaluation before each."""
    m, logits, alpha, step_size, iterations = given

    def assess(logits: tf.Tensor) -> PolicyEvaluation:
        return evaluate(m, tf.nn.softmax(logits), alpha, regularizer)

    def step(
        t: tf.Tensor, logits: tf.Tensor, objective: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        evaluation = assess(logits)
        objective = objective.write(t, evaluation.objective)
        return t + 1, update(m, logits, evaluation, alpha, step_size), objective

    history = tf.TensorArray(tf.float64, size=iterations + 1, element_shape=alpha.shape)
    _, logits, history = tf.while_loop(
        lambda t, *_: t < iterations, step, (tf.constant(0), logits, history)
    )
    last = assess(logits)
    return PolicyAscent(
        logits=logits,
        policy=tf.nn.softmax(logits),
        q=last.q,
        v=last.v,
        objective=history.write(iterations, last.objective).stack(),
    )
