"""Grids with goals, walls and slippery ground."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from maxent_tf.environments.finite import FiniteWorld

Cell = tuple[int, int]

# Up, down, left, right, as (row, column) displacements: actions 0 .. 3.
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))


class GridWorld(FiniteWorld):
    """A grid of cells, crossed by moving up, down, left or right (actions 0, 1, 2, 3).

    A move into a wall, through a barrier or over the edge stays in its cell. With probability
    `slip`, a move that is drawn uniformly from the four replaces the chosen move. State
    `row * columns + column` is the cell `(row, column)`, counted from the upper left.

    If `slip` is 0, an action has one outcome. Otherwise it has four: outcome k is move k.

    Args:
      size: The size of the grid, `(rows, columns)`, or one number for both.
      start: The cell where every episode begins.
      goals: The cells that end the episode, with the reward for entering each of them.
      rewards: The cells that pay a reward at every step that ends there, without ending the
        episode.
      walls: The cells that cannot be entered. They keep their places in the numbering of states, as
        terminal states that are never reached.
      barriers: Pairs of neighbouring cells between which no move leads.
      slip: The probability of a random move, in [0, 1].
      max_episode_steps: The number of steps after which an episode is truncated; None for no limit.

    Raises:
      ValueError: If `size` or `slip` is out of range, a cell lies outside the grid, the two cells
        of a barrier are not neighbours, or one cell has two roles.

    >>> world = GridWorld(3, start=(0, 0), goals={(2, 2): 1.0})
    >>> world.num_states, world.next_state[0, :, 0].tolist()
    (9, [0, 3, 0, 1])
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        start: Cell,
        goals: Mapping[Cell, float],
        rewards: Mapping[Cell, float] | None = None,
        walls: Iterable[Cell] = (),
        barriers: Iterable[tuple[Cell, Cell]] = (),
        slip: float = 0.0,
        max_episode_steps: int | None = None,
    ) -> None:
        rows, columns = (size, size) if isinstance(size, int | np.integer) else size
        if rows < 1 or columns < 1:
            raise ValueError(f"size must be positive, not {size}.")
        if not 0 <= slip <= 1:
            raise ValueError(f"slip must lie in [0, 1], not {slip}.")
        rewards, walls, barriers = dict(rewards or {}), list(walls), list(barriers)
        parts = [start, *goals, *rewards, *walls]
        for row, column in parts + [cell for pair in barriers for cell in pair]:
            if not (0 <= row < rows and 0 <= column < columns):
                raise ValueError(f"cell {(row, column)} lies outside the {rows} x {columns} grid.")
        ends = [*goals, *walls]
        for cell in ends:
            if parts.count(cell) > 1:
                raise ValueError(f"cell {cell} must be only one of start, goal, reward, wall.")
        for first, second in barriers:
            if abs(first[0] - second[0]) + abs(first[1] - second[1]) != 1:
                raise ValueError(
                    f"barriers must part neighbouring cells, not {first} and {second}."
                )

        closed = {frozenset(pair) for pair in barriers}

        def move(cell: Cell, displacement: Cell) -> Cell:
            target = (cell[0] + displacement[0], cell[1] + displacement[1])
            inside = 0 <= target[0] < rows and 0 <= target[1] < columns
            blocked = target in walls or frozenset((cell, target)) in closed
            return target if inside and not blocked and cell not in ends else cell

        cells = [(row, column) for row in range(rows) for column in range(columns)]
        index = {cell: state for state, cell in enumerate(cells)}
        target = np.array([[index[move(cell, d)] for d in MOVES] for cell in cells])
        terminal = np.array([cell in ends for cell in cells])
        pays = np.array([goals.get(cell, rewards.get(cell, 0.0)) for cell in cells], np.float64)
        if slip == 0:
            next_state = target[:, :, None]
            probability = np.ones_like(next_state, np.float64)
        else:
            next_state = np.broadcast_to(target[:, None, :], (len(cells), 4, 4))
            probability = np.broadcast_to((1 - slip) * np.eye(4) + slip / 4, next_state.shape)
        super().__init__(
            next_state=next_state,
            probability=probability,
            reward=np.where(terminal[:, None, None], 0.0, pays[next_state]),
            terminal=terminal,
            initial=np.eye(len(cells))[index[start]],
            max_episode_steps=max_episode_steps,
        )
