"""What games of two players on a board have in common."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.environments.board_game import straight_lines


def naive_lines(rows: int, columns: int, length: int) -> set[frozenset[int]]:
    """Every line, by walking from every cell in every direction."""
    found = set()
    for row, column in np.ndindex(rows, columns):
        for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
            cells = [(row + i * down, column + i * right) for i in range(length)]
            if all(r < rows and 0 <= c < columns for r, c in cells):
                found.add(frozenset(r * columns + c for r, c in cells))
    return found


@pytest.mark.parametrize(
    ("rows", "columns", "length"),
    [(3, 3, 3), (4, 4, 4), (6, 7, 4), (1, 5, 2)],
)
def test_lines_are_all_straight_lines(rows: int, columns: int, length: int) -> None:
    # Oracle: a walk from every cell.
    lines = straight_lines(rows, columns, length)
    as_sets = {frozenset(np.flatnonzero(line)) for line in lines}
    assert len(lines) == len(as_sets)
    assert as_sets == naive_lines(rows, columns, length)


@pytest.mark.parametrize("env", [mx.environments.TicTacToe(), mx.environments.ConnectFour()])
def test_an_illegal_move_loses(env: mx.environments.BoardGame) -> None:
    # Oracle: the rule. Four stones in column 0, or one in cell 0, leave no place there.
    state, timestep = env.reset([], 0)
    for _ in range(4 if isinstance(env, mx.environments.ConnectFour) else 1):
        state, timestep = env.step(state, tf.constant(0), 0)
    assert timestep.observation["action_mask"][0] == 0
    state, timestep = env.step(state, tf.constant(0), 0)
    assert timestep.terminated
    assert timestep.reward == -1
    assert np.all(timestep.observation["action_mask"] == 1)


def test_observations_are_as_the_player_to_move_sees_them() -> None:
    # Oracle: by hand: one's own stones come first.
    env = mx.environments.TicTacToe()
    state, _ = env.reset([], 0)
    state, timestep = env.step(state, tf.constant(4), 0)
    np.testing.assert_array_equal(np.flatnonzero(timestep.observation["board"]), [9 + 4])
    _, timestep = env.step(state, tf.constant(0), 0)
    np.testing.assert_array_equal(np.flatnonzero(timestep.observation["board"]), [4, 9 + 0])


def test_learners_of_one_player_refuse_two() -> None:
    with pytest.raises(ValueError, match="spec must be of one player, not 2"):
        mx.learners.PPO(mx.environments.TicTacToe().spec)
