"""Tic-tac-toe: three in a row on a board of 3 x 3."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.environments.board_game import BoardGame, straight_lines


class TicTacToe(BoardGame):
    """Two players fill a 3 x 3 board in turn; three stones in a straight line win.

    Action i puts a stone on cell i, row after row. With best play on both sides it is a draw. The
    game has 5,478 positions, of which 4,520 are undecided. `BoardGame` describes rewards and
    observations.

    >>> TicTacToe().spec.num_players
    2
    """

    def __init__(self) -> None:
        super().__init__(straight_lines(3, 3, 3), num_actions=9)

    def legal(self, board: tf.Tensor) -> tf.Tensor:
        """Returns which cells are empty, [*batch, 9], bool."""
        return tf.equal(board, 0)

    def cell(self, board: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the cell of the action, [*batch], int32."""
        del board
        return action
