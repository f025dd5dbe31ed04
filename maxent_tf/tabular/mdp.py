"""Finite Markov decision processes as dense arrays.

Shape letters: `S` states, `A` actions, `M` the batch shape of the processes (`[]` is one).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.tabular.absorption import state_kept_forever

# Rows of float32 tables are off by rounding; they are normalised. More than this is a mistake.
_SUM_TOLERANCE = 1e-6


class _Fields(NamedTuple):
    transition: tf.Tensor
    reward: tf.Tensor
    discount: tf.Tensor
    initial: tf.Tensor
    terminal: tf.Tensor


class TabularMDP(_Fields):
    """A finite Markov decision process, or a batch of them, in float64.

    Where a state is terminal the episode is over: nothing is paid, no entropy is earned, and its
    value is 0. That is why terminal states must be told from states in which an agent merely stays.

    `tf.nest` sees a structure of five tensors. The arrays are checked where they are known; what a
    traced function or `tf.nest` puts in their place is kept as it is.

    Attributes:
      transition: [*M, S, A, S], float64, probabilities along the last axis.
      reward: [*M, S, A], float64, expected rewards.
      discount: [*M], float64, in [0, 1].
      initial: [*M, S], float64, the distribution of the first state.
      terminal: [*M, S], bool.

    >>> m = TabularMDP(
    ...     transition=[[[0.5, 0.5], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]],
    ...     reward=[[0.0, 1.0], [0.0, 0.0]],
    ...     discount=0.9,
    ...     initial=[1.0, 0.0],
    ... )
    >>> m.num_states, m.num_actions, m.terminal.numpy().tolist()
    (2, 2, [False, True])
    """

    __slots__ = ()

    def __new__(
        cls, transition: Any, reward: Any, discount: Any, initial: Any, terminal: Any = None
    ) -> TabularMDP:
        """Validates the arrays.

        Args:
          transition: [*M, S, A, S], rows that sum to one (to 1e-6; they are then normalised).
          reward: [*M, S, A], finite.
          discount: [] or [*M], in [0, 1]; 1 only where every policy ends in a terminal state.
          initial: [S] or [*M, S], probabilities.
          terminal: [S] or [*M, S], bool; such a state must lead only to itself and pay nothing.
            None takes every state that does so for terminal; pass an array to overrule.

        Raises:
          ValueError: if an array has another shape or breaks one of these rules; the message names
            the first offending entry.
        """
        given = (transition, reward, discount, initial, terminal)
        if not all(x is None or _is_known(x) for x in given):
            return tuple.__new__(cls, given)
        return tuple.__new__(cls, map(tf.constant, _checked(*given)))

    @property
    def num_states(self) -> int:
        """S."""
        return int(self.transition.shape[-1])

    @property
    def num_actions(self) -> int:
        """A."""
        return int(self.transition.shape[-2])

    @property
    def batch_shape(self) -> tf.TensorShape:
        """M."""
        return self.transition.shape[:-3]


def _is_known(x: Any) -> bool:
    if tf.is_tensor(x):
        return hasattr(x, "numpy")
    return isinstance(x, np.ndarray | np.generic | list | tuple | float | int)


def _checked(
    transition: Any, reward: Any, discount: Any, initial: Any, terminal: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    transition, reward, discount, initial = (
        np.asarray(x, np.float64) for x in (transition, reward, discount, initial)
    )
    if transition.ndim < 3 or transition.shape[-1] != transition.shape[-3]:
        raise ValueError(
            f"transition must have shape [..., S, A, S], not {list(transition.shape)}."
        )
    *batch, states, actions, _ = transition.shape
    if states == 0 or actions == 0:
        raise ValueError(
            "transition must have at least one state and one action, not "
            f"{states} states and {actions} actions."
        )
    if reward.shape != (*batch, states, actions):
        raise ValueError(
            f"reward must have shape {[*batch, states, actions]} beside transition "
            f"{list(transition.shape)}, not {list(reward.shape)}."
        )
    discount = _broadcast("discount", discount, tuple(batch))
    initial = _broadcast("initial", initial, (*batch, states))
    _refuse(~((discount >= 0) & (discount <= 1)), discount, "discount must lie in [0, 1]")
    _refuse(~np.isfinite(reward), reward, "reward must be finite")
    transition = _normalised("transition", transition)
    initial = _normalised("initial", initial)

    stays = np.diagonal(transition, axis1=-3, axis2=-1).swapaxes(-1, -2) == 1
    if terminal is None:
        terminal = np.all(stays & (reward == 0), -1)
    else:
        terminal = np.asarray(terminal)
        if terminal.dtype != np.bool_:
            raise ValueError(f"terminal must be bool, not {terminal.dtype}.")
        terminal = _broadcast("terminal", terminal, (*batch, states))
        ended = terminal[..., None]
        _refuse(ended & ~stays, transition, "transition of a terminal state must be to itself")
        _refuse(ended & (reward != 0), reward, "reward in a terminal state must be 0")
    kept = state_kept_forever(transition, terminal) & (discount == 1)[..., None]
    if kept.any():
        where = [int(i) for i in np.argwhere(kept)[0]]
        raise ValueError(
            "discount must be below 1 unless every policy ends in a terminal state, not 1: "
            f"from state {where[-1] if len(where) == 1 else where} a policy can go on for ever."
        )
    return transition, reward, discount, initial, terminal


def _broadcast(name: str, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return np.broadcast_to(value, shape).copy()
    except ValueError:
        raise ValueError(
            f"{name} must have shape {list(shape)}, not {list(value.shape)}."
        ) from None


def _normalised(name: str, probability: np.ndarray) -> np.ndarray:
    _refuse(~(probability >= 0), probability, f"{name} must hold probabilities, at least 0")
    total = probability.sum(-1)
    _refuse(
        ~(np.abs(total - 1) <= _SUM_TOLERANCE), total, f"{name} must sum to one over its last axis"
    )
    return probability / total[..., None]


def _refuse(wrong: np.ndarray, value: np.ndarray, rule: str) -> None:
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"{rule}, not {value[where]} at {list(where)}.")
