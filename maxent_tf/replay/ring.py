"""Storage of transitions in TensorFlow variables: a ring for each learner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, transition_spec


class Ring(tf.Module):
    """The latest transitions of each learner, in slots 0 .. `capacity` - 1.

    Memory is (capacity x learners + 1) transitions. Storage lives in variables of shape
    [capacity * learners + 1, ...]: one flat first axis makes writing a scatter and reading a gather
    of rows, in place, in graph mode and under XLA. The last row takes what is not `valid`.

    Args:
      spec: of the world; determines the shapes and dtypes of what is stored.
      capacity: transitions kept for each learner; the oldest are overwritten.
      batch_shape: `P`, the learners' batch shape.

    Raises:
      ValueError: if `capacity` is not positive.
    """

    def __init__(self, spec: EnvironmentSpec, capacity: int, batch_shape: Sequence[int] = ()):
        super().__init__(name="ring")
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}.")
        self.capacity = capacity
        self.batch_shape = tuple(batch_shape)
        self.num_learners = math.prod(self.batch_shape)
        rows = capacity * self.num_learners + 1
        self._spec = spec

        def storage(field: Any) -> tf.Variable:
            return tf.Variable(tf.zeros([rows, *field.shape], field.dtype), trainable=False)

        self._storage = tf.nest.map_structure(
            storage, transition_spec(spec.observation, spec.action)
        )
        self._added = tf.Variable(tf.zeros([self.num_learners], tf.int64), trainable=False)

    @property
    def size(self) -> tf.Tensor:
        """[*P], int64: how many transitions each learner holds now."""
        return tf.reshape(tf.minimum(self._added, self.capacity), self.batch_shape)

    def add(self, transition: Transition) -> tf.Tensor:
        """Appends the valid transitions of one step.

        Args:
          transition: fields of shape [*P, B, ...], `B <= capacity`.

        Returns:
          The slots they are in, [*P, B], int64; -1 for those that are not valid.

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
        valid = tf.reshape(transition.valid, [self.num_learners, count])
        increments = tf.cast(valid, tf.int64)
        slot = (
            self._added[:, None] + tf.cumsum(increments, axis=1, exclusive=True)
        ) % self.capacity
        scratch = tf.constant(self.capacity * self.num_learners, tf.int64)
        rows = tf.reshape(tf.where(valid, self._rows(slot), scratch), [-1])
        variables, values = tf.nest.flatten(self._storage), tf.nest.flatten(transition)
        for variable, value in zip(variables, values, strict=True):
            flat = tf.reshape(value, [-1, *variable.shape[1:]])
            variable.scatter_update(tf.IndexedSlices(flat, rows))
        self._added.assign_add(tf.reduce_sum(increments, axis=1))
        return tf.reshape(tf.where(valid, slot, -1), [*self.batch_shape, count])

    def read(self, slot: tf.Tensor) -> Transition:
        """Returns the transitions in slots [*P, B], int64, each below its learner's size."""
        count = slot.shape[-1]
        rows = tf.reshape(self._rows(tf.reshape(slot, [self.num_learners, count])), [-1])

        def gather(variable: tf.Variable) -> tf.Tensor:
            shape = [*self.batch_shape, count, *variable.shape[1:]]
            return tf.reshape(tf.gather(variable, rows), shape)

        structure = transition_spec(self._spec.observation, self._spec.action)
        gathered = [gather(variable) for variable in tf.nest.flatten(self._storage)]
        return tf.nest.pack_sequence_as(structure, gathered)

    def _rows(self, slot: tf.Tensor) -> tf.Tensor:
        """[learners, B] -> [learners, B]."""
        learner = tf.range(self.num_learners, dtype=tf.int64)[:, None]
        return slot * self.num_learners + learner
