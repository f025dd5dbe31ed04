r"""One soft backup, for batches of processes and of temperatures.

`M` is the batch shape of the processes, `K` the shape of the temperatures, and `B` what they
broadcast to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer
from maxent_tf.tabular import absorption, sparse_absorption, sparse_transitions
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.sparse_transitions import Successors

_Program = TypeVar("_Program")


def once_per_regularizer(
    build: Callable[[Regularizer], _Program],
) -> Callable[[Regularizer], _Program]:
    """Keeps the compiled program of each regulariser, so that equal calls do not trace again."""
    # mypy does not see that protocols are hashable, as all frozen dataclasses are.
    return cast("Callable[[Regularizer], _Program]", functools.lru_cache(maxsize=32)(build))


def action_value(m: TabularMDP, v: tf.Tensor) -> tf.Tensor:
    """Returns r + gamma P v, [*B, S, A], from values v, [*B, S]."""
    return m.reward + m.discount[..., None, None] * expected_next(m, v)


def expected_next(m: TabularMDP, v: tf.Tensor) -> tf.Tensor:
    """Returns the expectation of v, [*B, S], in the next state, [*B, S, A]."""
    if isinstance(m.transition, Successors):
        return sparse_transitions.expected_next(m.transition, v)
    states, actions = m.num_states, m.num_actions
    rows = tf.reshape(m.transition, [*m.batch_shape, states * actions, states])
    shape = tf.concat([tf.shape(v), [actions]], 0)
    if not m.batch_shape.rank:
        # All temperatures in one matrix product, so that the transitions are read once.
        flat = tf.linalg.matmul(tf.reshape(v, [-1, states]), rows, transpose_b=True)
    else:
        flat = tf.linalg.matvec(rows, v)
    return tf.reshape(flat, shape)


def state_value(
    m: TabularMDP, q: tf.Tensor, alpha: tf.Tensor, regularizer: Regularizer
) -> tf.Tensor:
    """Returns the soft maximum of q, [*B, S, A], and 0 where terminal, [*B, S]; alpha is [*B]."""
    v = regularizer.soft_max(q, alpha[..., None])
    return tf.where(m.terminal, tf.zeros_like(v), v)


def rounding(m: TabularMDP, v: tf.Tensor, next_v: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """Returns a bound on the rounding error of a backup from v to next_v, [*B].

    A sum of n products is off by at most n + 1 units of rounding times the sum of their absolute
    values, and zeros add nothing; the soft maximum sums over the actions again.
    """
    sparse = isinstance(m.transition, Successors)
    probability = m.transition.probability if sparse else m.transition
    successors = tf.math.count_nonzero(probability, axis=-1, dtype=tf.float64)
    terms = tf.reduce_max(successors, axis=[-1, -2]) + (m.num_actions + 12)
    sizes = [tf.reduce_max(tf.abs(x), axis=-1) for x in (v, next_v)]
    paid = tf.reduce_max(tf.abs(m.reward), axis=[-1, -2])
    scale = sizes[0] + sizes[1] + paid + alpha * (1 + np.log(m.num_actions))
    return terms * scale * np.finfo(np.float64).eps / 2


def as_alpha(m: TabularMDP, alpha: Any) -> tf.Tensor:
    """Returns alpha in float64, broadcast against the batch of the processes, [*B].

    Raises:
      ValueError: if it is known now and negative or not finite, or does not broadcast.
    """
    alpha = tf.convert_to_tensor(alpha, tf.float64)
    known = tf.get_static_value(alpha)
    if known is not None and not np.all((known >= 0) & np.isfinite(known)):
        raise ValueError(f"alpha must be finite, at least 0, not {known}.")
    try:
        shape = tf.broadcast_static_shape(alpha.shape, m.batch_shape)
    except ValueError:
        raise ValueError(
            f"alpha of shape {alpha.shape} must broadcast against the batch {m.batch_shape} of the "
            "processes: give every temperature to every process by shape [K, 1]."
        ) from None
    return tf.broadcast_to(alpha, shape)


def horizon(m: TabularMDP) -> tf.Tensor:
    """Returns the bound on discounted steps on which certificates rest, [*M]; see `absorption`.

    Of a process that is traced as an argument only the discount can be read: at discount 1 it is
    infinite then.
    """
    given = (m.transition, m.discount, m.terminal)
    arrays = tf.nest.map_structure(tf.get_static_value, given)
    if any(x is None for x in tf.nest.flatten(arrays)):
        return 1 / (1 - m.discount)
    if isinstance(m.transition, Successors):
        return tf.constant(sparse_absorption.longest_horizon(*arrays))
    return tf.constant(absorption.longest_horizon(*arrays))
