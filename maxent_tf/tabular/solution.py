"""What an iterative solver returns, and the certificate in it."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maxent_tf.regularizers import Regularizer
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP


class Solution(NamedTuple):
    """The soft-optimal values and policy, with a status.

    `B` is what the temperatures and the batch of the processes broadcast to.

    Attributes:
      q: [*B, S, A], float64, action values: one backup from `v`.
      v: [*B, S], float64, state values; 0 where terminal.
      policy: [*B, S, A], float64, greedy for `q` with the regulariser.
      iterations: [*B], int32, done.
      residual: [*B], float64, the largest change of a value in the last backup.
      error_bound: [*B], float64. `v` differs nowhere by more from the true fixed point, rounding
        included; `q` by at most discount times that. It holds whether or not `converged`.
      converged: [*B], bool, whether `error_bound` is at most the tolerance. Where it is False the
        solver ran out of iterations, or the tolerance is below what float64 can certify.
    """

    q: tf.Tensor
    v: tf.Tensor
    policy: tf.Tensor
    iterations: tf.Tensor
    residual: tf.Tensor
    error_bound: tf.Tensor
    converged: tf.Tensor


class Progress(NamedTuple):
    """The state of a solver's loop: as in `Solution`, with `done` for a finished problem."""

    v: tf.Tensor
    iterations: tf.Tensor
    residual: tf.Tensor
    error_bound: tf.Tensor
    done: tf.Tensor


def start(m: TabularMDP, alpha: tf.Tensor) -> Progress:
    """Returns the state before the first iteration, from values of 0."""
    infinite = tf.fill(tf.shape(alpha), tf.constant(float("inf"), tf.float64))
    return Progress(
        v=tf.zeros([*alpha.shape, m.num_states], tf.float64),
        iterations=tf.zeros(tf.shape(alpha), tf.int32),
        residual=infinite,
        error_bound=infinite,
        done=tf.zeros(tf.shape(alpha), tf.bool),
    )


def advance(
    m: TabularMDP,
    progress: Progress,
    v: tf.Tensor,
    next_v: tf.Tensor,
    alpha: tf.Tensor,
    horizon: tf.Tensor,
    tolerance: tf.Tensor,
) -> Progress:
    """Returns the state after a backup from v to next_v, [*B, S], and certifies it.

    With e the residual, w the horizon and the backup's rounding error at most rho, the true
    residual of v is at most e + rho, so (see `absorption`) next_v is off by at most
    rho + (e + rho) (w - 1). Problems that are done keep what they have, so that none depends on
    what else is in its batch.
    """
    residual = tf.reduce_max(tf.abs(next_v - v), axis=-1)
    rho = backups.rounding(m, v, next_v, alpha)
    bound = (horizon - 1) * residual + horizon * rho
    done = progress.done
    return Progress(
        v=tf.where(done[..., None], progress.v, next_v),
        iterations=progress.iterations + tf.cast(~done, tf.int32),
        residual=tf.where(done, progress.residual, residual),
        error_bound=tf.where(done, progress.error_bound, bound),
        # Once the residual is mere rounding, further iterations change nothing.
        done=done | (bound <= tolerance) | (residual <= rho),
    )


def finish(
    m: TabularMDP,
    progress: Progress,
    alpha: tf.Tensor,
    tolerance: tf.Tensor,
    regularizer: Regularizer,
) -> Solution:
    """Returns the solution at which a loop stopped."""
    q = backups.action_value(m, progress.v)
    return Solution(
        q=q,
        v=progress.v,
        policy=regularizer.greedy(q, alpha[..., None]),
        iterations=progress.iterations,
        residual=progress.residual,
        error_bound=progress.error_bound,
        converged=progress.error_bound <= tolerance,
    )
