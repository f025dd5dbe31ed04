"""Connect Four, on a board of any size."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.axes import sizes
from maxent_tf.checks import as_integer
from maxent_tf.environments.board_game import BoardGame, straight_lines


class ConnectFour(BoardGame):
    """Two players drop stones into columns in turn; `connect` in a straight line win.

    Action i drops a stone into column i, where it falls onto the stones that are there. Cells are
    numbered row after row, from the lowest. On the board of 4 x 4, best play on both sides is a
    draw, and there are 161,029 positions. `BoardGame` describes rewards and observations.

    Args:
      rows: The number of rows. The game proper has 6 rows and 7 columns.
      columns: The number of columns.
      connect: The number of stones in a line that win.

    Raises:
      ValueError: If a number is not a positive integer, or no line fits the board.

    >>> ConnectFour(6, 7).spec.action
    Discrete(num_values=7)
    """

    def __init__(self, rows: int = 4, columns: int = 4, connect: int = 4) -> None:
        self.rows, self.columns = as_integer("rows", rows), as_integer("columns", columns)
        self.connect = as_integer("connect", connect)
        if self.connect > max(self.rows, self.columns):
            raise ValueError(
                f"connect must be at most the number of rows or of columns, not {connect} on a "
                f"board of {rows} x {columns}: nobody could win."
            )
        super().__init__(straight_lines(self.rows, self.columns, self.connect), self.columns)

    def legal(self, board: tf.Tensor) -> tf.Tensor:
        """Returns which columns are not full, [*batch, columns], bool."""
        return tf.equal(board[..., -self.columns :], 0)

    def cell(self, board: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the lowest empty cell of the column of the action, [*batch], int32."""
        stones = tf.reshape(board != 0, [*sizes(board)[:-1], self.rows, self.columns])
        height = tf.reduce_sum(tf.cast(stones, tf.int32), axis=-2)
        row = tf.gather(height, action, batch_dims=len(action.shape))
        return row * self.columns + action
