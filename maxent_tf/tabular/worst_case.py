"""What a policy is sure of in a game of two players, whatever the other player answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maxent_tf.tabular.games import GameSolution


class WorstCase(NamedTuple):
    """The values of all positions if one player follows a policy and the other plays best.

    Attributes:
      follower: [S], float64, the value for the player to move, if this player follows the policy.
        At position 0, it is what the policy is sure of as the first player.
      opponent: [S], float64, the value for the player to move, if the other player follows the
        policy. At position 0, it is what the opponent of the policy gets as the first player.
    """

    follower: np.ndarray
    opponent: np.ndarray


def worst_case(solution: GameSolution, policy: np.ndarray) -> WorstCase:
    r"""Evaluates a policy exactly against the opponent who knows it and answers best.

    .. math::
       f(s) = \sum_a \pi(a|s) \left(r(s, a) - o(s')\right), \qquad
       o(s) = \max_a \left(r(s, a) - f(s')\right)

    A policy that takes one action in every position loses in no line of play, whatever the opponent
    answers, if and only if f is at least 0 and o is at most 0 at the start.

    Args:
      solution: The solution of a game of two players.
      policy: [S], integer, the action in each position, or [S, A], float, probabilities. In decided
        positions it does not matter.

    Returns:
      The values of all positions; 0 where the position is decided.

    Raises:
      ValueError: If the policy has another shape, or takes an illegal action.

    >>> from maxent_tf.environments import TicTacToe
    >>> from maxent_tf.tabular import solve_game
    >>> solution = solve_game(TicTacToe())
    >>> first_legal = np.argmax(solution.child >= 0, axis=-1)
    >>> values = worst_case(solution, first_legal)
    >>> float(values.follower[0]), float(values.opponent[0])
    (-1.0, 1.0)
    """
    legal = solution.child >= 0
    policy = np.asarray(policy)
    if policy.shape == solution.value.shape and np.issubdtype(policy.dtype, np.integer):
        policy = np.eye(legal.shape[1])[policy]
    if policy.shape != legal.shape:
        raise ValueError(
            f"policy must be integer {solution.value.shape} or float {legal.shape}, one row for "
            f"each position, not {policy.dtype} {policy.shape}."
        )
    wrong = np.flatnonzero(np.any((policy != 0) & ~legal, axis=-1) & ~solution.terminated)
    if wrong.size:
        raise ValueError(
            f"policy must take legal actions alone, but does not in {wrong.size} positions, such "
            f"as {wrong[0]}, where {np.flatnonzero(legal[wrong[0]]).tolist()} are legal."
        )
    following = np.maximum(solution.child, 0)
    # A move is worth its reward minus what the other player gets after it.
    reward = np.where(legal, solution.q + solution.value[following], 0.0)
    follower, opponent = np.zeros((2, *solution.value.shape))
    for rows in reversed(_layers(solution.child)):
        going_on, child = legal[rows], following[rows]
        after = np.where(going_on, reward[rows] - opponent[child], 0.0)
        follower[rows] = np.sum(np.where(going_on, policy[rows], 0.0) * after, axis=-1)
        best = np.max(np.where(going_on, reward[rows] - follower[child], -np.inf), axis=-1)
        opponent[rows] = np.where(solution.terminated[rows], 0.0, best)
    return WorstCase(follower, opponent)


def _layers(child: np.ndarray) -> list[slice]:
    """Returns the positions after each number of moves, which follow each other."""
    starts = [0]
    while True:
        later = child[starts[-1] :]
        if not np.any(later >= 0):
            break
        starts.append(int(np.min(later[later >= 0])))
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(child)], strict=True)]
