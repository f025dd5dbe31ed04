"""Games of two players who fill a board in turn until one has a line of their own."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.environments.common import as_action, as_batch_shape
from maxent_tf.specs import ACTION_MASK, Box, Discrete, EnvironmentSpec, action_mask_spec
from maxent_tf.types import TimeStep


class BoardState(NamedTuple):
    """The state of a game.

    Attributes:
      board: [*batch, cells], float32: 1 where the player to move has a stone, -1 where the other
        player has one, and 0 where the cell is empty. It does not change after the end.
      terminated: [*batch], bool, whether the game is over.
    """

    board: tf.Tensor
    terminated: tf.Tensor


class BoardGame(abc.ABC):
    """A game of two players, who put stones on a board in turn.

    The player whose move completes a line of their own stones has a reward of 1 and wins. A full
    board without a line is a draw. A move to where none is legal loses at once, with a reward of
    -1. Rewards are those of the player who moved; the other player's are the opposite.

    An observation has the part "board", [2 * cells], which is the stones of the player to move and
    then those of the other player, one number for each cell, 1 or 0; and the part "action_mask".
    After the end, all actions are legal and change nothing.

    Args:
      lines: [L, cells], whether each cell belongs to each line; all lines have equal lengths.
      num_actions: The number of actions.
    """

    def __init__(self, lines: np.ndarray, num_actions: int) -> None:
        self._lines = lines.astype(np.float32)
        self.num_cells = lines.shape[1]
        action = Discrete(num_actions)
        board = Box.of((2 * self.num_cells,), 0.0, 1.0)
        self._spec = EnvironmentSpec(
            {"board": board, ACTION_MASK: action_mask_spec(action)}, action, num_players=2
        )

    @property
    def spec(self) -> EnvironmentSpec:
        """The specification of the environment."""
        return self._spec

    @abc.abstractmethod
    def legal(self, board: tf.Tensor) -> tf.Tensor:
        """Returns which actions are legal on a board, [*batch, A], bool."""

    @abc.abstractmethod
    def cell(self, board: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the cell that the stone of an action comes to, [*batch], int32."""

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[BoardState, TimeStep]:
        """Begins a game on every board of a batch: see `Environment.reset`."""
        del seed
        batch_shape = as_batch_shape(batch_shape)
        state = BoardState(tf.zeros([*batch_shape, self.num_cells]), tf.zeros(batch_shape, tf.bool))
        return state, self._observed(state, tf.zeros(batch_shape))

    def step(self, state: BoardState, action: tf.Tensor, seed: Any) -> tuple[BoardState, TimeStep]:
        """Puts a stone on every board: see `Environment.step`."""
        del seed
        action = as_action(action, self.spec.action, state.terminated.shape)
        legal = tf.gather(self.legal(state.board), action, batch_dims=len(action.shape))
        stone = tf.one_hot(self.cell(state.board, action), self.num_cells)
        # An illegal move puts no stone.
        board = state.board + stone * tf.cast(legal, tf.float32)[..., tf.newaxis]
        own = tf.cast(board > 0, tf.float32)
        length = self._lines[0].sum()
        on_lines = tf.linalg.matmul(own[..., tf.newaxis, :], self._lines, transpose_b=True)
        won = legal & tf.reduce_any(on_lines[..., 0, :] >= length, axis=-1)
        full = tf.reduce_all(board != 0, axis=-1)
        reward = tf.cast(won, tf.float32) - tf.cast(~legal, tf.float32)
        over = state.terminated
        # The other player is to move.
        next_state = BoardState(
            tf.where(over[..., tf.newaxis], state.board, -board), over | won | full | ~legal
        )
        return next_state, self._observed(next_state, tf.where(over, 0.0, reward))

    def _observed(self, state: BoardState, reward: tf.Tensor) -> TimeStep:
        board, over = state
        stones = tf.concat([tf.cast(board > 0, tf.float32), tf.cast(board < 0, tf.float32)], -1)
        mask = self.legal(board) | over[..., tf.newaxis]
        observation = {"board": stones, ACTION_MASK: tf.cast(mask, tf.int32)}
        return TimeStep(observation, reward, over, tf.zeros_like(over))


def straight_lines(rows: int, columns: int, length: int) -> np.ndarray:
    """Returns the straight lines of a board: along rows, columns and diagonals.

    Returns:
      Whether each cell, row after row, belongs to each line, [L, rows * columns], bool.

    >>> straight_lines(3, 3, 3).shape
    (8, 9)
    """
    lines = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for row, column in np.ndindex(rows, columns):
            last_row, last_column = row + down * (length - 1), column + right * (length - 1)
            if last_row < rows and 0 <= last_column < columns:
                line = np.zeros([rows, columns], bool)
                step = np.arange(length)
                line[row + down * step, column + right * step] = True
                lines.append(line.ravel())
    return np.array(lines)
