"""Decision processes from worlds: ours, and Gymnasium's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from maxent_tf.environments import FiniteWorld
from maxent_tf.tabular.mdp import TabularMDP

# (probability, next state, reward, whether the episode ends)
Outcome = tuple[float, int, float, bool]


def from_environment(world: FiniteWorld, *, discount: npt.ArrayLike) -> TabularMDP:
    """Returns the decision process of a finite world.

    A time limit is no part of it: truncation ends an episode, but not what would have followed.
    Noise on the rewards averages out.

    Args:
      world: its tables are read; terminal states keep their numbers.
      discount: [] or [*M] for a batch, in [0, 1]; 1 where every policy ends in a terminal state.

    Raises:
      TypeError: if `world` has no tables.
      ValueError: if `discount` is out of range, or 1 where a policy can go on for ever.

    >>> from maxent_tf.environments import Bandit
    >>> m = from_environment(Bandit([1.0, 0.9]), discount=1.0)
    >>> m.reward.numpy().tolist(), m.terminal.numpy().tolist()
    ([[1.0, 0.9], [0.0, 0.0]], [False, True])
    """
    if not isinstance(world, FiniteWorld):
        raise TypeError(
            f"world must be a FiniteWorld, not {type(world).__name__}: for a Gymnasium toy-text "
            "world use from_transition_table(env.unwrapped.P, discount=...)."
        )
    states, actions, _ = world.next_state.shape
    transition = np.zeros((states, actions, states))
    where = np.ogrid[:states, :actions]
    for outcome in range(world.next_state.shape[2]):
        transition[where[0], where[1], world.next_state[..., outcome]] += world.probability[
            ..., outcome
        ]
    reward = (world.probability * world.reward).sum(-1)
    return _batched(transition, reward, discount, world.initial, world.terminal)


def from_transition_table(
    table: Mapping[int, Mapping[int, Sequence[Outcome]]],
    *,
    discount: npt.ArrayLike,
    initial: npt.ArrayLike | None = None,
) -> TabularMDP:
    """Returns the decision process of a transition table, as Gymnasium's toy-text worlds have it.

    The state with the next free number is added as the end: every outcome that terminates leads
    there, whatever the table says about going on.

    Args:
      table: `env.unwrapped.P`: for each state 0 .. S - 1 and each action 0 .. A - 1 the outcomes
        (probability, next state, reward, terminated).
      discount: as in `from_environment`.
      initial: [S], the distribution of the first state, `env.unwrapped.initial_state_distrib`;
        None is uniform.

    Returns:
      A process of S + 1 states.

    Raises:
      ValueError: if a state has no actions, or states differ in them, or the probabilities of an
        action do not sum to one.

    >>> m = from_transition_table({0: {0: [(1.0, 0, 2.0, True)]}}, discount=1.0)
    >>> m.transition.numpy().tolist(), m.reward.numpy().tolist()
    ([[[0.0, 1.0]], [[0.0, 1.0]]], [[2.0], [0.0]])
    """
    states = len(table)
    if sorted(table) != list(range(states)) or not states:
        raise ValueError(f"table must have the states 0 .. S - 1, not {sorted(table)}.")
    actions = len(table[0])
    transition = np.zeros((states + 1, actions, states + 1))
    reward = np.zeros((states + 1, actions))
    for state, row in table.items():
        if sorted(row) != list(range(actions)) or not row:
            raise ValueError(
                f"table must have the same actions 0 .. A - 1 in every state, not {sorted(row)} "
                f"in state {state}."
            )
        for action, outcomes in row.items():
            for probability, next_state, paid, terminated in outcomes:
                target = states if terminated else next_state
                transition[state, action, target] += probability
                reward[state, action] += probability * paid
    transition[states, :, states] = 1
    start = np.full(states, 1 / states) if initial is None else np.asarray(initial, np.float64)
    terminal = np.arange(states + 1) == states
    return _batched(transition, reward, discount, np.append(start, 0), terminal)


def _batched(
    transition: np.ndarray, reward: np.ndarray, discount: Any, initial: Any, terminal: Any
) -> TabularMDP:
    batch = np.shape(discount)
    return TabularMDP(
        np.broadcast_to(transition, (*batch, *transition.shape)),
        np.broadcast_to(reward, (*batch, *reward.shape)),
        np.asarray(discount),
        initial,
        terminal,
    )
