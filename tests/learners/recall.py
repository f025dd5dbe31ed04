"""A world that asks, in the end, for what it showed in the beginning."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import TimeStep


class RecallState(NamedTuple):
    """The cue, [*batch], int32, and the steps so far, [*batch], int32."""

    cue: tf.Tensor
    elapsed: tf.Tensor


class Recall:
    """One of two cues is shown, then nothing, then a sign to answer: 1 for the cue, else 0.

    Observes [cue is 0, cue is 1, answer now]. Whoever forgets is right in half of the episodes.

    Args:
      delay: how many steps lie between the cue and the answer, at least 1.
    """

    spec = EnvironmentSpec(Box.of((3,), 0.0, 1.0), Discrete(2))

    def __init__(self, delay: int):
        self._delay = delay

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[RecallState, TimeStep]:
        cue = tf.random.stateless_uniform(batch_shape, as_seed(seed), maxval=2, dtype=tf.int32)
        state = RecallState(cue, tf.zeros(batch_shape, tf.int32))
        return state, self._shown(state, tf.zeros(batch_shape))

    def step(
        self, state: RecallState, action: tf.Tensor, seed: Any
    ) -> tuple[RecallState, TimeStep]:
        right = (action == state.cue) & (state.elapsed == self._delay)
        state = state._replace(elapsed=state.elapsed + 1)
        return state, self._shown(state, tf.cast(right, tf.float32))

    def _shown(self, state: RecallState, reward: tf.Tensor) -> TimeStep:
        first = state.elapsed == 0
        signs = [first & (state.cue == 0), first & (state.cue == 1), state.elapsed == self._delay]
        observation = tf.cast(tf.stack(signs, axis=-1), tf.float32)
        ended = state.elapsed > self._delay
        return TimeStep(observation, reward, ended, tf.zeros_like(ended))
