"""Retrograde analysis: known numbers of positions and values, and minimax in plain Python."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import environments, tabular

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


@functools.cache
def minimax(board: tuple[int, ...]) -> tuple[float, dict[int, float]]:
    """The value for the player to move, whose stones are 1, and that of each move."""
    q = {}
    for move in range(9):
        if board[move] == 0:
            after = list(board)
            after[move] = 1
            if any(all(after[c] == 1 for c in line) for line in LINES):
                q[move] = 1.0
            elif 0 not in after:
                q[move] = 0.0
            else:
                q[move] = -minimax(tuple(-x for x in after))[0]
    return max(q.values()), q


def test_tic_tac_toe_is_solved() -> None:
    # Oracles: the known numbers of positions, and minimax with memory, move for move.
    solution = tabular.solve_game(environments.TicTacToe())
    assert len(solution.value) == 5478
    assert np.sum(~solution.terminated) == 4520
    boards = solution.state.board.astype(int)
    stones = np.concatenate([boards > 0, boards < 0], axis=-1)
    np.testing.assert_array_equal(solution.observation["board"], stones)
    for s in np.flatnonzero(~solution.terminated):
        value, q = minimax(tuple(boards[s].tolist()))
        assert solution.value[s] == value
        assert {a: solution.q[s, a] for a in np.flatnonzero(solution.q[s] > -np.inf)} == q
        for move in q:
            after = -boards[s]
            after[move] = -1
            np.testing.assert_array_equal(boards[solution.child[s, move]], after)
    assert np.all(solution.optimal.any(-1) == ~solution.terminated)


def test_connect_four_on_a_small_board_is_solved() -> None:
    # Oracle: the number of positions in J. Tromp's table of legal positions; the game is a draw.
    solution = tabular.solve_game(environments.ConnectFour())
    assert len(solution.value) == 161_029
    assert solution.value[0] == 0


def test_one_player_is_a_maximum() -> None:
    # Oracle: the largest leaf of a tree without noise.
    env = environments.SyntheticTree(3, 3, stddev=0.0)
    solution = tabular.solve_game(env)
    assert len(solution.value) == 1 + 3 + 9 + 27
    np.testing.assert_allclose(solution.value[0], env.leaves.max(), rtol=1e-6)
    node = env.leaves.reshape(3, 9).max(-1)
    np.testing.assert_allclose(solution.q[0], node, rtol=1e-6)


def test_what_cannot_be_solved_is_refused() -> None:
    with pytest.raises(ValueError, match="env must have discrete actions"):
        tabular.solve_game(environments.Pendulum())
    with pytest.raises(ValueError, match="env has more than max_positions=10 positions"):
        tabular.solve_game(environments.TicTacToe(), max_positions=10)


def test_positions_are_those_of_legal_play() -> None:
    # Oracle: the environment, along the children of a random game.
    env, rng = environments.ConnectFour(3, 3, 3), np.random.default_rng(0)
    solution = tabular.solve_game(env)
    state, _ = env.reset([], 0)
    s = 0
    while not solution.terminated[s]:
        move = rng.choice(np.flatnonzero(solution.child[s] >= 0))
        state, timestep = env.step(state, tf.constant(move, tf.int32), 0)
        s = solution.child[s, move]
        np.testing.assert_array_equal(solution.state.board[s], state.board)
    assert timestep.terminated
