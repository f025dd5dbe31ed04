"""Soft value iteration, with a certified bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.solution import Progress, Solution, advance, finish, start


def soft_value_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Solution:
    r"""Iterates the soft Bellman operator from 0 until the values are certified.

    .. math:: V_{k+1}(s) = \max_\pi \Big[\sum_a \pi(a) \big(r(s, a) + \gamma \sum_{s'}
              P(s' | s, a) V_k(s')\big) + \alpha \, \Omega(\pi)\Big]

    At alpha = 0 it is value iteration. Compiled once for each shape and regulariser.

    Args:
      m: the process, of batch shape [*M].
      alpha: [*K], in reward per nat, at least 0; broadcasts against [*M], so that a whole path of
        temperatures is one call.
      regularizer: Omega; None is Shannon's entropy.
      tolerance: in units of reward, for the error of `v`.
      max_iterations: give up after so many.

    Returns:
      A `Solution`. The bound is gamma / (1 - gamma) times the residual below discount 1, and the
      largest expected remaining steps times the residual at discount 1, each with rounding added.

    Raises:
      ValueError: if alpha is negative or does not broadcast.

    References:
      M. Geist, B. Scherrer and O. Pietquin (2019), "A theory of regularized Markov decision
      processes", section 4, https://arxiv.org/abs/1901.11275

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> solution = soft_value_iteration(m, alpha=[0.0, 1.0])
    >>> print(solution.v.numpy().round(6), solution.converged.numpy())
    [[2.      ]
     [2.626523]] [ True  True]
    """
    alpha = backups.as_alpha(m, alpha)
    program = _program(regularizer or Shannon())
    return program(
        m,
        alpha,
        backups.horizon(m),
        tf.constant(tolerance, tf.float64),
        tf.constant(max_iterations, tf.int32),
    )


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[..., Solution]:
    @tf.function(autograph=False, jit_compile=True)
    def solve(
        m: TabularMDP,
        alpha: tf.Tensor,
        horizon: tf.Tensor,
        tolerance: tf.Tensor,
        max_iterations: tf.Tensor,
    ) -> Solution:
        def more(progress: Progress) -> tf.Tensor:
            within = tf.reduce_max(progress.iterations) < max_iterations
            return within & ~tf.reduce_all(progress.done)

        def step(progress: Progress) -> tuple[Progress]:
            q = backups.action_value(m, progress.v)
            next_v = backups.state_value(m, q, alpha, regularizer)
            return (advance(m, progress, progress.v, next_v, alpha, horizon, tolerance),)

        (progress,) = tf.while_loop(more, step, (start(m, alpha),))
        return finish(m, progress, alpha, tolerance, regularizer)

    return solve
