"""The best average reward, with or without entropy, by relative value iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP


class AverageRewardSolution(NamedTuple):
    """The best average reward per step, with a status.

    Attributes:
      gain: [*B], float64, the average reward (plus alpha times Omega) per step.
      bias: [*B, S], float64, the relative values; 0 in state 0.
      policy: [*B, S, A], float64, the policy that is greedy for the bias.
      iterations: [*B], int32, the number of iterations made.
      error_bound: [*B], float64, a bound on the difference between `gain` and the true gain from
        any state, rounding included. It holds whether or not `converged`.
      converged: [*B], bool, whether `error_bound` is at most the tolerance.
    """

    gain: tf.Tensor
    bias: tf.Tensor
    policy: tf.Tensor
    iterations: tf.Tensor
    error_bound: tf.Tensor
    converged: tf.Tensor


def relative_value_iteration(
    m: TabularMDP,
    alpha: Any,
    *,
    regularizer: Regularizer = Shannon(),
    tolerance: float = 1e-10,
    max_iterations: int = 1_000_000,
) -> AverageRewardSolution:
    r"""Iterates undiscounted soft backups relative to state 0 until the gain is certified.

    .. math:: g + h(s) = \max_\pi \Big[\sum_a \pi(a) \big(r(s, a) + \sum_{s'} P(s' | s, a) h(s')
              \big) + \alpha \, \Omega(\pi)\Big]

    For every h, the gain lies between the smallest and the largest element of T h - h. The mean of
    the two is returned, and half their distance is the bound. A step goes halfway,
    h <- (h + T h) / 2, as if every other step stayed in place. This does not change the solution
    and lets periodic processes converge.

    Args:
      m: A decision process without terminal states, of batch shape [*M]. Its discount is not used.
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M].
      regularizer: The regulariser Omega.
      tolerance: The largest allowed error of the gain, in units of reward per step.
      max_iterations: The number of iterations after which the solver gives up. A process whose best
        gain depends on the first state never converges.

    Returns:
      An `AverageRewardSolution`.

    Raises:
      ValueError: If a state is terminal, or if alpha is negative or does not broadcast.

    References:
      M. L. Puterman (1994), "Markov decision processes", section 8.5 (the bounds, and the
      transformation for periodic processes), https://doi.org/10.1002/9780470316887

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(relative_value_iteration(m, alpha=[0.0, 1.0]).gain.numpy().round(6))
    [1.       1.313262]
    """
    if np.any(tf.get_static_value(m.terminal)):
        raise ValueError(
            "m must have no terminal states: an average reward a step is for tasks that go on; "
            "for episodes use soft_value_iteration."
        )
    alpha = backups.as_alpha(m, alpha)
    program = _program(regularizer)
    return program(
        m, alpha, tf.constant(tolerance, tf.float64), tf.constant(max_iterations, tf.int32)
    )


class _Loop(NamedTuple):
    bias: tf.Tensor
    gain: tf.Tensor
    error_bound: tf.Tensor
    iterations: tf.Tensor
    done: tf.Tensor


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[..., AverageRewardSolution]:
    @tf.function(autograph=False, jit_compile=True)
    def solve(
        m: TabularMDP, alpha: tf.Tensor, tolerance: tf.Tensor, max_iterations: tf.Tensor
    ) -> AverageRewardSolution:
        def more(loop: _Loop) -> tf.Tensor:
            return (tf.reduce_max(loop.iterations) < max_iterations) & ~tf.reduce_all(loop.done)

        def backup(bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            q = m.reward + backups.expected_next(m, bias)
            return q, regularizer.soft_max(q, alpha[..., None], m.mask)

        def step(loop: _Loop) -> tuple[_Loop]:
            _, backed_up = backup(loop.bias)
            change = backed_up - loop.bias
            low, high = tf.reduce_min(change, -1), tf.reduce_max(change, -1)
            rho = 2 * backups.rounding(m, loop.bias, backed_up, alpha)
            bound = (high - low) / 2 + rho
            following = loop.bias + change / 2
            following -= following[..., :1]
            done = loop.done
            return (
                _Loop(
                    bias=tf.where(done[..., None], loop.bias, following),
                    gain=tf.where(done, loop.gain, (high + low) / 2),
                    error_bound=tf.where(done, loop.error_bound, bound),
                    iterations=loop.iterations + tf.cast(~done, tf.int32),
                    done=done | (bound <= tolerance) | (high - low <= rho),
                ),
            )

        nothing = tf.zeros_like(alpha)
        (loop,) = tf.while_loop(
            more,
            step,
            (
                _Loop(
                    bias=tf.zeros([*alpha.shape, m.num_states], tf.float64),
                    gain=nothing,
                    error_bound=nothing + float("inf"),
                    iterations=tf.zeros(tf.shape(alpha), tf.int32),
                    done=tf.zeros(tf.shape(alpha), tf.bool),
                ),
            ),
        )
        q, _ = backup(loop.bias)
        return AverageRewardSolution(
            gain=loop.gain,
            bias=loop.bias,
            policy=backups.greedy(m, q, alpha, regularizer),
            iterations=loop.iterations,
            error_bound=loop.error_bound,
            converged=loop.error_bound <= tolerance,
        )

    return solve
