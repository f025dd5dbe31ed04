"""Policies against the opponent who answers best: every line of play, in plain Python."""

import functools

import numpy as np
import pytest

from maxent_tf import environments, tabular


@functools.cache
def solution() -> tabular.GameSolution:
    return tabular.solve_game(environments.TicTacToe())


def outcomes(policy: np.ndarray, position: int, follows: bool) -> set[float]:
    """The results, for the player to move, of all lines against a policy of one action each."""

    @functools.cache
    def lines(s: int, follows: bool) -> frozenset[float]:
        solved = solution()
        found = set()
        for a in [policy[s]] if follows else np.flatnonzero(solved.child[s] >= 0):
            child = solved.child[s, a]
            if solved.terminated[child]:
                found.add(solved.q[s, a])
            else:
                found |= {-result for result in lines(child, not follows)}
        return frozenset(found)

    return set(lines(position, follows))


def random_moves(seed: int) -> np.ndarray:
    weight = np.random.default_rng(seed).random((5478, 9))
    return np.argmax(np.where(solution().child >= 0, weight, -1), axis=-1)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_worst_of_all_lines(seed: int) -> None:
    # Oracle: the results of all lines of play from the start and from some other positions.
    policy = random_moves(seed)
    values = tabular.worst_case(solution(), policy)
    going_on = np.flatnonzero(~solution().terminated)
    for s in [0, *np.random.default_rng(seed).choice(going_on, 30)]:
        assert values.follower[s] == min(outcomes(policy, s, True))
        assert values.opponent[s] == max(outcomes(policy, s, False))


def test_best_play_is_sure_of_the_value_of_every_position() -> None:
    # Oracle: the solver's own values, which best play by both sides attains.
    best = np.argmax(solution().q, axis=-1)
    values = tabular.worst_case(solution(), best)
    np.testing.assert_array_equal(values.follower, solution().value)
    np.testing.assert_array_equal(values.opponent, solution().value)


def test_a_random_policy_is_worth_its_mean() -> None:
    # Oracle: the two equations, position by position, in plain Python.
    legal = solution().child >= 0
    policy = legal / np.maximum(legal.sum(-1, keepdims=True), 1)
    values = tabular.worst_case(solution(), policy)
    reward = np.where(legal, solution().q + solution().value[solution().child], 0)
    for s in np.flatnonzero(~solution().terminated)[::37]:
        moves = np.flatnonzero(legal[s])
        after = [reward[s, a] - values.opponent[solution().child[s, a]] for a in moves]
        assert values.follower[s] == pytest.approx(np.mean(after))
        after = [reward[s, a] - values.follower[solution().child[s, a]] for a in moves]
        assert values.opponent[s] == pytest.approx(np.max(after))
    assert values.follower[0] < 0 < values.opponent[0]


def test_bad_policies_are_named() -> None:
    # Oracle: the words of the messages.
    with pytest.raises(ValueError, match=r"policy must be integer \(5478,\) or float \(5478, 9\)"):
        tabular.worst_case(solution(), np.zeros(9))
    with pytest.raises(ValueError, match="policy must take legal actions alone, but does not in"):
        tabular.worst_case(solution(), np.zeros(5478, int))
