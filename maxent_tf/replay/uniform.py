"""Uniform experience replay in TensorFlow variables, batched over learners."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


class UniformReplay(tf.Module):
    """A ring of transitions for each learner, sampled uniformly with replacement.

    Memory is (capacity x learners + 1) transitions. Storage lives in variables of shape
    [capacity * learners + 1, ...]: one flat first axis makes writing a scatter and sampling a
    gather of rows, in place, in graph mode and under XLA. The last row takes what is not `valid`.

    Args:
      spec: of the world; determines the shapes and dtypes of what is stored.
      capacity: transitions kept for each learner; the oldest are overwritten.
      batch_shape: `P`, the learners' batch shape.

    Raises:
      ValueError: if `capacity` is not positive.
    """

    def __init__(self, spec: EnvironmentSpec, capacity: int, batch_shape: Sequence[int] = ()):
        super().__init__(name="uniform_replay")
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}.")
        self.capacity = capacity
        self.batch_shape = tuple(batch_shape)
        self._learners = math.prod(self.batch_shape)
        rows = capacity * self._learners + 1
        observation, action = spec.observation, spec.action

        def storage(shape: Sequence[int], dtype: tf.DType) -> tf.Variable:
            return tf.Variable(tf.zeros([rows, *shape], dtype), trainable=False)

        self._storage = Transition(
            observation=storage(observation.shape, observation.dtype),
            action=storage(action.shape, action.dtype),
            reward=storage([], tf.float32),
            next_observation=storage(observation.shape, observation.dtype),
            terminated=storage([], tf.bool),
            truncated=storage([], tf.bool),
            valid=storage([], tf.bool),
        )
        self._added = tf.Variable(tf.zeros([self._learners], tf.int64), trainable=False)

    @property
    def size(self) -> tf.Tensor:
        """[*P], int64: how many transitions each learner holds now."""
        return tf.reshape(tf.minimum(self._added, self.capacity), self.batch_shape)

    def add(self, transition: Transition) -> None:
        """Appends the valid transitions of one step.

        Args:
          transition: fields of shape [*P, B, ...], `B <= capacity`.

        Raises:
          ValueError: if `B` exceeds the capacity: some would overwrite others of the same call.
        """
        ndims = len(self.batch_shape)
        count = transition.reward.shape[ndims]
        if count > self.capacity:
            raise ValueError(
                f"cannot add {count} transitions at once to a capacity of {self.capacity}: "
                "raise the capacity or use fewer worlds."
            )
        valid = tf.reshape(transition.valid, [self._learners, count])
        increments = tf.cast(valid, tf.int64)
        slot = (
            self._added[:, None] + tf.cumsum(increments, axis=1, exclusive=True)
        ) % self.capacity
        learner = tf.range(self._learners, dtype=tf.int64)[:, None]
        scratch = tf.constant(self.capacity * self._learners, tf.int64)
        rows = tf.reshape(tf.where(valid, slot * self._learners + learner, scratch), [-1])
        for variable, value in zip(self._storage, transition, strict=True):
            flat = tf.reshape(value, [-1, *variable.shape[1:]])
            variable.scatter_update(tf.IndexedSlices(flat, rows))
        self._added.assign_add(tf.reduce_sum(increments, axis=1))

    def sample(self, batch_size: int, seed: tf.Tensor) -> Transition:
        """Draws transitions uniformly with replacement, independently for every learner.

        The buffer of every learner must hold at least one transition.

        Args:
          batch_size: B.
          seed: [2], int32.

        Returns:
          Fields of shape [*P, B, ...].
        """
        size = tf.minimum(self._added, self.capacity)[:, None]
        # Each learner has its own size, which a drawn range could not follow; the remainder of 32
        # random bits is uniform to within size / 2^32.
        bits = tf.random.stateless_uniform(
            [self._learners, batch_size], seed, minval=None, maxval=None, dtype=tf.uint32
        )
        slot = tf.cast(bits, tf.int64) % size
        rows = slot * self._learners + tf.range(self._learners, dtype=tf.int64)[:, None]

        def gather(variable: tf.Variable) -> tf.Tensor:
            shape = [*self.batch_shape, batch_size, *variable.shape[1:]]
            return tf.reshape(tf.gather(variable, tf.reshape(rows, [-1])), shape)

        return Transition(*(gather(variable) for variable in self._storage))
