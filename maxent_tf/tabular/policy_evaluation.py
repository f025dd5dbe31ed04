"""The exact evaluation of policies, by linear solves."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.tabular import absorption, backups, sparse_transitions
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.sparse_transitions import Successors

# The memory, in bytes, that the matrices of one linear solve may take where the process itself is
# stored sparsely: 16,384 states for a single policy.
_LARGEST_SOLVE = 2**31


class PolicyEvaluation(NamedTuple):
    """The regularised values of a policy.

    Attributes:
      q: [*B, S, A], float64, the action values.
      v: [*B, S], float64, the state values; 0 in terminal states.
      objective: [*B], float64, the expectation of `v` in the first state.
    """

    q: tf.Tensor
    v: tf.Tensor
    objective: tf.Tensor


def evaluate_policy(
    m: TabularMDP, policy: Any, alpha: Any = 0.0, *, regularizer: Regularizer = Shannon()
) -> PolicyEvaluation:
    r"""Returns the regularised values of a policy.

    .. math:: V^\pi = (I - \gamma P_\pi)^{-1} \left(r_\pi + \alpha \, \Omega(\pi)\right), \qquad
              Q^\pi = r + \gamma P V^\pi

    Args:
      m: The decision process, of batch shape [*M].
      policy: [*B', S, A], probabilities; broadcasts against the other arguments.
      alpha: [*K], the temperatures, in reward per nat, at least 0.
      regularizer: The regulariser Omega.

    Returns:
      A `PolicyEvaluation`, of the batch shape to which all arguments broadcast.

    Raises:
      ValueError: If alpha is negative; if shapes do not fit; if the policy takes an illegal action;
        if the process is sparse and too large for linear solves (use `iterative_policy_evaluation`
        then); or if the policy's episodes are so long that float64 cannot distinguish them from
        endless ones.

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(evaluate_policy(m, [[0.5, 0.5]], alpha=[0.0, 1.0]).v.numpy().round(6))
    [[1.      ]
     [2.386294]]
    """
    policy, alpha = as_policy(m, policy, backups.as_alpha(m, alpha))
    _refuse_unsolvable(m, policy)
    return evaluate(m, policy, alpha, regularizer)


def occupancy(m: TabularMDP, policy: Any) -> tf.Tensor:
    r"""Returns the discounted number of times that a policy takes each action in each state.

    .. math:: d(s, a) = \sum_t \gamma^t \Pr(s_t = s, a_t = a)

    The occupancy is not normalised: it sums to 1 / (1 - gamma) if there are no terminal states, and
    at discount 1 to the expected length of an episode. The return of the policy is the inner
    product of its occupancy with `reward`.

    Args:
      m: The decision process, of batch shape [*M].
      policy: [*B, S, A], probabilities.

    Returns:
      The expected discounted visits, [*B, S, A], float64; 0 in terminal states.

    Raises:
      ValueError: If shapes do not fit; if the policy takes an illegal action; if the process is
        sparse and too large for linear solves; or if the policy's episodes are so long that float64
        cannot distinguish them from endless ones.

    >>> m = TabularMDP([[[1.0], [1.0]]], [[1.0, 0.0]], discount=0.5, initial=[1.0])
    >>> print(occupancy(m, [[0.25, 0.75]]).numpy())
    [[0.5 1.5]]
    """
    policy, _ = as_policy(m, policy, backups.as_alpha(m, 0.0))
    _refuse_unsolvable(m, policy)
    return visits(m, policy)[..., None] * policy


def as_table(m: TabularMDP, name: str, table: Any, alpha: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a policy or logits, [*B, S, A], and alpha, [*B], in float64, broadcast.

    Raises:
      ValueError: If the table has another shape. The message calls the table `name`.
    """
    table = backups.as_float64(table)
    states, actions = m.num_states, m.num_actions
    if table.shape[-2:] != [states, actions]:
        raise ValueError(f"{name} must have shape [..., {states}, {actions}], not {table.shape}.")
    batch = tf.broadcast_static_shape(table.shape[:-2], alpha.shape)
    return tf.broadcast_to(table, [*batch, states, actions]), tf.broadcast_to(alpha, batch)


def as_policy(m: TabularMDP, policy: Any, alpha: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a policy, [*B, S, A], and alpha, [*B], in float64, broadcast.

    Raises:
      ValueError: If the policy has another shape, or is known to take an illegal action.
    """
    policy, alpha = as_table(m, "policy", policy, alpha)
    if m.mask is not None:
        taken = tf.get_static_value(tf.where(m.mask, tf.zeros_like(policy), policy))
        if taken is not None and np.any(taken != 0):
            where = tuple(int(i) for i in np.argwhere(taken != 0)[0])
            raise ValueError(
                f"policy must give illegal actions probability 0, not {taken[where]} at "
                f"{list(where)}."
            )
    return policy, alpha


def evaluate(
    m: TabularMDP, policy: tf.Tensor, alpha: tf.Tensor, regularizer: Regularizer
) -> PolicyEvaluation:
    """Computes `evaluate_policy` for tensors of one batch shape."""
    omega = tf.math.multiply_no_nan(regularizer.value(policy), alpha[..., None])
    paid = tf.reduce_sum(policy * m.reward, -1) + omega
    paid = tf.where(m.terminal, tf.zeros_like(paid), paid)
    v = tf.linalg.solve(_resolvent(m, policy), paid[..., None])[..., 0]
    return PolicyEvaluation(backups.action_value(m, v), v, tf.reduce_sum(m.initial * v, -1))


def visits(m: TabularMDP, policy: tf.Tensor) -> tf.Tensor:
    """Returns the discounted visits of every state that is not terminal, [*B, S]."""
    start = tf.where(m.terminal, tf.zeros_like(m.initial), m.initial)
    start = tf.broadcast_to(start, tf.shape(policy)[:-1])
    return tf.linalg.solve(_resolvent(m, policy), start[..., None], adjoint=True)[..., 0]


def _resolvent(m: TabularMDP, policy: tf.Tensor) -> tf.Tensor:
    """Returns I - gamma P_pi among the states that are not terminal, [*B, S, S]."""
    goes_on = tf.cast(~m.terminal, tf.float64)
    if isinstance(m.transition, Successors):
        _refuse_large(policy)
        chosen = sparse_transitions.chosen(m.transition, policy)
    else:
        # One row vector times one matrix [A, S] for each state: nothing of size S A S is stored.
        chosen = tf.linalg.matmul(policy[..., None, :], m.transition)[..., 0, :]
    chosen *= m.discount[..., None, None] * goes_on[..., None] * goes_on[..., None, :]
    return tf.eye(m.num_states, dtype=tf.float64) - chosen


@contextlib.contextmanager
def solvable() -> Iterator[None]:
    """Explains the error of a linear solve that finds a singular matrix.

    Raises:
      ValueError: If a linear solve inside finds a singular matrix.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        if "not invertible" not in str(error):
            raise
        raise _unsolvable() from None


def _refuse_unsolvable(m: TabularMDP, policy: tf.Tensor) -> None:
    """Raises ValueError if rounding leaves nothing of a policy's values.

    The largest expected number of steps is the norm of the inverse of the resolvent's matrix. Times
    the rounding error of a row, it bounds the relative error of a solution. Below discount 1, it is
    known.
    """
    discount, unit = tf.get_static_value(m.discount), absorption.rounding(m.num_states)
    if discount is None or np.all(discount * (1 + unit) < 1):
        return
    goes_on = tf.cast(~m.terminal, tf.float64)[..., None]
    matrix = _resolvent(m, policy)
    with solvable():
        steps = tf.linalg.solve(matrix, tf.broadcast_to(goes_on, [*matrix.shape[:-1], 1]))
    steps = tf.get_static_value(steps)
    if steps is not None and not np.all((steps >= 0) & (steps * unit < 1)):
        raise _unsolvable()


def _unsolvable() -> ValueError:
    return ValueError(
        "discount must be below 1 if a policy's episodes end so rarely that float64 cannot "
        "distinguish them from endless ones: rounding leaves nothing of its values and visits. "
        "Take a smaller discount, or finite_horizon."
    )


def _refuse_large(policy: tf.Tensor) -> None:
    shape = policy.shape[:-1].as_list()
    if None not in shape and 8 * math.prod(shape) * shape[-1] > _LARGEST_SOLVE:
        size = 8 * math.prod(shape) * shape[-1] / 2**30
        raise ValueError(
            f"the process is too large for linear solves, of {shape[-1]} states: their matrices "
            f"would take {size:.1f} GiB. For values use iterative_policy_evaluation, for the best "
            "policy soft_value_iteration; visits and exact gradients need fewer states."
        )
