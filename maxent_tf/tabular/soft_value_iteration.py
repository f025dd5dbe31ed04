"""Soft value iteration, with a certified error bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.solution import (
    Problem,
    Progress,
    Solution,
    advance,
    iterate,
    one_by_one,
    pose,
)


def soft_value_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer = Shannon(),
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Solution:
    r"""Iterates the soft Bellman operator from 0 until the values are certified.

    .. math:: V_{k+1}(s) = \max_\pi \Big[\sum_a \pi(a) \big(r(s, a) + \gamma \sum_{s'}
              P(s' | s, a) V_k(s')\big) + \alpha \, \Omega(\pi)\Big]

    At alpha = 0, this is value iteration. The program is compiled once for each shape and
    regulariser.

    Args:
      m: The decision process, of batch shape [*M].
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M], so that
        one call solves for a whole path of temperatures.
      regularizer: The regulariser Omega.
      tolerance: The largest allowed error of `v`, in units of reward.
      max_iterations: The number of iterations after which the solver gives up.

    Returns:
      A `Solution`. The iteration stops when gamma / (1 - gamma) times the residual is below the
      tolerance or, at discount 1, the largest expected number of remaining steps times the
      residual; rounding errors are added to each. Further iterations, about a tenth, sharpen the
      bound as `solution` explains.

    Raises:
      ValueError: If alpha is negative or does not broadcast.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 4, https://arxiv.org/abs/1901.11275

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> solution = soft_value_iteration(m, alpha=[0.0, 1.0])
    >>> print(solution.v.numpy().round(6), solution.converged.numpy())
    [[2.      ]
     [2.626523]] [ True  True]
    """
    problem = pose(m, alpha, tolerance, max_iterations)
    return _program(backups.at_temperature(regularizer, problem.alpha))(problem)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[[Problem], Solution]:
    def solve(problem: Problem) -> Solution:
        backup = backups.backup(problem.m, problem.alpha, regularizer)

        def step(progress: Progress, _: Any) -> tuple[Progress, Any]:
            v = progress.current
            return advance(problem, progress, v, backup(v)), ()

        return iterate(problem, regularizer, step)

    @tf.function(autograph=False, jit_compile=True)
    def program(problem: Problem) -> Solution:
        return one_by_one(solve, problem)

    return program
