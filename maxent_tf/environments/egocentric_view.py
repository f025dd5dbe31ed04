"""What an agent in a grid sees: the cells in front of it that nothing hides, as in MiniGrid.

The view is a square of `VIEW` x `VIEW` cells, [i, j]. The agent stands in cell `AGENT` of the view,
in the middle of the last row, and looks towards row j = 0. Column i = 0 is on its left.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

#: The number of rows and of columns of the view.
VIEW = 7
#: The cell (i, j) of the view in which the agent stands.
AGENT = (VIEW // 2, VIEW - 1)
#: The step (x, y) in each of the directions right, down, left, up; y grows downwards.
STEPS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.int32)


def _offsets() -> np.ndarray:
    """Returns the way from the agent to the cells of its view, [direction, i, j, (x, y)]."""
    forwards, rightwards = STEPS[:, None, None], np.roll(STEPS, -1, 0)[:, None, None]
    i, j = np.indices([VIEW, VIEW], np.int32)[..., None]
    return forwards * (AGENT[1] - j) + rightwards * (i - AGENT[0])


_OFFSETS = _offsets()
# [k, i]: whether cell i of a row is cell k or lies on its right.
_ON_THE_RIGHT = np.arange(VIEW)[:, None] <= np.arange(VIEW)


def cells_in_view(position: tf.Tensor, direction: tf.Tensor) -> tf.Tensor:
    """Returns the cells of the grid that lie in the view, seen or not.

    Args:
      position: [*batch, 2], int32, the cell (x, y) of the agent.
      direction: [*batch], int32, the index of its direction in `STEPS`.

    Returns:
      The cells (x, y), [*batch, VIEW, VIEW, 2], int32, some of them perhaps outside of the grid.

    >>> cells = cells_in_view(tf.constant([4, 2]), tf.constant(0))
    >>> cells[3, 6].numpy().tolist(), cells[3, 5].numpy().tolist(), cells[0, 6].numpy().tolist()
    ([4, 2], [5, 2], [4, -1])
    """
    return position[..., None, None, :] + tf.gather(_OFFSETS, direction)


def visible(opaque: tf.Tensor) -> tf.Tensor:
    """Returns which cells of the view the agent sees, by the rule of MiniGrid's `process_vis`.

    Sight spreads from the agent, row by row. In a row it goes to both sides, through cells that are
    not opaque and up to the first that is. Every cell that is seen and not opaque makes three cells
    of the row ahead seen: the one in front of it, and the two beside that one. The two sweeps of
    `process_vis` over each row come to the same.

    Args:
      opaque: [*batch, VIEW, VIEW], bool, whether a cell hides what is behind it.

    Returns:
      Whether a cell is seen, [*batch, VIEW, VIEW], bool.

    References:
      M. Chevalier-Boisvert et al. (2023), "Minigrid & Miniworld: modular & customizable
      reinforcement learning environments for goal-oriented tasks",
      https://arxiv.org/abs/2306.13831; the rule as in
      https://github.com/Farama-Foundation/Minigrid/blob/master/minigrid/core/grid.py

    >>> wall_ahead = tf.one_hot(5, VIEW, True, False) & tf.ones([VIEW, 1], tf.bool)
    >>> tf.reduce_any(visible(wall_ahead), 0).numpy().tolist()
    [False, False, False, False, False, True, True]
    """
    rows = tf.linalg.matrix_transpose(opaque)  # [..., j, i]
    # Sight goes from cell k to cell i of a row if no cell from k on is opaque before it gets to i:
    # if as many are opaque before i as before k, or, to the left, up to i as up to k.
    up_to = tf.cumsum(tf.cast(rows, tf.int32), axis=-1)
    before = up_to - tf.cast(rows, tf.int32)
    to_right = (before[..., :, None] == before[..., None, :]) & _ON_THE_RIGHT
    to_left = (up_to[..., :, None] == up_to[..., None, :]) & _ON_THE_RIGHT.T
    spreads = to_right | to_left  # [..., j, k, i]
    lit = tf.zeros_like(rows[..., 0, :]) | (np.arange(VIEW) == AGENT[0])
    seen = []
    for j in reversed(range(VIEW)):
        lit = tf.reduce_any(lit[..., :, None] & spreads[..., j, :, :], -2)
        seen.append(lit)
        clear = lit & ~rows[..., j, :]
        nothing = tf.zeros_like(clear[..., :1])
        lit = clear | tf.concat([nothing, clear[..., :-1]], -1)
        lit |= tf.concat([clear[..., 1:], nothing], -1)
    return tf.stack(seen[::-1], axis=-1)
