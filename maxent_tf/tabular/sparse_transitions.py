"""Transitions as lists of successors, for state spaces whose squares do not fit in memory.

Shape letters: `S` states, `A` actions, `K` the largest number of successors of one action in one
state, `M` the batch shape of the processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class Successors(NamedTuple):
    """The successors of actions and their probabilities, as sparse `transition` of a `TabularMDP`.

    Action `a` in state `s` leads to `next_state[s, a, k]` with probability `probability[s, a, k]`.
    An action with fewer than K successors has entries of probability 0, whose states do not matter.
    A state may be listed twice. Memory and time are those of S A K entries, 12 bytes each, so that
    one action with very many successors makes all actions expensive.

    The arrays are checked by the `TabularMDP` that is made of them.

    Attributes:
      next_state: [*M, S, A, K], int32, the next states, in 0 .. S - 1.
      probability: [*M, S, A, K], float64, their probabilities, which sum to 1 over the last axis.

    >>> from maxent_tf.tabular import TabularMDP
    >>> transition = Successors(next_state=[[[1], [0]], [[1], [1]]], probability=np.ones([2, 2, 1]))
    >>> m = TabularMDP(transition, [[1.0, 0.0], [0.0, 0.0]], discount=0.9, initial=[1.0, 0.0])
    >>> m.terminal.numpy().tolist(), m.transition.dense().tolist()
    ([False, True], [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    """

    next_state: Any
    probability: Any

    @classmethod
    def from_matrices(cls, matrices: Sequence[Any]) -> Successors:
        """Returns the successors that are given by one sparse matrix for every action.

        Args:
          matrices: A matrices, [S, S], with the next states along the columns: matrices or arrays
            of `scipy.sparse` in any format, or other objects with a method `tocsr()`.

        Raises:
          TypeError: If a matrix is not sparse.
          ValueError: If there is no matrix, or if a matrix is not square or not as large as the
            first.

        >>> import scipy.sparse
        >>> stay, swap = scipy.sparse.eye(2), scipy.sparse.coo_matrix([[0.0, 1.0], [1.0, 0.0]])
        >>> Successors.from_matrices([stay, swap]).next_state.tolist()
        [[[0], [1]], [[1], [0]]]
        """
        if not len(matrices):
            raise ValueError("matrices must have at least one action, not none.")
        rows = []
        for action, matrix in enumerate(matrices):
            if not hasattr(matrix, "tocsr"):
                raise TypeError(
                    f"matrices must be sparse, not {type(matrix).__name__} for action {action}: "
                    "give a dense [S, A, S] array to TabularMDP itself."
                )
            rows.append(matrix.tocsr())
            states = rows[0].shape[0]
            if rows[-1].shape != (states, states):
                raise ValueError(
                    f"matrices must all have shape {(states, states)}, not {rows[-1].shape} for "
                    f"action {action}."
                )
        counts = [np.diff(matrix.indptr) for matrix in rows]
        width = max(1, max(int(count.max(initial=0)) for count in counts))
        # Unused entries name the state itself, which is read anyway.
        own = np.arange(states, dtype=np.int32)[:, None, None]
        next_state = np.broadcast_to(own, (states, len(rows), width)).copy()
        probability = np.zeros(next_state.shape)
        for action, (matrix, count) in enumerate(zip(rows, counts, strict=True)):
            state = np.repeat(np.arange(states), count)
            place = np.arange(len(state)) - np.repeat(matrix.indptr[:-1].astype(np.int64), count)
            next_state[state, action, place] = matrix.indices
            probability[state, action, place] = matrix.data
        return cls(next_state, probability)

    def dense(self) -> np.ndarray:
        """Returns the probabilities of all next states, [*M, S, A, S], for small state spaces."""
        next_state, probability = np.asarray(self.next_state), np.asarray(self.probability)
        table = np.zeros((*next_state.shape[:-1], next_state.shape[-3]))
        entry = np.indices(next_state.shape, sparse=True)[:-1]
        np.add.at(table, (*entry, next_state), probability)
        return table


def expected_next(transition: Successors, v: tf.Tensor) -> tf.Tensor:
    """Returns the expectation of v, [*B, S], in the next state, [*B, S, A]."""
    return tf.reduce_sum(transition.probability * _next_values(transition, v), -1)


def _next_values(transition: Successors, v: tf.Tensor) -> tf.Tensor:
    """Returns the values of all successors, [*B, S, A, K]."""
    table = transition.next_state
    if table.shape.rank == 3:
        return tf.gather(v, table, axis=-1)
    # Batches of processes: every vector of values has a table of its own.
    entries = tf.shape(table)[-3:]
    flat = tf.broadcast_to(
        tf.reshape(table, tf.concat([tf.shape(table)[:-3], [-1]], 0)),
        tf.concat([tf.shape(v)[:-1], [tf.reduce_prod(entries)]], 0),
    )
    gathered = tf.gather(v, flat, axis=-1, batch_dims=v.shape.rank - 1)
    return tf.reshape(gathered, tf.concat([tf.shape(v)[:-1], entries], 0))


def chosen(transition: Successors, policy: tf.Tensor) -> tf.Tensor:
    """Returns the transition matrix, [*B, S, S], of the chain of a policy, [*B, S, A]."""
    weight = policy[..., None] * transition.probability
    states = tf.shape(weight)[-3]
    flat = tf.reshape(weight, [-1, tf.reduce_prod(tf.shape(weight)[-3:])])
    # In the flattened result, process i's entry (s, s') has the number (i S + s) S + s'.
    process = tf.range(tf.shape(flat)[0], dtype=tf.int64)[:, None]
    size = tf.cast(states, tf.int64)
    row = tf.range(size)[:, None, None] * size
    entry = tf.broadcast_to(tf.cast(transition.next_state, tf.int64) + row, tf.shape(weight))
    entry = tf.reshape(entry, tf.shape(flat)) + process * size * size
    total = tf.math.unsorted_segment_sum(
        tf.reshape(flat, [-1]), tf.reshape(entry, [-1]), tf.size(process, tf.int64) * size * size
    )
    return tf.reshape(total, tf.concat([tf.shape(weight)[:-2], [states]], 0))
