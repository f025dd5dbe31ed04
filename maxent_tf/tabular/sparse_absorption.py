"""The functions of `absorption` for sparse transitions, in time and memory of their order.

Shape letters: `S` states, `A` actions, `K` successors, `M` the batch shape of the processes.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from maxent_tf.tabular import absorption
from maxent_tf.tabular.sparse_transitions import Successors, expected_next

_ENOUGH = 0.01
_MAX_SWEEPS = 100_000


def state_kept_forever(transition: Successors, terminal: np.ndarray) -> np.ndarray:
    """Marks the states from which some policy may never reach a terminal state.

    Args:
      transition: The successors, of shape [*M, S, A, K].
      terminal: [*M, S], bool, whether a state is terminal.

    Returns:
      The marks, [*M, S], bool; see `absorption.state_kept_forever`.
    """
    kept = np.empty(terminal.shape, np.bool_)
    for i in np.ndindex(terminal.shape[:-1]):
        kept[i] = _kept(transition.next_state[i], transition.probability[i] > 0, terminal[i])
    return kept


def _kept(next_state: np.ndarray, possible: np.ndarray, terminal: np.ndarray) -> np.ndarray:
    """Searches backwards from the end and looks at every transition once; `terminal` is [S]."""
    states, actions, _ = next_state.shape
    pair = np.nonzero(possible.reshape(states * actions, -1))[0]
    target = next_state[possible]
    order = np.argsort(target, kind="stable")
    # The pairs of a state and an action that may lead to s: pair[begin[s] : begin[s + 1]].
    pair, begin = pair[order], np.searchsorted(target[order], np.arange(states + 1))
    del order, target
    stays = np.ones(states * actions, np.bool_)
    staying_actions = np.full(states, actions)
    kept = ~terminal
    removed = np.flatnonzero(terminal)
    while removed.size:
        count = begin[removed + 1] - begin[removed]
        entry = np.arange(count.sum()) + np.repeat(begin[removed] - np.cumsum(count) + count, count)
        leaves = np.unique(pair[entry])
        leaves = leaves[stays[leaves]]
        stays[leaves] = False
        state, lost = np.unique(leaves // actions, return_counts=True)
        staying_actions[state] -= lost
        removed = state[kept[state] & (staying_actions[state] == 0)]
        kept[removed] = False
    return kept


def longest_horizon(
    transition: Successors, discount: np.ndarray, terminal: np.ndarray
) -> np.ndarray:
    """Returns an upper bound on w over all states, which holds in spite of rounding errors.

    At discount 1, value iteration approaches w from below until `absorption.super_solution` has a
    slack of at most 0.01.

    Args:
      transition: The successors, of shape [*M, S, A, K].
      discount: [*M], float64; where it is 1, every policy must end in a terminal state.
      terminal: [*M, S], bool, whether a state is terminal.

    Returns:
      The bound, [*M], float64. Below discount 1 it is 1 / (1 - discount). At discount 1 it is at
      most 1.02 times the largest expected number of steps, or infinite if 100,000 sweeps do not
      bound that number.
    """
    successors = transition.next_state.shape[-1]
    bound = absorption.discounted_horizon(discount, successors)
    endless = discount == 1
    if not endless.any():
        return bound
    steps, slack = (x.numpy() for x in _expected_steps(transition, terminal, endless))
    slack += absorption.rounding(successors) * (1 + steps)
    return np.where(endless, absorption.super_solution(steps, slack), bound)


@tf.function(autograph=False, jit_compile=True)
def _expected_steps(
    transition: Successors, terminal: tf.Tensor, wanted: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the largest w and d, [*M] each, of the last sweep, where `wanted`, [*M], is True."""

    def more(sweep: tf.Tensor, _: tf.Tensor, slack: tf.Tensor, largest: tf.Tensor) -> tf.Tensor:
        del largest
        return (sweep < _MAX_SWEEPS) & tf.reduce_any(wanted & (slack > _ENOUGH))

    def step(sweep: tf.Tensor, w: tf.Tensor, *_: tf.Tensor) -> tuple[tf.Tensor, ...]:
        next_w = 1 + tf.reduce_max(expected_next(transition, w), -1)
        next_w = tf.where(terminal, tf.zeros_like(w), next_w)
        return sweep + 1, next_w, tf.reduce_max(next_w - w, -1), tf.reduce_max(w, -1)

    w = tf.zeros(tf.shape(terminal), tf.float64)
    infinite = tf.fill(tf.shape(w)[:-1], tf.constant(float("inf"), tf.float64))
    _, _, slack, largest = tf.while_loop(more, step, (0, w, infinite, infinite))
    return largest, slack
