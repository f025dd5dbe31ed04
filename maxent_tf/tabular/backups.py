r"""The soft backup, for batches of processes and of temperatures.

`M` is the batch shape of the processes, `K` the shape of the temperatures, and `B` the shape to
which both broadcast.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import tensorflow as tf

from maxent_tf.regularizers import Regularizer, Shannon, Tsallis
from maxent_tf.tabular import absorption, sparse_absorption, sparse_backup, sparse_transitions
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.sparse_transitions import Successors

_Program = TypeVar("_Program")
# At alpha = 0 their maximum is the largest q, whichever action it belongs to.
_UNBIASED = (Shannon, Tsallis)


def once_per_regularizer(
    build: Callable[[Regularizer], _Program],
) -> Callable[[Regularizer], _Program]:
    """Keeps the compiled program of each regulariser, so that equal calls do not trace again."""
    # mypy does not see that protocols are hashable, as all frozen dataclasses are.
    return cast("Callable[[Regularizer], _Program]", functools.lru_cache(maxsize=32)(build))


@dataclasses.dataclass(frozen=True)
class _HardMaximum:
    """A regulariser at alpha = 0, without computing the terms that alpha multiplies by 0."""

    regularizer: Regularizer

    def value(self, p: tf.Tensor) -> tf.Tensor:
        return self.regularizer.value(p)

    def soft_max(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        del alpha
        return tf.reduce_max(q if mask is None else tf.where(mask, q, -np.inf), -1)

    def greedy(
        self, q: tf.Tensor, alpha: tf.Tensor | float, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        return self.regularizer.greedy(q, alpha, mask)


def at_temperature(regularizer: Regularizer, alpha: tf.Tensor) -> Regularizer:
    """Returns an equal regulariser, which is cheaper if alpha is known to be 0 throughout.

    A divergence from a reference is not replaced: at alpha = 0 it still excludes the actions that
    the reference excludes.
    """
    known = tf.get_static_value(alpha)
    hard = known is not None and not np.any(known)
    return _HardMaximum(regularizer) if hard and type(regularizer) in _UNBIASED else regularizer


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
    v = regularizer.soft_max(q, alpha[..., None], m.mask)
    return tf.where(m.terminal, tf.zeros_like(v), v)


def greedy(m: TabularMDP, q: tf.Tensor, alpha: tf.Tensor, regularizer: Regularizer) -> tf.Tensor:
    """Returns the policy of the soft maximum of q, both [..., *B, S, A]; alpha is [*B]."""
    return regularizer.greedy(q, alpha[..., None], m.mask)


def backup(
    m: TabularMDP, alpha: tf.Tensor, regularizer: Regularizer
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the function v -> T v, [*B, S] each, for a loop under XLA; alpha is [*B].

    The function is `state_value` of `action_value`, in a faster form if there is one.
    """
    hard = isinstance(regularizer, _HardMaximum)
    if (
        isinstance(m.transition, Successors)
        and sparse_backup.is_short(m.transition)
        and m.mask is None
        and (hard or isinstance(regularizer, Shannon))
    ):
        fast = sparse_backup.written_out(m.transition, m.reward, m.discount, alpha, hard)
        return lambda v: tf.where(m.terminal, tf.zeros_like(v), fast(v))
    return lambda v: state_value(m, action_value(m, v), alpha, regularizer)


def rounding(m: TabularMDP, v: tf.Tensor, next_v: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """Returns a bound on the rounding error of a backup from v to next_v, [*B].

    A sum of n products is off by at most n + 1 units of rounding times the sum of their absolute
    values; zeros add nothing. The soft maximum is another sum, over the actions.
    """
    sparse = isinstance(m.transition, Successors)
    probability = m.transition.probability if sparse else m.transition
    successors = tf.math.count_nonzero(probability, axis=-1, dtype=tf.float64)
    terms = tf.reduce_max(successors, axis=[-1, -2]) + (m.num_actions + 12)
    sizes = [tf.reduce_max(tf.abs(x), axis=-1) for x in (v, next_v)]
    paid = tf.reduce_max(tf.abs(m.reward), axis=[-1, -2])
    scale = sizes[0] + sizes[1] + paid + alpha * (1 + np.log(m.num_actions))
    return terms * scale * np.finfo(np.float64).eps / 2


def as_float64(value: Any) -> tf.Tensor:
    """Returns numbers in float64, given as any structure of lists, an array or a tensor."""
    # `cast` alone would round Python's numbers to float32 first.
    return tf.cast(value if tf.is_tensor(value) else tf.constant(value, tf.float64), tf.float64)


def as_alpha(m: TabularMDP, alpha: Any) -> tf.Tensor:
    """Returns alpha in float64, broadcast against the batch of the processes, [*B].

    Raises:
      ValueError: If alpha is statically known and negative or not finite, or does not broadcast.
    """
    alpha = as_float64(alpha)
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

    If a process is traced as an argument, only its discount can be read. At discount 1, the bound
    is then infinite.
    """
    given = (m.transition, m.discount, m.terminal)
    arrays = tf.nest.map_structure(tf.get_static_value, given)
    if any(x is None for x in tf.nest.flatten(arrays)):
        successors = tf.nest.flatten(m.transition)[-1].shape[-1]
        room = 1 - m.discount * (1 + absorption.rounding(successors))
        return tf.where(room > 0, 1 / room, np.inf)
    if isinstance(m.transition, Successors):
        return tf.constant(sparse_absorption.longest_horizon(*arrays))
    return tf.constant(absorption.longest_horizon(*arrays))
