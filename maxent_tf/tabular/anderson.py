"""Soft value iteration that is accelerated by Anderson mixing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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

# Of the mean squared change: below it directions of the memory count as rounding.
_RIDGE = 1e-13


class _Memory(NamedTuple):
    """The accepted backups, the latest first.

    Attributes:
      backed_up: [N, *B, S], float64, the backups T v_i.
      change: [N, *B, S], float64, the changes T v_i - v_i.
      plain: [*B], bool, whether the values from which the next step starts are a plain backup.
    """

    backed_up: tf.Tensor
    change: tf.Tensor
    plain: tf.Tensor


def anderson_value_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer = Shannon(),
    memory: int = 5,
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Solution:
    r"""Runs soft value iteration that continues from the best affine combination of its backups.

    .. math:: V_{k+1} = \sum_i \theta_i \, T V_{k-i}, \qquad
              \theta = \arg\min_{\sum_i \theta_i = 1}
              \Big\| \sum_i \theta_i \, (T V_{k-i} - V_{k-i}) \Big\|_2

    A combination is safeguarded: if its residual is above (1 + gamma) / 2 times the last accepted
    residual, the combination and the memory are dropped, and the plain backup T V_k is used
    instead. Below discount 1, the residual therefore falls at least by that factor in every two
    backups.

    Args:
      m: The decision process, of batch shape [*M].
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M].
      regularizer: The regulariser Omega.
      memory: The number N of backups that are combined, at least 1; 1 is soft value iteration.
      tolerance: The largest allowed error of `v`, in units of reward.
      max_iterations: The number of iterations after which the solver gives up.

    Returns:
      A `Solution`. `v` is always a backup, certified as in soft value iteration. An iteration is
      one backup, accepted or not.

    Raises:
      ValueError: If alpha is negative or does not broadcast, or `memory` is below 1.

    References:
      M. Geist and B. Scherrer (2018), "Anderson acceleration for reinforcement learning",
      https://arxiv.org/abs/1809.09501; H. F. Walker and P. Ni (2011), "Anderson acceleration for
      fixed-point iterations", https://doi.org/10.1137/10078356X

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(anderson_value_iteration(m, alpha=1.0).v.numpy().round(6))
    [2.626523]
    """
    if memory < 1:
        raise ValueError(f"memory must be at least 1, not {memory}.")
    problem = pose(m, alpha, tolerance, max_iterations)
    return _program(regularizer)(problem, memory)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[[Problem, int], Solution]:
    def solve(problem: Problem, memory: int) -> Solution:
        m, alpha = problem.m, problem.alpha
        enough = (1 + m.discount) / 2

        def step(progress: Progress, past: _Memory) -> tuple[Progress, _Memory]:
            v = progress.current
            q = backups.action_value(m, v)
            next_v = backups.state_value(m, q, alpha, regularizer)
            change = next_v - v
            accepted = past.plain | (_size(change) <= enough * _size(past.change[0]))
            past = _remembered(past, next_v, change, accepted)
            mixed = tf.where(accepted[..., None], _mixed(past), past.backed_up[0])
            past = past._replace(plain=~accepted)
            return advance(problem, progress, v, next_v, current=mixed), past

        shape = [memory, *alpha.shape, m.num_states]
        nothing = tf.zeros(shape, tf.float64)
        past = _Memory(nothing, nothing, tf.ones(tf.shape(alpha), tf.bool))
        return iterate(problem, regularizer, step, past)

    @tf.function(autograph=False, jit_compile=True)
    def program(problem: Problem, memory: int) -> Solution:
        return one_by_one(solve, problem, memory)

    return program


def _size(change: tf.Tensor) -> tf.Tensor:
    return tf.reduce_max(tf.abs(change), -1)


def _remembered(
    past: _Memory, backed_up: tf.Tensor, change: tf.Tensor, accepted: tf.Tensor
) -> _Memory:
    """Adds an accepted backup; a plain backup after a dropped combination starts a new memory."""

    def added(kept: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
        shifted = tf.concat([new[None], kept[:-1]], 0)
        # Copies of one backup stand for a memory of one: every combination of them is the same.
        shifted = tf.where(past.plain[..., None], new, shifted)
        return tf.where(accepted[..., None], shifted, kept)

    return past._replace(
        backed_up=added(past.backed_up, backed_up), change=added(past.change, change)
    )


def _mixed(past: _Memory) -> tf.Tensor:
    """Returns the combination of backups whose changes nearly cancel, [*B, S].

    With the Gram matrix G of the changes, theta is G^-1 1, divided by its sum. A small ridge is
    added to G because the changes become parallel.
    """
    change = tf.stack(tf.unstack(past.change), -2)
    gram = tf.linalg.matmul(change, change, transpose_b=True)
    # Differences of size count relative to the newest change, without under- or overflow.
    scale = tf.linalg.trace(gram)[..., None, None]
    scale = tf.where(scale > 0, scale, tf.ones_like(scale))
    size = change.shape[-2]
    gram = gram / scale + _RIDGE * tf.eye(size, dtype=tf.float64)
    ones = tf.ones_like(gram[..., :1])
    weight = tf.linalg.cholesky_solve(tf.linalg.cholesky(gram), ones)[..., 0]
    weight /= tf.reduce_sum(weight, -1, keepdims=True)
    return tf.reduce_sum(tf.stack(tf.unstack(past.backed_up), -1) * weight[..., None, :], -1)
