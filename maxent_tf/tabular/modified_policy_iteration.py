"""Modified policy iteration, which lies between value iteration and policy iteration."""

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


def modified_policy_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer = Shannon(),
    sweeps: int = 10,
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Solution:
    r"""Alternates greedy improvement and some sweeps of policy evaluation.

    .. math:: \pi_{k+1} = \mathcal{G}(V_k), \qquad V_{k+1} = (T_{\pi_{k+1}})^n \, T V_k

    with the greedy policy G(V) and the operator of one policy

    .. math:: (T_\pi V)(s) = \sum_a \pi(a | s) \big(r(s, a) + \gamma \sum_{s'} P(s' | s, a) V(s')
              \big) + \alpha \, \Omega(\pi(\cdot | s)).

    Without sweeps, this is soft value iteration; with infinitely many sweeps, it is soft policy
    iteration. A sweep needs no maximum and no logarithm. An iteration costs 1 + n backups.

    Args:
      m: The decision process, of batch shape [*M].
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M].
      regularizer: The regulariser Omega.
      sweeps: The number n of sweeps, at least 0.
      tolerance: The largest allowed error of `v`, in units of reward.
      max_iterations: The number of iterations after which the solver gives up.

    Returns:
      A `Solution`; its `v` is T V_k.

    Raises:
      ValueError: If alpha is negative or does not broadcast, or if `sweeps` is negative.

    References:
      M. L. Puterman and M. C. Shin (1978), "Modified policy iteration algorithms for discounted
      Markov decision problems", https://doi.org/10.1287/mnsc.24.11.1127; M. Geist, B. Scherrer and
      O. Pietquin (2019), "A theory of regularized Markov decision processes", section 4,
      https://arxiv.org/abs/1901.11275

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(modified_policy_iteration(m, alpha=1.0, sweeps=3).v.numpy().round(6))
    [2.626523]
    """
    if sweeps < 0:
        raise ValueError(f"sweeps must be at least 0, not {sweeps}.")
    problem = pose(m, alpha, tolerance, max_iterations)
    return _program(regularizer)(problem, tf.constant(sweeps, tf.int32))


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[[Problem, tf.Tensor], Solution]:
    def solve(problem: Problem, sweeps: tf.Tensor) -> Solution:
        m, alpha = problem.m, problem.alpha

        def step(progress: Progress, _: Any) -> tuple[Progress, Any]:
            v = progress.current
            q = backups.action_value(m, v)
            next_v = backups.state_value(m, q, alpha, regularizer)
            policy = backups.greedy(m, q, alpha, regularizer)
            earned = tf.math.multiply_no_nan(regularizer.value(policy), alpha[..., None])

            def sweep(i: tf.Tensor, w: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                w = tf.reduce_sum(policy * backups.action_value(m, w), -1) + earned
                return i + 1, tf.where(m.terminal, tf.zeros_like(w), w)

            _, evaluated = tf.while_loop(lambda i, _: i < sweeps, sweep, (0, next_v))
            return advance(problem, progress, v, next_v, current=evaluated), ()

        return iterate(problem, regularizer, step)

    @tf.function(autograph=False, jit_compile=True)
    def program(problem: Problem, sweeps: tf.Tensor) -> Solution:
        return one_by_one(solve, problem, sweeps)

    return program
