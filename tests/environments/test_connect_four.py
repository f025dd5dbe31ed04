"""Connect Four: stones fall, four in any direction win, sizes."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import ConnectFour


def played(env: ConnectFour, moves: list[int]) -> tuple:
    state, timestep = env.reset([], 0)
    for move in moves:
        state, timestep = env.step(state, tf.constant(move), 0)
    return state, timestep


@pytest.mark.parametrize(
    "moves",
    [
        [0, 0, 1, 1, 2, 2, 3],  # along the lowest row
        [3, 0, 3, 0, 3, 0, 3],  # up a column
        [0, 1, 1, 2, 2, 3, 2, 3, 3, 0, 3],  # a rising diagonal
        [3, 2, 2, 1, 1, 0, 1, 0, 0, 3, 0],  # a falling diagonal
    ],
)
def test_four_in_any_direction_win(moves: list[int]) -> None:
    # Oracle: by hand; nothing is decided before the last move.
    env = ConnectFour()
    _, before = played(env, moves[:-1])
    assert not before.terminated
    _, after = played(env, moves)
    assert after.terminated
    assert after.reward == 1


def test_stones_fall_onto_those_below() -> None:
    # Oracle: by hand: cells 1, 5, 9 and 13 are column 1, from the lowest row.
    env = ConnectFour()
    state, timestep = played(env, [1, 1, 1])
    np.testing.assert_array_equal(np.flatnonzero(state.board), [1, 5, 9])
    np.testing.assert_array_equal(timestep.observation["action_mask"], 1)
    _, timestep = played(env, [1, 1, 1, 1])
    np.testing.assert_array_equal(timestep.observation["action_mask"], [1, 0, 1, 1])


def test_a_line_must_fit() -> None:
    with pytest.raises(ValueError, match="connect must be at most the number of rows or of col"):
        ConnectFour(3, 3, 4)
    assert ConnectFour(1, 4, 4).spec.action.num_values == 4
