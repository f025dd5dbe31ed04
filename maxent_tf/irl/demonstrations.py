"""Estimates of how often a demonstrator takes each transition, from its trajectories.

A trajectory is a pair: the states visited, which are one more than the actions, and the actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.irl.arguments import check_process
from maxent_tf.tabular import TabularMDP

Trajectory = tuple[Sequence[int], Sequence[int]]


def sample_occupancy(
    m: TabularMDP, trajectories: Sequence[Trajectory], *, discount: float | None = None
) -> tf.Tensor:
    r"""Returns the average discounted count of every transition.

    .. math:: \hat x(s, a, s') = \frac1N \sum_{n, t} \gamma^t
              1[s^n_t = s, a^n_t = a, s^n_{t+1} = s']

    The average is unbiased, but it includes what chance did to the demonstrator: with stochastic
    moves, there may be no policy at all with these expectations. `empirical_policy` avoids that.

    Args:
      m: The decision process.
      trajectories: Pairs of T + 1 states and T actions; T may differ and is at least 1.
      discount: The discount factor gamma, in [0, 1]; None is that of `m`. `PathDistribution` needs
        1.

    Returns:
      The average counts, [S, A, S], float64.

    Raises:
      ValueError: If there are no trajectories, or if one is empty or not a path of the process.

    >>> m = TabularMDP([[[0.0, 1.0]], [[0.0, 1.0]]], [[1.0], [0.0]], 0.5, [1.0, 0.0])
    >>> sample_occupancy(m, [([0, 1], [0])]).numpy().tolist()
    [[[0.0, 1.0]], [[0.0, 0.0]]]
    """
    check_process(m)
    gamma = float(m.discount) if discount is None else discount
    if not 0 <= gamma <= 1:
        raise ValueError(f"discount must lie in [0, 1], not {gamma}.")
    total = np.zeros(m.transition.shape)
    for states, actions in _checked(m, trajectories):
        weight = gamma ** np.arange(len(actions))
        np.add.at(total, (states[:-1], actions, states[1:]), weight)
    return tf.constant(total / len(trajectories))


def empirical_policy(
    m: TabularMDP, trajectories: Sequence[Trajectory], *, pseudocount: float = 0.0
) -> tf.Tensor:
    """Returns how often each action was taken in each state, relative to the visits of the state.

    The exact occupancy of this policy, `tabular.occupancy(m, policy)`, is by construction one that
    a policy can have: the demonstrations without what chance did to them.

    Args:
      m: The decision process.
      trajectories: The trajectories, as in `sample_occupancy`.
      pseudocount: The number that is added to the count of every action, at least 0.

    Returns:
      The policy, [S, A], float64; uniform in states that were never visited.

    Raises:
      ValueError: If `sample_occupancy` would raise it, or if `pseudocount` is negative.

    >>> m = TabularMDP([[[0.0, 1.0]] * 2, [[0.0, 1.0]] * 2], np.zeros([2, 2]), 0.5, [1.0, 0.0])
    >>> empirical_policy(m, [([0, 1], [0])], pseudocount=0.5).numpy().tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    check_process(m)
    if not pseudocount >= 0:
        raise ValueError(f"pseudocount must be at least 0, not {pseudocount}.")
    count = np.full([m.num_states, m.num_actions], float(pseudocount))
    for states, actions in _checked(m, trajectories):
        np.add.at(count, (states[:-1], actions), 1.0)
    total = count.sum(-1, keepdims=True)
    uniform = np.full_like(count, 1 / m.num_actions)
    return tf.constant(np.divide(count, total, out=uniform, where=total > 0))


def log_likelihood(policy: Any, trajectories: Sequence[Trajectory]) -> tf.Tensor:
    """Returns the mean over trajectories of the log-probability of their actions, in nats.

    Args:
      policy: [S, A], or [T, S, A] for a horizon that no trajectory exceeds.
      trajectories: The trajectories, as in `sample_occupancy`.

    Returns:
      The mean, [], float64; minus infinity if the policy never does what a trajectory shows.

    Raises:
      ValueError: If `policy` has another shape or does not hold probabilities; or if there are no
        trajectories, or one is empty, longer than T, or has a state or an action that `policy`
        does not have.

    >>> print(log_likelihood([[0.5, 0.5]], [([0, 0, 0], [1, 0])]).numpy().round(4))
    -1.3863
    """
    policy = np.asarray(policy)
    if policy.ndim not in (2, 3):
        raise ValueError(f"policy must have shape [S, A] or [T, S, A], not {list(policy.shape)}.")
    if not np.all((policy >= 0) & np.isfinite(policy)):
        raise ValueError("policy must hold probabilities, finite and at least 0.")
    total = 0.0
    for i, (states, actions) in enumerate(_as_paths(trajectories, *policy.shape[-2:])):
        if policy.ndim == 3 and len(actions) > len(policy):
            raise ValueError(
                f"trajectories[{i}] has {len(actions)} actions, but policy only {len(policy)} "
                "steps: solve over a longer horizon."
            )
        steps, visited = np.arange(len(actions)), states[:-1]
        given = policy[visited] if policy.ndim == 2 else policy[steps, visited]
        taken = given[steps, actions]
        with np.errstate(divide="ignore"):
            total += np.log(taken).sum()
    return tf.constant(total / len(trajectories), tf.float64)


def _as_paths(
    trajectories: Sequence[Trajectory], num_states: int, num_actions: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns states and actions as arrays; raises ValueError if they cannot be a path."""
    if not len(trajectories):
        raise ValueError("trajectories must not be empty: give at least one pair.")
    paths = []
    for i, trajectory in enumerate(trajectories):
        if len(trajectory) != 2:
            raise ValueError(
                f"trajectories[{i}] must be a pair, of states and of actions, not "
                f"{len(trajectory)} parts."
            )
        states, actions = (np.asarray(part) for part in trajectory)
        if states.ndim != 1 or actions.ndim != 1:
            raise ValueError(
                f"trajectories[{i}] must have lists of numbers as states and actions, not arrays "
                f"of shape {list(states.shape)} and {list(actions.shape)}."
            )
        if not len(actions) or len(states) != len(actions) + 1:
            raise ValueError(
                f"trajectories[{i}] must have one state more than actions, and at least one "
                f"action, not {len(states)} states and {len(actions)} actions."
            )
        limits = [("state", states, num_states), ("action", actions, num_actions)]
        for name, values, limit in limits:
            if not np.issubdtype(values.dtype, np.integer):
                raise ValueError(
                    f"trajectories[{i}] must have integer {name}s, not {values.dtype}."
                )
            outside = (values < 0) | (values >= limit)
            if outside.any():
                raise ValueError(
                    f"trajectories[{i}] has {name} {values[outside][0]}, not in 0 .. {limit - 1}."
                )
        paths.append((states, actions))
    return paths


def _checked(
    m: TabularMDP, trajectories: Sequence[Trajectory]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns trajectories as arrays; raises ValueError if one is not a path of the process."""
    transition, terminal = m.transition.numpy(), m.terminal.numpy()
    paths = _as_paths(trajectories, m.num_states, m.num_actions)
    for i, (states, actions) in enumerate(paths):
        impossible = (transition[states[:-1], actions, states[1:]] == 0) | terminal[states[:-1]]
        if impossible.any():
            t = int(impossible.argmax())
            raise ValueError(
                f"trajectories[{i}] does not follow the process: at step {t} it goes from state "
                f"{states[t]} by action {actions[t]} to state {states[t + 1]}, which has "
                "probability 0 or leaves a terminal state."
            )
        if m.initial.numpy()[states[0]] == 0:
            raise ValueError(
                f"trajectories[{i}] starts in state {states[0]}, where no episode starts."
            )
    return paths
