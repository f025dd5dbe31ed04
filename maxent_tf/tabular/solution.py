r"""What an iterative solver returns, the loop around its steps, and the certificate in it.

A backup from v to T v with the change e bounds the error of T v by e times the horizon w less 1
(see `absorption`). That is sharp where the change falls as slowly as the horizon says. It is loose
where the best policy ends episodes sooner than the worst could, or than 1 / (1 - gamma): then the
errors fall faster, and what is left of the horizon's worth of changes never comes.

Therefore a solver that has met its tolerance at v goes on for a few steps, to some v', until

.. math:: \|v' - v^*\| \le b' \le \tfrac12 \|v' - v\|, \quad \text{so that} \quad
          \|v' - v\| - b' \le \|v - v^*\| \le \|v' - v\| + b':

the bound is then at most 3 times the error, whatever the process. Only rounding can prevent it: b'
cannot fall below the horizon times the rounding error of a backup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.sparse_transitions import Successors


class Solution(NamedTuple):
    """The soft-optimal values and policy, with a status.

    `B` is what the temperatures and the batch of the processes broadcast to.

    Attributes:
      q: [*B, S, A], float64, action values: one backup from `v`.
      v: [*B, S], float64, state values; 0 where terminal. The first to meet the tolerance, or the
        best certified one if none did.
      policy: [*B, S, A], float64, greedy for `q` with the regulariser.
      iterations: [*B], int32, done, with those that only sharpened the bound.
      residual: [*B], float64, the largest change of a value in the backup that gave `v`.
      error_bound: [*B], float64. `v` differs nowhere by more from the true fixed point, rounding
        included; `q` by at most discount times that. It holds whether or not `converged`; where
        rounding allows and iterations suffice it is at most 3 times the error.
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


class Problem(NamedTuple):
    """What a solver's compiled program is given.

    Attributes:
      m: the process, of batch shape [*M].
      alpha: [*B], float64.
      horizon: [*M], float64, on which certificates rest; see `absorption`.
      tolerance: [], float64, for the error of the values.
      max_iterations: [], int32.
    """

    m: TabularMDP
    alpha: tf.Tensor
    horizon: tf.Tensor
    tolerance: tf.Tensor
    max_iterations: tf.Tensor


class Progress(NamedTuple):
    """The state of a solver's loop: as in `Solution`, and where it stands.

    Attributes:
      current: [*B, S], float64, the values from which the next step starts.
      v, iterations, residual, error_bound: as in `Solution`.
      done: [*B], bool, whether `v` is final.
    """

    current: tf.Tensor
    v: tf.Tensor
    iterations: tf.Tensor
    residual: tf.Tensor
    error_bound: tf.Tensor
    done: tf.Tensor


class _Sharpening(Progress):
    """The state once all `v` are final: `done` says whether their bounds are, too."""

    __slots__ = ()


# A step of a solver: from its progress and what else it remembers to the next of both.
Step = Callable[[Progress, Any], tuple[Progress, Any]]


def pose(m: TabularMDP, alpha: Any, tolerance: float, max_iterations: int) -> Problem:
    """Returns a solver's arguments as tensors.

    Raises:
      ValueError: if alpha is negative or does not broadcast against the batch of the processes.
    """
    return Problem(
        m,
        backups.as_alpha(m, alpha),
        backups.horizon(m),
        tf.constant(tolerance, tf.float64),
        tf.constant(max_iterations, tf.int32),
    )


def iterate(problem: Problem, regularizer: Regularizer, step: Step, memory: Any = ()) -> Solution:
    """Repeats a solver's step from values of 0 until all problems of the batch are done.

    First until the values meet the tolerance, then until their bounds are sharp; two loops, because
    keeping values apart from those to which they are compared would double the cost of a backup.
    """

    def more(progress: Progress, _: Any) -> tf.Tensor:
        within = tf.reduce_max(progress.iterations) < problem.max_iterations
        return within & ~tf.reduce_all(progress.done)

    progress, memory = tf.while_loop(more, step, (_start(problem), memory))
    unsharp = progress._replace(done=tf.zeros_like(progress.done))
    progress, _ = tf.while_loop(more, step, (_Sharpening._make(unsharp), memory))
    q = backups.action_value(problem.m, progress.v)
    return Solution(
        q=q,
        v=progress.v,
        policy=backups.greedy(problem.m, q, problem.alpha, regularizer),
        iterations=progress.iterations,
        residual=progress.residual,
        error_bound=progress.error_bound,
        converged=progress.error_bound <= problem.tolerance,
    )


def one_by_one(solve: Callable[..., Solution], problem: Problem, *rest: Any) -> Solution:
    """Solves for one temperature after another where transitions are sparse, else for all at once.

    Dense transitions are read once for all temperatures. To gather from a batch of values is slower
    than from one after the other, and temperatures that are done would wait for the last.

    Args:
      solve: from a problem, and `rest`, to its solution.
      problem: of any temperatures.
      rest: what else `solve` takes.
    """
    m, alpha = problem.m, problem.alpha
    if not isinstance(m.transition, Successors) or m.batch_shape.rank or not alpha.shape.rank:
        return solve(problem, *rest)
    float64 = tf.TensorSpec([], tf.float64)
    table = tf.TensorSpec([m.num_states, m.num_actions], tf.float64)
    structure = Solution(
        q=table,
        v=tf.TensorSpec([m.num_states], tf.float64),
        policy=table,
        iterations=tf.TensorSpec([], tf.int32),
        residual=float64,
        error_bound=float64,
        converged=tf.TensorSpec([], tf.bool),
    )
    solutions = tf.map_fn(
        lambda one: solve(problem._replace(alpha=one), *rest),
        tf.reshape(alpha, [-1]),
        fn_output_signature=structure,
    )
    return tf.nest.map_structure(lambda x: tf.reshape(x, [*alpha.shape, *x.shape[1:]]), solutions)


def _start(problem: Problem) -> Progress:
    alpha = problem.alpha
    infinite = tf.fill(tf.shape(alpha), tf.constant(float("inf"), tf.float64))
    nothing = tf.zeros([*alpha.shape, problem.m.num_states], tf.float64)
    never = tf.zeros(tf.shape(alpha), tf.bool)
    return Progress(
        current=nothing,
        v=nothing,
        iterations=tf.zeros(tf.shape(alpha), tf.int32),
        residual=infinite,
        error_bound=infinite,
        done=never,
    )


def advance(
    problem: Problem,
    progress: Progress,
    v: tf.Tensor,
    next_v: tf.Tensor,
    current: tf.Tensor | None = None,
) -> Progress:
    """Returns the progress after a backup from v to next_v, [*B, S], and certifies it.

    With e the residual, w the horizon and the backup's rounding error at most rho, the true
    residual of v is at most e + rho, so (see `absorption`) next_v is off by at most
    rho + (e + rho) (w - 1). Problems that are done keep what they have, so that none depends on
    what else is in its batch.

    Args:
      problem: what is solved.
      progress: so far.
      v: where the backup started.
      next_v: what it gave.
      current: where the next step is to start; None is next_v.
    """
    residual = tf.reduce_max(tf.abs(next_v - v), axis=-1)
    rho = backups.rounding(problem.m, v, next_v, problem.alpha)
    bound = _certified((problem.horizon - 1) * residual + problem.horizon * rho)
    done = progress.done
    # Once the residual is mere rounding, further iterations change nothing.
    stuck = residual <= rho
    counted = progress._replace(iterations=progress.iterations + tf.cast(~done, tf.int32))
    start = next_v if current is None else current
    if isinstance(progress, _Sharpening):
        apart = tf.reduce_max(tf.abs(next_v - progress.v), axis=-1)
        from_here = tf.minimum(progress.error_bound, _certified(apart + bound))
        return counted._replace(
            current=_keep(done, progress.current, start),
            error_bound=tf.where(done, progress.error_bound, from_here),
            done=done | stuck | (bound <= apart / 2),
        )
    # Plain backups never get worse; what else a solver does may.
    if current is None:
        kept = done
        v = _keep(kept, progress.v, next_v)
        current = v
    else:
        kept = done | (bound > progress.error_bound)
        v = tf.where(kept[..., None], progress.v, next_v)
        current = _keep(done, progress.current, current)
    return counted._replace(
        current=current,
        v=v,
        residual=tf.where(kept, progress.residual, residual),
        error_bound=tf.where(kept, progress.error_bound, bound),
        done=done | stuck | (bound <= problem.tolerance),
    )


def _certified(bound: tf.Tensor) -> tf.Tensor:
    """Returns infinity for NaN: infinite horizons times 0, and values that overflowed."""
    return tf.where(bound >= 0, bound, np.inf)


def _keep(done: tf.Tensor, values: tf.Tensor, next_values: tf.Tensor) -> tf.Tensor:
    """Returns [*B, S]: the values of problems that are done, the next ones of the others.

    A problem by itself is never done inside the loop, which ends then: copying its values cost a
    third of a backup.
    """
    if done.shape.num_elements() == 1:
        return next_values
    return tf.where(done[..., None], values, next_values)
