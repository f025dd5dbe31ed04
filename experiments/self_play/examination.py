"""What learners play in every position of a game."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.learners import AlphaZero
from maxent_tf.tabular import GameSolution, worst_case

# Positions whose trees are in memory at once, for each learner.
_CHUNK = 2304


class Grades(NamedTuple):
    """How learners of batch shape [seeds] play; each field is [seeds], float64.

    Attributes:
      optimal: The share of the undecided positions in which the move is among the best.
      mistakes: The number of the others.
      first: The result of the worst line of play, for the learner as the first player.
      second: The same as the second player.
    """

    optimal: np.ndarray
    mistakes: np.ndarray
    first: np.ndarray
    second: np.ndarray


def player(learner: AlphaZero, simulations: int, solution: GameSolution) -> Callable[[Any], Any]:
    """Returns a function from states to moves in all positions, [seeds, S], 0 where decided.

    Args:
      learner: The learners, of batch shape [seeds].
      simulations: Of the search in every position; 0 takes the network's most probable moves.
      solution: The game.
    """
    (seeds,) = learner.batch_shape
    config = dataclasses.replace(learner.config, num_simulations=max(simulations, 1))
    searching = AlphaZero(learner.env, config, learner.batch_shape)

    def moves(state: Any, observation: Any, world: Any) -> tf.Tensor:
        if not simulations:
            return tf.argmax(learner.policy(state, observation).logits_parameter(), axis=-1)
        carry = searching.initial_carry(_CHUNK)
        acted = searching.act(state, carry, observation, seed=0, explore=False, world=world)
        return acted.action

    program = tf.function(moves, autograph=False, jit_compile=True)
    going_on = np.flatnonzero(~solution.terminated)

    def of_all(state: Any) -> np.ndarray:
        found = np.zeros([seeds, len(solution.value)], int)
        for start in range(0, len(going_on), _CHUNK):
            # The last chunk is filled up by repetition, so that there is one program.
            positions = np.resize(going_on[start : start + _CHUNK], _CHUNK)
            seen, worlds = tf.nest.map_structure(
                lambda x: tf.constant(np.broadcast_to(x[positions], (seeds, *x[positions].shape))),  # noqa: B023
                (solution.observation, solution.state),
            )
            found[:, positions] = program(state, seen, worlds)
        return found

    return of_all


def grade(solution: GameSolution, moves: np.ndarray) -> Grades:
    """Grades moves in all positions, [seeds, S], by the exact solution and all lines of play."""
    right = np.take_along_axis(solution.optimal[None], moves[..., None], axis=-1)[..., 0]
    undecided = ~solution.terminated
    values = [worst_case(solution, own) for own in moves]
    return Grades(
        optimal=np.mean(right[:, undecided], axis=-1),
        mistakes=np.sum(~right[:, undecided], axis=-1).astype(float),
        first=np.array([value.follower[0] for value in values]),
        second=np.array([-value.opponent[0] for value in values]),
    )
