"""Soft-optimal values and policies for a fixed number of remaining steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import backups
from maxent_tf.tabular.mdp import TabularMDP


class FiniteHorizonSolution(NamedTuple):
    """The soft-optimal values and policies at each of H steps; the first axis is time.

    Attributes:
      q: [H, *B, S, A], float64, the action values.
      v: [H + 1, *B, S], float64, the state values; the last are the terminal values.
      policy: [H, *B, S, A], float64, the policies.
      error_bound: [*B], float64, a bound on the difference between `v` and the exact solution in
        any state. Only rounding causes such a difference.
    """

    q: tf.Tensor
    v: tf.Tensor
    policy: tf.Tensor
    error_bound: tf.Tensor


def finite_horizon(
    m: TabularMDP,
    alpha: Any,
    horizon: int,
    *,
    regularizer: Regularizer = Shannon(),
    terminal_value: Any = 0.0,
) -> FiniteHorizonSolution:
    r"""Solves a task of H steps by backward induction.

    .. math:: V_t(s) = \max_\pi \Big[\sum_a \pi(a) \big(r(s, a) + \gamma \sum_{s'} P(s' | s, a)
              V_{t+1}(s')\big) + \alpha \, \Omega(\pi)\Big], \qquad V_H = \text{terminal value}

    The program is compiled once for each horizon, shape and regulariser.

    Args:
      m: The decision process, of batch shape [*M]. Time ends every episode, so that discount 1 is
        valid even for tasks without an end: `m._replace(discount=tf.ones_like(m.discount))`.
      alpha: [*K], the temperatures, in reward per nat, at least 0; broadcasts against [*M].
      horizon: The number H of steps, at least 1.
      regularizer: The regulariser Omega.
      terminal_value: The value after the last step, broadcastable to [*B, S], in units of reward.
        In terminal states it is 0, whatever is given.

    Returns:
      A `FiniteHorizonSolution`.

    Raises:
      ValueError: If alpha is negative or does not broadcast, `horizon` is below 1, or
        `terminal_value` does not broadcast.

    References:
      B. D. Ziebart (2010), "Modeling purposeful adaptive behavior with the principle of maximum
      causal entropy", section 6.2 (soft maxima by backward induction); M. L. Puterman (1994),
      "Markov decision processes", section 4.5, https://doi.org/10.1002/9780470316887

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(finite_horizon(m, alpha=0.0, horizon=3).v.numpy()[:, 0])
    [1.75 1.5  1.   0.  ]
    """
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1, not {horizon}.")
    alpha = backups.as_alpha(m, alpha)
    shape = [*alpha.shape, m.num_states]
    last = backups.as_float64(terminal_value)
    try:
        last = tf.broadcast_to(last, shape)
    except (ValueError, tf.errors.InvalidArgumentError):
        raise ValueError(
            f"terminal_value must broadcast to {shape}, not have shape {last.shape}."
        ) from None
    last = tf.where(m.terminal, tf.zeros_like(last), last)
    return _program(regularizer)(m, alpha, last, horizon)


@backups.once_per_regularizer
def _program(regularizer: Regularizer) -> Callable[..., FiniteHorizonSolution]:
    @tf.function(autograph=False, jit_compile=True)
    def solve(
        m: TabularMDP, alpha: tf.Tensor, last: tf.Tensor, horizon: int
    ) -> FiniteHorizonSolution:
        def step(
            t: tf.Tensor, v: tf.Tensor, error: tf.Tensor, qs: tf.TensorArray, vs: tf.TensorArray
        ) -> tuple[Any, ...]:
            q = backups.action_value(m, v)
            next_v = backups.state_value(m, q, alpha, regularizer)
            # What v is off by is discounted, and this backup's own rounding added.
            error = m.discount * error + backups.rounding(m, v, next_v, alpha)
            return t - 1, next_v, error, qs.write(t, q), vs.write(t, next_v)

        def array(shape: tf.TensorShape) -> tf.TensorArray:
            return tf.TensorArray(tf.float64, size=horizon, element_shape=shape)

        *batch, states = last.shape
        _, _, error, qs, vs = tf.while_loop(
            lambda t, *_: t >= 0,
            step,
            (
                horizon - 1,
                last,
                tf.zeros_like(alpha),
                array(tf.TensorShape([*batch, states, m.num_actions])),
                array(last.shape),
            ),
            maximum_iterations=horizon,
        )
        q = qs.stack()
        return FiniteHorizonSolution(
            q=q,
            v=tf.concat([vs.stack(), last[None]], 0),
            policy=backups.greedy(m, q, alpha, regularizer),
            error_bound=error,
        )

    return solve
