"""The exact optimum of an environment whose transitions are a table."""

from __future__ import annotations

from typing import Any

import numpy as np


def optimum(env: Any) -> float | None:
    r"""Returns the largest expected return of an episode, or None if it is not known exactly.

    Backward induction over the steps h of an episode of at most H steps:

    .. math::
       V_h(s) = \max_a \sum_{s'} p(s' | s, a) (r + V_{h+1}(s')), \qquad V_H = 0

    Args:
      env: An environment of Gymnasium. It is known exactly if it has a time limit and, like those
        of toy text, a table `P[state][action]` of (probability, next state, reward, terminated) and
        the probabilities of its initial states, `initial_state_distrib`.
    """
    steps = env.spec.max_episode_steps
    table = getattr(env.unwrapped, "P", None)
    initial = getattr(env.unwrapped, "initial_state_distrib", None)
    if steps is None or table is None or initial is None:
        return None
    num_states, num_actions = len(table), len(table[0])
    move = np.zeros((num_states, num_actions, num_states))
    reward = np.zeros((num_states, num_actions))
    for state, actions in table.items():
        for action, outcomes in actions.items():
            for probability, successor, paid, terminated in outcomes:
                reward[state, action] += probability * paid
                move[state, action, successor] += probability * (not terminated)
    value = np.zeros(num_states)
    for _ in range(steps):
        value = (reward + move @ value).max(axis=1)
    return float(initial @ value)
