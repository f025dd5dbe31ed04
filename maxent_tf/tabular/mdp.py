"""Finite Markov decision processes, with dense or sparse transitions.

Shape letters: `S` states, `A` actions, `K` successors of an action if the transitions are sparse,
`M` the batch shape of the processes (`[]` is one process).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.tabular import absorption, sparse_absorption
from maxent_tf.tabular.sparse_transitions import Successors

# Rows of float32 tables are off by rounding; they are normalised. More than this is a mistake.
_SUM_TOLERANCE = 1e-6


class _Fields(NamedTuple):
    transition: Any
    reward: tf.Tensor
    discount: tf.Tensor
    initial: tf.Tensor
    terminal: tf.Tensor
    legal: tf.Tensor | tuple[()]


class TabularMDP(_Fields):
    """A finite Markov decision process, or a batch of them, in float64.

    In a terminal state the episode is over: nothing is paid, no entropy is earned, and its value is
    0. Terminal states must therefore be distinguished from states in which an agent merely stays.

    An illegal action has probability 0 in every policy. Whatever the arrays say of it is ignored:
    its transitions, rewards and action values are those of the state's first legal action. Its
    logits, where there are any, are -inf.

    For `tf.nest`, a process is a structure of five tensors, one more if the transitions are sparse,
    and one more if actions are illegal. The arrays are checked if they are known. What a traced
    function or `tf.nest` puts in their place is kept as it is.

    Attributes:
      transition: [*M, S, A, S], float64, probabilities along the last axis; or `Successors` of
        shape [*M, S, A, K].
      reward: [*M, S, A], float64, the expected rewards.
      discount: [*M], float64, the discount factor, in [0, 1].
      initial: [*M, S], float64, the distribution of the first state.
      terminal: [*M, S], bool, whether a state is terminal.
      legal: [*M, S, A], bool, the legal actions; () if all are legal.

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
        cls,
        transition: Any,
        reward: Any,
        discount: Any,
        initial: Any,
        terminal: Any = None,
        legal: Any = None,
    ) -> TabularMDP:
        """Checks the arrays.

        Args:
          transition: [*M, S, A, S], rows that sum to one (to 1e-6; they are then normalised); or
            `Successors`, whose probabilities must sum to one, for large state spaces.
          reward: [*M, S, A], finite.
          discount: [] or [*M], in [0, 1]; 1 only if every policy ends in a terminal state.
          initial: [S] or [*M, S], probabilities.
          terminal: [S] or [*M, S], bool. A terminal state must lead only to itself and pay nothing.
            With None, every such state is terminal; pass an array to decide otherwise.
          legal: [S, A] or [*M, S, A], bool, the actions that may be taken; None allows all. Every
            state needs a legal action, terminal states too.

        Raises:
          ValueError: If an array has another shape or breaks one of these rules. The message names
            the first offending entry.
        """
        given = (transition, reward, discount, initial, terminal, () if legal is None else legal)
        sparse = isinstance(transition, Successors)
        parts: tuple[Any, ...] = (*transition, *given[1:]) if sparse else given
        if not all(x is None or _is_known(x) for x in parts):
            return tuple.__new__(cls, given)
        return tuple.__new__(cls, tf.nest.map_structure(tf.constant, _checked(*given)))

    @property
    def num_states(self) -> int:
        """The number S of states."""
        return int(self.reward.shape[-2])

    @property
    def num_actions(self) -> int:
        """The number A of actions."""
        return int(self.reward.shape[-1])

    @property
    def mask(self) -> tf.Tensor | None:
        """The mask `legal` as regularisers accept it: None if all actions are legal."""
        return None if isinstance(self.legal, tuple) else self.legal

    @property
    def batch_shape(self) -> tf.TensorShape:
        """The batch shape M."""
        return self.reward.shape[:-2]


def _is_known(x: Any) -> bool:
    if tf.is_tensor(x):
        return hasattr(x, "numpy")
    return isinstance(x, np.ndarray | np.generic | list | tuple | float | int)


def _checked(
    transition: Any, reward: Any, discount: Any, initial: Any, terminal: Any, legal: Any
) -> tuple[Any, ...]:
    reward, discount, initial = (np.asarray(x, np.float64) for x in (reward, discount, initial))
    if not (isinstance(legal, tuple) and legal == ()):
        legal = _checked_legal(np.asarray(legal), reward.shape)
        transition, reward = _of_legal(transition, reward, legal)
    transition, stays = (
        _checked_successors(transition)
        if isinstance(transition, Successors)
        else _checked_table(np.asarray(transition, np.float64))
    )
    *batch, states, actions = stays.shape
    if reward.shape != (*batch, states, actions):
        raise ValueError(
            f"reward must have shape {[*batch, states, actions]} beside transition, not "
            f"{list(reward.shape)}."
        )
    discount = _broadcast("discount", discount, tuple(batch))
    initial = _broadcast("initial", initial, (*batch, states))
    _refuse(~((discount >= 0) & (discount <= 1)), discount, "discount must lie in [0, 1]")
    _refuse(~np.isfinite(reward), reward, "reward must be finite")
    initial = _normalised("initial", initial)
    if terminal is None:
        terminal = np.all(stays & (reward == 0), -1)
    else:
        terminal = np.asarray(terminal)
        if terminal.dtype != np.bool_:
            raise ValueError(f"terminal must be bool, not {terminal.dtype}.")
        terminal = _broadcast("terminal", terminal, (*batch, states))
        ended = terminal[..., None]
        elsewhere = np.broadcast_to("elsewhere", stays.shape)
        _refuse(ended & ~stays, elsewhere, "transition of a terminal state must be to itself")
        _refuse(ended & (reward != 0), reward, "reward in a terminal state must be 0")
    if np.any(discount == 1):
        _refuse_endless(transition, discount, terminal)
    return transition, reward, discount, initial, terminal, legal


def _checked_legal(legal: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if legal.dtype != np.bool_:
        raise ValueError(f"legal must be bool, not {legal.dtype}.")
    legal = _broadcast("legal", legal, shape)
    stuck = np.argwhere(~legal.any(-1))
    if len(stuck):
        where = [int(i) for i in stuck[0]]
        raise ValueError(
            "legal must allow an action in every state, terminal ones too, but allows none in "
            f"state {where[-1] if len(where) == 1 else where}."
        )
    return legal


def _of_legal(transition: Any, reward: np.ndarray, legal: np.ndarray) -> tuple[Any, np.ndarray]:
    """Replaces the entries of illegal actions by those of the state's first legal action.

    A maximum or minimum over all actions is then one over the legal actions.
    """
    stand_in = np.where(legal, np.arange(legal.shape[-1]), legal.argmax(-1)[..., None])

    def replaced(table: Any) -> np.ndarray:
        table = np.asarray(table)
        if table.shape[:-1] != legal.shape:
            return table  # which is refused by its shape
        return np.take_along_axis(table, stand_in[..., None], -2)

    sparse = isinstance(transition, Successors)
    transition = Successors(*map(replaced, transition)) if sparse else replaced(transition)
    return transition, np.take_along_axis(reward, stand_in, -1)


def _checked_table(transition: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns dense transitions, normalised, and which actions certainly stay, [*M, S, A]."""
    if transition.ndim < 3 or transition.shape[-1] != transition.shape[-3]:
        raise ValueError(
            f"transition must have shape [..., S, A, S], not {list(transition.shape)}."
        )
    _refuse_empty(*transition.shape[-3:-1])
    transition = _normalised("transition", transition)
    return transition, np.diagonal(transition, axis1=-3, axis2=-1).swapaxes(-1, -2) == 1


def _checked_successors(transition: Successors) -> tuple[Successors, np.ndarray]:
    """Returns checked sparse transitions, and which actions certainly stay, [*M, S, A]."""
    next_state = np.asarray(transition.next_state)
    probability = np.asarray(transition.probability, np.float64)
    if next_state.ndim < 3 or next_state.shape != probability.shape:
        raise ValueError(
            "transition must have next_state and probability of one shape [..., S, A, K], not "
            f"{list(next_state.shape)} and {list(probability.shape)}."
        )
    states, actions, successors = next_state.shape[-3:]
    _refuse_empty(states, actions)
    if not successors:
        raise ValueError("transition must list at least one successor for each action, not 0.")
    if not np.issubdtype(next_state.dtype, np.integer):
        raise ValueError(f"next_state of transition must be integers, not {next_state.dtype}.")
    _refuse(
        (next_state < 0) | (next_state >= states),
        next_state,
        f"next_state of transition must lie in 0 .. {states - 1}",
    )
    probability = _normalised("transition", probability)
    own = np.arange(states)[:, None, None]
    stays = np.all((next_state == own) | (probability == 0), -1)
    return Successors(next_state.astype(np.int32), probability), stays


def _refuse_empty(states: int, actions: int) -> None:
    if states == 0 or actions == 0:
        raise ValueError(
            "transition must have at least one state and one action, not "
            f"{states} states and {actions} actions."
        )


def _refuse_endless(
    transition: np.ndarray | Successors, discount: np.ndarray, terminal: np.ndarray
) -> None:
    if isinstance(transition, Successors):
        kept = sparse_absorption.state_kept_forever(transition, terminal)
    else:
        kept = absorption.state_kept_forever(transition, terminal)
    kept = kept & (discount == 1)[..., None]
    if kept.any():
        where = [int(i) for i in np.argwhere(kept)[0]]
        raise ValueError(
            "discount must be below 1 unless every policy ends in a terminal state, not 1: "
            f"from state {where[-1] if len(where) == 1 else where} a policy can go on for ever."
        )


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
