"""FourRooms has its walls, doors and goals in place."""

import numpy as np
import pytest

from maxent_tf.environments import FourRooms

# Cells, walls and doors drawn by hand; (0, 0) is the upper left.
MAP = """
. . . . . # . . . . .
. . . . . # . . . . .
. . . . . _ . . b . .
. . . . . # . . . . .
. . . . . # . . . . .
# # _ # # # # # _ # #
. . . . . # . . . . .
. . . . . # . . . . .
. . c . . _ . . a . .
. . . . . # . . . . .
. . . . . # . . . . .
"""


def naive_moves() -> np.ndarray:
    """[100, 4], where each move leads, read off the map."""
    drawing = [line.split() for line in MAP.split("\n") if line]

    def spot(i: int) -> int:
        return i if i < 5 else i + 1

    target = np.zeros((100, 4), int)
    for state in range(100):
        row, column = divmod(state, 10)
        here = drawing[spot(row)][spot(column)]
        for action, (up, left) in enumerate([(-1, 0), (1, 0), (0, -1), (0, 1)]):
            there = (row + up, column + left)
            inside = 0 <= there[0] < 10 and 0 <= there[1] < 10
            between = drawing[spot(row) + up][spot(column) + left] if inside else "#"
            stays = here in "abc" or between == "#"
            target[state, action] = state if stays else there[0] * 10 + there[1]
    return target


def test_moves_are_those_of_the_map() -> None:
    np.testing.assert_array_equal(FourRooms().next_state[..., 0], naive_moves())


@pytest.mark.parametrize(
    ("goal", "pays", "moves"), [((7, 7), 1.0, 14), ((2, 7), 0.6, 9), ((7, 2), 0.3, 9)]
)
def test_goals_end_the_episode_at_their_distance(
    goal: tuple[int, int], pays: float, moves: int
) -> None:
    # Oracle: the Manhattan distance, which the doors allow, with the other goals worth nothing.
    env, value = FourRooms(), np.zeros(100)
    index = goal[0] * 10 + goal[1]
    reward = env.reward * (env.next_state == index)
    for _ in range(100):
        value = (reward + 0.99 * value[env.next_state])[..., 0].max(-1)
    assert value[0] == pytest.approx(pays * 0.99 ** (moves - 1), abs=1e-12)
    assert np.flatnonzero(env.terminal).tolist() == [27, 72, 77]
