"""The environments: DeepSea, tic-tac-toe for two players, and tic-tac-toe against the best play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.search_exploration.sweep import Sweep
from maxent_tf import tabular
from maxent_tf.environments import DeepSea, Environment, TicTacToe
from maxent_tf.environments.board_game import BoardGame, BoardState
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.tabular import GameSolution
from maxent_tf.types import TimeStep

# The coins of bsuite, which decide in each cell which action moves right.
_MAPPING_SEED = 42
_REPLIES_SEED = 0


class AgainstBestPlay:
    """A game against an opponent who plays best, as an environment of one player, who begins.

    A step is a move with the opponent's reply to it. Of several best replies, one was drawn for
    each position once and for all: the environment is deterministic, and a search can plan in it.

    Args:
      game: The game.
      solution: The solution of the game.
    """

    def __init__(self, game: BoardGame, solution: GameSolution) -> None:
        self._game = game
        self.spec = EnvironmentSpec(game.spec.observation, game.spec.action)
        lots = np.random.default_rng(_REPLIES_SEED).uniform(size=solution.optimal.shape)
        drawn = np.argmax(np.where(solution.optimal, lots, -1), axis=-1)
        self._replies = np.zeros(3**game.num_cells, np.int32)
        self._replies[board_number(solution.state.board)] = drawn

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[BoardState, TimeStep]:
        """Begins a game on every board of a batch: see `Environment.reset`."""
        return self._game.reset(batch_shape, seed)

    def step(self, state: BoardState, action: tf.Tensor, seed: Any) -> tuple[BoardState, TimeStep]:
        """Puts a stone and the opponent's on every board: see `Environment.step`."""
        after, own = self._game.step(state, action, seed)
        reply = tf.gather(self._replies, board_number(after.board))
        # A game that is over does not change.
        answered, other = self._game.step(after, reply, seed)
        return answered, other._replace(reward=own.reward - other.reward)


def board_number(board: Any) -> tf.Tensor:
    """Returns a number of its own for every board, [...], int32, of boards [..., cells]."""
    board = tf.cast(board, tf.int32)
    return tf.reduce_sum((board + 1) * 3 ** np.arange(board.shape[-1], dtype=np.int32), axis=-1)


def make_world(sweep: Sweep) -> Environment:
    """Returns the environment of a sweep."""
    if sweep.world == "deep_sea":
        return DeepSea(sweep.size, mapping_seed=_MAPPING_SEED)
    game = TicTacToe()
    if sweep.world == "self_play":
        return game
    return AgainstBestPlay(game, tabular.solve_game(game))


def longest_episode(sweep: Sweep) -> int:
    """Returns the largest number of steps of an episode."""
    return {"deep_sea": sweep.size, "best_play": 5, "self_play": 9}[sweep.world]


def position(world: Any) -> tf.Tensor:
    """Returns a number of its own for every state, int32, of states of any of the environments."""
    return board_number(world.board) if isinstance(world, BoardState) else world.index
