"""GridWorld moves, bumps, slips and pays as described."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import FiniteWorld, GridWorld

MOVES = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def naive_target(row: int, column: int, move: tuple[int, int], size: tuple[int, int]) -> int:
    """The state that a move leads to on a grid without walls or goals."""
    row = min(max(row + move[0], 0), size[0] - 1)
    column = min(max(column + move[1], 0), size[1] - 1)
    return row * size[1] + column


def test_moves_on_an_open_grid() -> None:
    # Oracle: clipping the coordinates.
    env = GridWorld((3, 4), start=(1, 1), goals={})
    for state in range(12):
        for action, move in enumerate(MOVES.values()):
            assert env.next_state[state, action, 0] == naive_target(*divmod(state, 4), move, (3, 4))
    assert not np.any(env.terminal)
    np.testing.assert_array_equal(env.initial, np.eye(12)[5])


def test_walls_and_barriers_stop_the_move() -> None:
    # Oracle: a map of 2 x 3 cells read off by hand: a wall at (0, 1), a barrier under (0, 2).
    env = GridWorld((2, 3), start=(0, 0), goals={}, walls=[(0, 1)], barriers=[((1, 2), (0, 2))])
    assert env.next_state[..., 0].tolist() == [
        [0, 3, 0, 0],
        [1, 1, 1, 1],
        [2, 2, 2, 2],
        [0, 3, 3, 4],
        [4, 4, 3, 5],
        [5, 5, 4, 5],
    ]
    assert env.terminal.tolist() == [False, True, False, False, False, False]


def test_goals_pay_on_entering_and_rewards_at_every_arrival() -> None:
    # Oracle: the four states read off by hand; (0, 1) pays also to whom stays there by bumping.
    env = GridWorld((1, 4), start=(0, 2), goals={(0, 3): 1.0}, rewards={(0, 0): 0.5})
    assert env.reward[..., 0].tolist() == [
        [0.5, 0.5, 0.5, 0.0],
        [0.0, 0.0, 0.5, 0.0],
        [0.0, 0.0, 0.0, 1.0],
        [0.0, 0.0, 0.0, 0.0],
    ]
    assert env.terminal.tolist() == [False, False, False, True]


def dense(env: FiniteWorld) -> np.ndarray:
    """[S, A, S], the transition matrix."""
    matrix = np.zeros((env.num_states, env.num_actions, env.num_states))
    for s, a, k in np.ndindex(*env.next_state.shape):
        matrix[s, a, env.next_state[s, a, k]] += env.probability[s, a, k]
    return matrix


def test_slipping_mixes_the_four_moves() -> None:
    # Oracle: the mixture of the transition matrices without slipping.
    places: dict[str, Any] = {"start": (0, 0), "goals": {(2, 2): 1.0}, "walls": [(1, 1)]}
    firm = dense(GridWorld(3, **places))
    icy = dense(GridWorld(3, **places, slip=0.2))
    expected = 0.8 * firm + 0.2 * firm.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(icy, expected, rtol=0, atol=1e-15)


def test_time_limit_reaches_the_world() -> None:
    env = GridWorld(2, start=(0, 0), goals={(1, 1): 1.0}, max_episode_steps=1)
    state, _ = env.reset([], seed=0)
    _, timestep = env.step(state, tf.constant(0), seed=0)
    assert timestep.truncated


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 0}, "size must be positive"),
        ({"slip": 1.5}, "slip must lie in"),
        ({"start": (3, 0)}, r"cell \(3, 0\) lies outside the 3 x 3 grid"),
        ({"goals": {(0, -1): 1.0}}, r"cell \(0, -1\) lies outside"),
        ({"barriers": [((2, 2), (2, 3))]}, r"cell \(2, 3\) lies outside"),
        ({"barriers": [((0, 0), (1, 1))]}, "barriers must part neighbouring cells"),
        ({"walls": [(0, 0)]}, r"cell \(0, 0\) must be only one of"),
        ({"rewards": {(2, 2): 1.0}}, r"cell \(2, 2\) must be only one of"),
    ],
)
def test_impossible_maps_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GridWorld(**({"size": 3, "start": (0, 0), "goals": {(2, 2): 1.0}} | arguments))
