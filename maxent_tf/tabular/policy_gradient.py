"""Exact gradient ascent on the logits of a policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.ascent import PolicyAscent, arguments, ascend
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.policy_evaluation import PolicyEvaluation, solvable, visits


def policy_gradient(
    m: TabularMDP,
    logits: Any,
    alpha: Any,
    step_size: Any,
    iterations: int,
    *,
    regularizer: Regularizer = Shannon(),
) -> PolicyAscent:
    r"""Ascends the exact gradient of the regularised return with respect to the logits.

    .. math:: \frac{\partial V^\pi(\mu)}{\partial \theta(s, a)} = d(s) \, \pi(a | s)
              \left(x(s, a) - \langle \pi(s), x(s, \cdot) \rangle\right), \qquad
              x = Q^\pi + \alpha \nabla \Omega(\pi)

    where d are the discounted visits, not normalised, from the process's `initial` distribution mu.

    Args:
      m: The decision process, of batch shape [*M].
      logits: [*B', S, A], float, the first logits.
      alpha: [*K], the temperatures, in reward per nat, at least 0. The entropy is a part of the
        reward, so that later entropy counts too.
      step_size: [*E], the step size, per unit of reward, positive. All batch shapes broadcast.
      iterations: The number of steps.
      regularizer: The regulariser Omega.

    Returns:
      A `PolicyAscent`.

    Raises:
      ValueError: If an argument is out of range or does not broadcast, or if a policy on the way
        has episodes so long that its linear solve finds a singular matrix.

    References:
      J. Mei, C. Xiao, C. Szepesvari, D. Schuurmans (2020), "On the global convergence rates of
      softmax policy gradient methods", lemma 1 and section 4, https://arxiv.org/abs/2005.06392

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.0, initial=[1.0])
    >>> ascent = policy_gradient(m, [[0.0, 0.0]], alpha=0.0, step_size=1.0, iterations=1)
    >>> print(ascent.logits.numpy(), ascent.objective.numpy().round(4))
    [[ 0.25 -0.25]] [0.5    0.6225]
    """
    program = _program(regularizer)
    given = arguments(m, logits, alpha, step_size, iterations)
    with solvable():
        return program(*given)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[..., PolicyAscent]:
    def update(
        m: TabularMDP,
        logits: tf.Tensor,
        evaluation: PolicyEvaluation,
        alpha: tf.Tensor,
        step_size: tf.Tensor,
    ) -> tf.Tensor:
        policy = tf.nn.softmax(logits)
        with tf.GradientTape() as tape:
            tape.watch(policy)
            omega = regularizer.value(policy)
        slope = evaluation.q + alpha[..., None, None] * tape.gradient(omega, policy)
        advantage = slope - tf.reduce_sum(policy * slope, -1, keepdims=True)
        weight = step_size[..., None] * visits(m, policy)
        return logits + weight[..., None] * policy * advantage

    # Not under XLA, whose linear solver on CPUs is a slow QR.
    @tf.function(autograph=False)
    def program(*given: Any) -> PolicyAscent:
        return ascend(given, update, regularizer)

    return program
