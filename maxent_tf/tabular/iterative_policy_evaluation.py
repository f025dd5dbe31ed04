"""The evaluation of policies by iteration, for state spaces too large for linear solves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.policy_evaluation import as_policy
from maxent_tf.tabular.solution import Problem, Progress, advance, iterate, pose


class IterativeEvaluation(NamedTuple):
    """The regularised values of a policy, with a status.

    Attributes:
      q: [*B, S, A], float64, the action values: one backup from `v`.
      v: [*B, S], float64, the state values; 0 in terminal states.
      objective: [*B], float64, the expectation of `v` in the first state.
      iterations: [*B], int32, the number of iterations made.
      residual: [*B], float64, the largest change of a value in the last backup.
      error_bound: [*B], float64, a bound on the difference between `v` and the policy's values in
        any state, rounding included. It holds whether or not `converged`.
      converged: [*B], bool, whether `error_bound` is at most the tolerance.
    """

    q: tf.Tensor
    v: tf.Tensor
    objective: tf.Tensor
    iterations: tf.Tensor
    residual: tf.Tensor
    error_bound: tf.Tensor
    converged: tf.Tensor


def iterative_policy_evaluation(
    m: TabularMDP,
    policy: Any,
    alpha: Any = 0.0,
    *,
    regularizer: Regularizer = Shannon(),
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> IterativeEvaluation:
    r"""Returns the regularised values of a policy, computed from backups alone.

    .. math:: V_{k+1}(s) = \sum_a \pi(a | s) \big(r(s, a) + \gamma \sum_{s'} P(s' | s, a) V_k(s')
              \big) + \alpha \, \Omega(\pi(\cdot | s))

    `evaluate_policy` computes them by one linear solve, but needs the matrix [S, S] of the policy's
    chain. The memory of this function is of the order of the number of transitions.

    Args:
      m: The decision process, of batch shape [*M].
      policy: [*B', S, A], probabilities; broadcasts against the other arguments.
      alpha: [*K], the temperatures, in reward per nat, at least 0.
      regularizer: The regulariser Omega.
      tolerance: The largest allowed error of `v`, in units of reward.
      max_iterations: The number of iterations after which the function gives up.

    Returns:
      An `IterativeEvaluation`. Its bound is computed as in `soft_value_iteration`.

    Raises:
      ValueError: If alpha is negative, shapes do not fit, or the policy takes an illegal action.

    References:
      M. L. Puterman (1994), "Markov decision processes", section 6.3,
      https://doi.org/10.1002/9780470316887

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(iterative_policy_evaluation(m, [[0.5, 0.5]], alpha=1.0).v.numpy().round(6))
    [2.386294]
    """
    policy, alpha = as_policy(m, policy, backups.as_alpha(m, alpha))
    problem = pose(m, alpha, tolerance, max_iterations)
    return _program(regularizer)(problem, policy)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[[Problem, tf.Tensor], IterativeEvaluation]:
    @tf.function(autograph=False, jit_compile=True)
    def solve(problem: Problem, policy: tf.Tensor) -> IterativeEvaluation:
        m = problem.m
        bonus = tf.math.multiply_no_nan(regularizer.value(policy), problem.alpha[..., None])

        def step(progress: Progress, _: Any) -> tuple[Progress, Any]:
            v = progress.current
            next_v = tf.reduce_sum(policy * backups.action_value(m, v), -1) + bonus
            next_v = tf.where(m.terminal, tf.zeros_like(next_v), next_v)
            return advance(problem, progress, v, next_v), ()

        solution = iterate(problem, regularizer, step)
        return IterativeEvaluation(
            q=solution.q,
            v=solution.v,
            objective=tf.reduce_sum(m.initial * solution.v, -1),
            iterations=solution.iterations,
            residual=solution.residual,
            error_bound=solution.error_bound,
            converged=solution.converged,
        )

    return solve
