"""The moves of learners in every position of a game, and their grades."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.learners import A2C, AlphaZero
from maxent_tf.tabular import GameSolution, worst_case

# The number of positions whose trees are in memory at once: for each learner, and for all together.
_LARGEST_CHUNK, _MOST_TREES = 2304, 100_000


class Grades(NamedTuple):
    """The grades of learners of batch shape [K]; each field is [K], float64.

    Attributes:
      optimal: The share of the undecided positions in which the move is among the best.
      mistakes: The number of undecided positions in which the move is not among the best.
      first: The result of the worst line of play, for the learner as the first player.
      second: The result of the worst line of play, for the learner as the second player.
    """

    optimal: np.ndarray
    mistakes: np.ndarray
    first: np.ndarray
    second: np.ndarray


def player(
    learner: AlphaZero | A2C, simulations: int, solution: GameSolution
) -> Callable[[Any], Any]:
    """Returns a function from states to moves in all positions, [K, S], 0 where decided.

    Args:
      learner: The learners, of batch shape [K].
      simulations: The number of simulations of the search of an `AlphaZero` in every position; 0
        takes the network's most probable moves.
      solution: The solution of the game.
    """
    (count,) = learner.batch_shape
    going_on = np.flatnonzero(~solution.terminated)
    chunk = min(_LARGEST_CHUNK, max(1, _MOST_TREES // count), len(going_on))
    moves = _by_search(learner, simulations, chunk) if simulations else _by_network(learner)
    program = tf.function(moves, autograph=False, jit_compile=True)

    def of_all(state: Any) -> np.ndarray:
        found = np.zeros([count, len(solution.value)], int)
        for start in range(0, len(going_on), chunk):
            # The last chunk is filled up by repetition, so that there is only one program.
            positions = np.resize(going_on[start : start + chunk], chunk)
            seen, worlds = tf.nest.map_structure(
                lambda x: tf.constant(np.broadcast_to(x[positions], (count, *x[positions].shape))),  # noqa: B023
                (solution.observation, solution.state),
            )
            found[:, positions] = program(state, seen, worlds)
        return found

    return of_all


def _by_network(learner: AlphaZero | A2C) -> Callable[..., tf.Tensor]:
    def moves(state: Any, observation: Any, world: Any) -> tf.Tensor:
        del world
        return tf.argmax(learner.policy(state, observation).logits_parameter(), axis=-1)

    return moves


def _by_search(learner: AlphaZero, simulations: int, num_envs: int) -> Callable[..., tf.Tensor]:
    config = dataclasses.replace(learner.config, num_simulations=simulations)
    searching = AlphaZero(learner.env, config, learner.batch_shape)
    carry = searching.initial_carry(num_envs)

    def moves(state: Any, observation: Any, world: Any) -> tf.Tensor:
        acted = searching.act(state, carry, observation, seed=0, explore=False, world=world)
        return acted.action

    return moves


def right(solution: GameSolution, moves: np.ndarray) -> np.ndarray:
    """Returns which moves in all positions, [K, S], are among the best moves."""
    return np.take_along_axis(solution.optimal[None], moves[..., None], axis=-1)[..., 0]


def grade(solution: GameSolution, moves: np.ndarray) -> Grades:
    """Grades moves in all positions, [K, S], by the exact solution and all lines of play."""
    found = right(solution, moves)[:, ~solution.terminated]
    values = [worst_case(solution, own) for own in moves]
    return Grades(
        optimal=np.mean(found, axis=-1),
        mistakes=np.sum(~found, axis=-1).astype(float),
        first=np.array([value.follower[0] for value in values]),
        second=np.array([-value.opponent[0] for value in values]),
    )
