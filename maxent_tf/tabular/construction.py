"""Decision processes from environments of this package, and from Gymnasium's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from maxent_tf.environments import FiniteWorld
from maxent_tf.tabular.mdp import TabularMDP
from maxent_tf.tabular.sparse_transitions import Successors

# (probability, next state, reward, whether the episode ends)
Outcome = tuple[float, int, float, bool]


def from_environment(
    world: FiniteWorld, *, discount: npt.ArrayLike, sparse: bool = False
) -> TabularMDP:
    """Returns the decision process of a finite environment.

    A time limit is not part of the process: truncation ends an episode, but the value of what would
    have followed remains. The noise on rewards is replaced by its mean, 0. Illegal actions stay
    illegal.

    Args:
      world: The environment, whose tables are read. Terminal states keep their numbers.
      discount: The discount factor, [] or [*M] for a batch, in [0, 1]. It may be 1 only if every
        policy ends in a terminal state.
      sparse: Whether the transitions become `Successors`, for environments with many states.

    Raises:
      TypeError: If `world` has no tables.
      ValueError: If `discount` is out of range, or 1 although a policy can go on for ever.

    >>> from maxent_tf.environments import Bandit
    >>> m = from_environment(Bandit([1.0, 0.9]), discount=1.0)
    >>> m.reward.numpy().tolist(), m.terminal.numpy().tolist()
    ([[1.0, 0.9], [0.0, 0.0]], [False, True])
    """
    if not isinstance(world, FiniteWorld):
        raise TypeError(
            f"world must be a FiniteWorld, not {type(world).__name__}: for a Gymnasium toy-text "
            "environment use from_transition_table(env.unwrapped.P, discount=...)."
        )
    transition = Successors(world.next_state, world.probability)
    reward = (world.probability * world.reward).sum(-1)
    return _batched(
        transition, sparse, reward, discount, world.initial, world.terminal, world.legal
    )


def from_transition_table(
    table: Mapping[int, Mapping[int, Sequence[Outcome]]],
    *,
    discount: npt.ArrayLike,
    initial: npt.ArrayLike | None = None,
    sparse: bool = False,
) -> TabularMDP:
    """Returns the decision process of a transition table of Gymnasium's toy-text environments.

    A state is added as the end, with the next free number. Every outcome that terminates leads
    there, whatever next state the table names.

    Args:
      table: The table, `env.unwrapped.P`: for each state 0 .. S - 1 and each action 0 .. A - 1, the
        outcomes (probability, next state, reward, terminated).
      discount: The discount factor, as in `from_environment`.
      initial: [S], the distribution of the first state, `env.unwrapped.initial_state_distrib`;
        None is uniform.
      sparse: Whether the transitions become `Successors`, as in `from_environment`.

    Returns:
      A process of S + 1 states.

    Raises:
      ValueError: If a state has no actions, states have different actions, an outcome leads to an
        unknown state, or the probabilities of an action do not sum to one.

    >>> m = from_transition_table({0: {0: [(1.0, 0, 2.0, True)]}}, discount=1.0)
    >>> m.transition.numpy().tolist(), m.reward.numpy().tolist()
    ([[[0.0, 1.0]], [[0.0, 1.0]]], [[2.0], [0.0]])
    """
    states = len(table)
    if sorted(table) != list(range(states)) or not states:
        raise ValueError(f"table must have the states 0 .. S - 1, not {sorted(table)}.")
    actions = len(table[0])
    width = max([1, *(len(outcomes) for row in table.values() for outcomes in row.values())])
    shape = (states + 1, actions, width)
    transition = Successors(np.full(shape, states), np.zeros(shape))
    reward = np.zeros((states + 1, actions))
    for state, row in table.items():
        if sorted(row) != list(range(actions)) or not row:
            raise ValueError(
                f"table must have the same actions 0 .. A - 1 in every state, not {sorted(row)} "
                f"in state {state}."
            )
        for action, outcomes in row.items():
            for entry, (probability, next_state, paid, terminated) in enumerate(outcomes):
                if not (terminated or 0 <= next_state < states):
                    raise ValueError(
                        f"table must lead to states 0 .. {states - 1}, not to {next_state} from "
                        f"state {state} by action {action}."
                    )
                transition.next_state[state, action, entry] = states if terminated else next_state
                transition.probability[state, action, entry] = probability
                reward[state, action] += probability * paid
    transition.probability[states, :, 0] = 1
    start = np.full(states, 1 / states) if initial is None else np.asarray(initial, np.float64)
    terminal = np.arange(states + 1) == states
    return _batched(transition, sparse, reward, discount, np.append(start, 0), terminal)


def _batched(
    successors: Successors,
    sparse: bool,
    reward: np.ndarray,
    discount: Any,
    initial: Any,
    terminal: Any,
    legal: Any = None,
) -> TabularMDP:
    batch = np.shape(discount)

    def repeated(table: np.ndarray) -> np.ndarray:
        return np.broadcast_to(table, (*batch, *table.shape))

    return TabularMDP(
        Successors(*map(repeated, successors)) if sparse else repeated(successors.dense()),
        repeated(reward),
        np.asarray(discount),
        initial,
        terminal,
        legal,
    )
