"""Soft policy iteration: evaluate exactly, improve greedily, repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.policy_evaluation import evaluate, solvable
from maxent_tf.tabular.solution import Problem, Progress, Solution, advance, iterate, pose


def soft_policy_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer = Shannon(),
    tolerance: float = 1e-10,
    max_iterations: int = 1000,
) -> Solution:
    r"""Alternates exact evaluation and greedy improvement: Newton's method on the Bellman equation.

    .. math:: \pi_{k+1}(s) = \arg\max_\pi \langle \pi, Q^{\pi_k}(s, \cdot) \rangle
              + \alpha \, \Omega(\pi)

    The error falls at least by the factor gamma in every iteration. For alpha > 0 and smooth
    regularisers, it finally falls quadratically. A handful of iterations suffices; each needs one
    linear solve.

    Args:
      m: The decision process, of batch shape [*M].
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M].
      regularizer: The regulariser Omega.
      tolerance: The largest allowed error of `v`, in units of reward.
      max_iterations: The number of iterations after which the solver gives up.

    Returns:
      A `Solution`. The first policy is the one that is greedy for values of 0.

    Raises:
      ValueError: If alpha is negative or does not broadcast, or if a policy on the way has episodes
        so long that its linear solve finds a singular matrix.

    References:
      S. Cen, C. Cheng, Y. Chen, Y. Wei, Y. Chi (2022), "Fast global convergence of natural policy
      gradient methods with entropy regularization", section 3, https://arxiv.org/abs/2007.06558

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(soft_policy_iteration(m, alpha=1.0).v.numpy().round(6))
    [2.626523]
    """
    problem = pose(m, alpha, tolerance, max_iterations)
    with solvable():
        return _program(regularizer)(problem)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[[Problem], Solution]:
    # Not under XLA, whose linear solver on CPUs is a slow QR.
    @tf.function(autograph=False)
    def solve(problem: Problem) -> Solution:
        m, alpha = problem.m, problem.alpha

        def step(progress: Progress, _: Any) -> tuple[Progress, Any]:
            q = backups.action_value(m, progress.current)
            policy = backups.greedy(m, q, alpha, regularizer)
            evaluation = evaluate(m, policy, alpha, regularizer)
            next_v = backups.state_value(m, evaluation.q, alpha, regularizer)
            return advance(problem, progress, evaluation.v, next_v, current=evaluation.v), ()

        return iterate(problem, regularizer, step)

    return solve
