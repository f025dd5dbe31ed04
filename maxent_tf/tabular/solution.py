r"""The result of an iterative solver, the loop around its steps, and the certificate in the result.

A backup from v to T v with the change e bounds the error of T v by e times the horizon w minus 1
(see `absorption`). The bound is sharp if the change falls as slowly as the horizon says. It is
loose if the best policy ends episodes sooner than the worst policy could, or sooner than
1 / (1 - gamma): the errors then fall faster than the bound assumes.

Therefore a solver that has met its tolerance at v continues for a few steps, to some v', until

.. math:: \|v' - v^*\| \le b' \le \tfrac12 \|v' - v\|, \quad \text{so that} \quad
          \|v' - v\| - b' \le \|v - v^*\| \le \|v' - v\| + b'.

The bound is then at most 3 times the error, whatever the process. Only rounding can prevent this:
b' cannot fall below the horizon times the rounding error of a backup.
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

    `B` is the shape to which the temperatures and the batch of the processes broadcast.

    Attributes:
      q: [*B, S, A], float64, the action values: one backup from `v`.
      v: [*B, S], float64, the state values; 0 in terminal states. They are the first values that
        met the tolerance, or the best certified ones if none did.
      policy: [*B, S, A], float64, the policy that is greedy for `q` with the regulariser.
      iterations: [*B], int32, the number of iterations made, including those that only sharpened
        the bound.
      residual: [*B], float64, the largest change of a value in the backup that gave `v`.
      error_bound: [*B], float64, a bound on the difference between `v` and the true fixed point in
        any state, rounding included. The difference of `q` is at most discount times the bound. The
        bound holds whether or not `converged`. If rounding allows and iterations suffice, it is at
        most 3 times the error.
      converged: [*B], bool, whether `error_bound` is at most the tolerance. If it is False, the
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
    """The arguments of a solver's compiled program.

    Attributes:
      m: The decision process, of batch shape [*M].
      alpha: [*B], float64, the temperatures.
      horizon: [*M], float64, the horizon on which certificates rest; see `absorption`.
      tolerance: [], float64, the largest allowed error of the values.
      max_iterations: [], int32, the largest number of iterations.
    """

    m: TabularMDP
    alpha: tf.Tensor
    horizon: tf.Tensor
    tolerance: tf.Tensor
    max_iterations: tf.Tensor


class Progress(NamedTuple):
    """The state of a solver's loop.

    Attributes:
      current: [*B, S], float64, the values from which the next step starts.
      v, iterations, residual, error_bound: As in `Solution`.
      done: [*B], bool, whether `v` is final.
    """

    current: tf.Tensor
    v: tf.Tensor
    iterations: tf.Tensor
    residual: tf.Tensor
    error_bound: tf.Tensor
    done: tf.Tensor


class _Sharpening(Progress):
    """The state once all `v` are final: `done` says whether their bounds are final, too."""

    __slots__ = ()


# A step of a solver: from its progress and what else it remembers to the next of both.
Step = Callable[[Progress, Any], tuple[Progress, Any]]


def pose(m: TabularMDP, alpha: Any, tolerance: float, max_iterations: int) -> Problem:
    """Returns a solver's arguments as tensors.

    Raises:
      ValueError: If alpha is negative or does not broadcast against the batch of the processes.
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

    The first loop runs until the values meet the tolerance, the second until their bounds are
    sharp. There are two loops because keeping the values apart from those that they are compared
    with would double the cost of a backup.
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
    """Solves for one temperature after the other if transitions are sparse, else for all at once.

    Dense transitions are read once for all temperatures. With sparse transitions, gathering from a
    batch of values is slower than gathering from one after the other, and temperatures that are
    done would wait for the last one.

    Args:
      solve: A function from a problem, and `rest`, to its solution.
      problem: A problem with any number of temperatures.
      rest: The further arguments of `solve`.
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

    Let e be the residual, w the horizon, and rho a bound on the backup's rounding error. The true
    residual of v is at most e + rho, so that (see `absorption`) next_v is off by at most
    rho + (e + rho) (w - 1). Problems that are done keep their results, so that no problem depends
    on others in its batch.

    Args:
      problem: The problem that is solved.
      progress: The progress so far.
      v: The values where the backup started.
      next_v: The values that the backup gave.
      current: The values where the next step is to start; None is next_v.
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
    """Returns infinity for NaN, from infinite horizons times 0 and from values that overflowed."""
    return tf.where(bound >= 0, bound, np.inf)


def _keep(done: tf.Tensor, values: tf.Tensor, next_values: tf.Tensor) -> tf.Tensor:
    """Returns [*B, S]: the values of problems that are done, the next values of the others.

    A problem on its own is never done inside the loop, because the loop then ends. Copying its
    values would cost a third of a backup.
    """
    if done.shape.num_elements() == 1:
        return next_values
    return tf.where(done[..., None], values, next_values)
