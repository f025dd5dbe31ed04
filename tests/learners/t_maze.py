"""A corridor whose end asks for the sign that its beginning showed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep

FORWARD, LEFT, RIGHT = 0, 1, 2


class TMazeState(NamedTuple):
    """The side of the goal, 1 or 2, the position and the steps so far: [*batch], int32 each."""

    side: tf.Tensor
    position: tf.Tensor
    elapsed: tf.Tensor


class TMaze:
    """The T-maze of B. Bakker (2002), "Reinforcement learning with long short-term memory".

    Observes [goal on the left, goal on the right, in the corridor, at the junction]; the sign is
    shown at the start alone. To turn at the junction ends the episode and pays 1 on the goal's
    side, -0.1 on the other. What leads nowhere costs 0.1. With a memory the best return is 1; a
    policy without one can do no better than turn to one side: 0.45 on average.

    Args:
      length: of the corridor, at least 1.
    """

    spec = EnvironmentSpec(Box.of((4,), 0.0, 1.0), Discrete(3))

    def __init__(self, length: int):
        self._length = length

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[TMazeState, TimeStep]:
        side = tf.random.stateless_uniform(batch_shape, as_seed(seed), 1, 3, tf.int32)
        zeros = tf.zeros(batch_shape, tf.int32)
        state = TMazeState(side, zeros, zeros)
        nothing = tf.zeros(batch_shape)
        return state, self._shown(state, nothing, nothing > 0)

    def step(self, state: TMazeState, action: tf.Tensor, seed: Any) -> tuple[TMazeState, TimeStep]:
        at_junction, forward = state.position == self._length, action == FORWARD
        turned = at_junction & ~forward
        moves = ~at_junction & forward
        paid = tf.where(turned & (action == state.side), 1.0, tf.where(moves, 0.0, -0.1))
        position = state.position + tf.cast(moves, tf.int32)
        state = TMazeState(state.side, position, state.elapsed + 1)
        return state, self._shown(state, paid, turned)

    def _shown(self, state: TMazeState, reward: tf.Tensor, ended: tf.Tensor) -> TimeStep:
        at_start, at_junction = state.position == 0, state.position == self._length
        signs = [
            at_start & (state.side == LEFT),
            at_start & (state.side == RIGHT),
            ~at_junction,
            at_junction,
        ]
        observation = tf.cast(tf.stack(signs, axis=-1), tf.float32)
        return TimeStep(observation, reward, ended, ~ended & (state.elapsed >= 4 * self._length))
