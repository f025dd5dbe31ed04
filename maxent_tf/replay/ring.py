"""The storage of transitions in TensorFlow variables, as a ring for each learner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import storage
from maxent_tf.replay.links import Links
from maxent_tf.replay.memory import allocate
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, transition_spec


class Progress(NamedTuple):
    """How far a ring has been filled, from which later changes can be told.

    Attributes:
      added: [learners], int64, the number of transitions that each learner has added.
      clears: The number of times that the ring has been cleared.
    """

    added: np.ndarray
    clears: int


class Ring(tf.Module):
    """The latest transitions of each learner, in slots 0 .. `capacity` - 1.

    The memory is that of (capacity x learners + 1) transitions. The transitions are kept in
    variables of shape [capacity * learners + 1, ...]. With one flat first axis, writing is a
    scatter of rows and reading a gather of rows, in place, in graph mode and under XLA. The last
    row takes the transitions that are not `valid`.

    Args:
      spec: The specification of the environment, which determines the shapes and dtypes of what is
        stored.
      capacity: The number of transitions kept for each learner; the oldest are overwritten.
      batch_shape: The batch shape `P` of the learners.
      n_step: The number n of consecutive steps of an environment that are read at once.
      num_envs: The number of environments of each learner, whose steps are added together; needed
        if n is above 1.
      extras: The specs of what the learner knew when it acted, see `Acted`.

    Raises:
      ValueError: If `capacity` or `n_step` is not positive, or the memory does not suffice.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        capacity: int,
        batch_shape: Sequence[int] = (),
        n_step: int = 1,
        num_envs: int = 1,
        extras: Any = (),
    ):
        super().__init__(name="ring")
        for name, value in (("capacity", capacity), ("n_step", n_step)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}.")
        self.capacity = capacity
        self.batch_shape = tuple(batch_shape)
        self.num_learners = math.prod(self.batch_shape)
        self._n_step = n_step
        self._links = Links(capacity, self.num_learners, num_envs) if n_step > 1 else None
        rows = capacity * self.num_learners + 1
        fields = transition_spec(spec.observation, spec.action, extras)
        # A function: a NamedTuple that is an attribute is wrapped by TensorFlow 2.15.
        self._fields = lambda: fields

        def variable(field: Any) -> tf.Variable:
            dtype = storage.stored_dtype(field.dtype)
            return tf.Variable(tf.zeros([rows, *field.shape], dtype), trainable=False)

        self._storage = allocate(fields, capacity, self.num_learners, variable)
        self._added = tf.Variable(tf.zeros([self.num_learners], tf.int64), trainable=False)
        self._clears = 0

    @property
    def size(self) -> tf.Tensor:
        """The number of transitions that each learner holds now, [*P], int64."""
        return tf.reshape(tf.minimum(self._added, self.capacity), self.batch_shape)

    @property
    def rows(self) -> Sequence[tf.Variable]:
        """The variables that hold the transitions, a row for each transition."""
        return tf.nest.flatten(self._storage)

    @property
    def progress(self) -> Progress:
        """What has been added until now."""
        return Progress(self._added.numpy(), self._clears)

    def rows_since(self, progress: Progress) -> np.ndarray | None:
        """Returns the numbers of the `rows` that changed since an earlier `progress`.

        Returns:
          The numbers, int64, in any order; None if the ring was cleared in between.
        """
        if progress.clears != self._clears:
            return None
        changed = [np.array([self.capacity * self.num_learners])]  # takes what is not valid
        for learner, (before, now) in enumerate(
            zip(progress.added, self._added.numpy(), strict=True)
        ):
            slots = np.arange(max(before, now - self.capacity), now) % self.capacity
            changed.append(slots * self.num_learners + learner)
        return np.concatenate(changed)

    def add(self, transition: Transition) -> tf.Tensor:
        """Appends the valid transitions of one step.

        Args:
          transition: The transitions, fields of shape [*P, B, ...], `B <= capacity`.

        Returns:
          The slots of the transitions, [*P, B], int64; -1 for those that are not valid.

        Raises:
          ValueError: If `B` exceeds the capacity, because some transitions would overwrite others
            of the same call.
        """
        ndims = len(self.batch_shape)
        count = transition.reward.shape[ndims]
        if count > self.capacity:
            raise ValueError(
                f"cannot add {count} transitions at once to a capacity of {self.capacity}: "
                "raise the capacity or use fewer environments."
            )
        valid = tf.reshape(transition.valid, [self.num_learners, count])
        increments = tf.cast(valid, tf.int64)
        position = self._added[:, None] + tf.cumsum(increments, axis=1, exclusive=True)
        slot = position % self.capacity
        scratch = tf.constant(self.capacity * self.num_learners, tf.int64)
        rows = tf.reshape(tf.where(valid, self._rows(slot), scratch), [-1])
        variables, values = tf.nest.flatten(self._storage), tf.nest.flatten(transition)
        for variable, value in zip(variables, values, strict=True):
            flat = tf.reshape(storage.to_stored(value), [-1, *variable.shape[1:]])
            variable.scatter_update(tf.IndexedSlices(flat, rows))
        self._added.assign_add(tf.reduce_sum(increments, axis=1))
        if self._links is not None:
            self._links.add(position, valid, self._added.read_value())
        return tf.reshape(tf.where(valid, slot, -1), [*self.batch_shape, count])

    def read(self, slot: tf.Tensor) -> Transition:
        """Returns transitions, each with those that followed it in its environment.

        Args:
          slot: [*P, B], int64, the slots, each below its learner's size.

        Returns:
          The transitions, fields [*P, B, ...]; [n, *P, B, ...] if n is above 1. Steps behind the
          end of an episode are steps of the next episode. Where the environment has not gone on
          yet, `truncated` is True, and the steps behind are to be left out.
        """
        slot = tf.reshape(slot, [self.num_learners, slot.shape[-1]])
        steps = [self._gather(slot)]
        if self._links is None:
            return steps[0]
        for _ in range(1, self._n_step):
            following = self._links.next(slot)
            known = following >= 0
            cut = steps[-1].truncated | ~tf.reshape(known, steps[-1].truncated.shape)
            steps[-1] = steps[-1]._replace(truncated=cut)
            slot = tf.where(known, following, slot)
            steps.append(self._gather(slot))
        return tf.nest.map_structure(lambda *x: tf.stack(x), *steps)

    def clear(self) -> None:
        """Forgets all transitions. Their rows are not read before they are written again."""
        self._added.assign(tf.zeros_like(self._added))
        self._clears += 1
        self.break_off()

    def break_off(self) -> None:
        """Records that all environments were reset: their next steps do not follow those held."""
        if self._links is not None:
            self._links.break_off()

    def _gather(self, slot: tf.Tensor) -> Transition:
        """Returns the transitions in slots [learners, B]: fields [*P, B, ...]."""
        rows = tf.reshape(self._rows(slot), [-1])

        def gather(field: Any, variable: tf.Variable) -> tf.Tensor:
            shape = [*self.batch_shape, slot.shape[-1], *variable.shape[1:]]
            return storage.from_stored(tf.reshape(tf.gather(variable, rows), shape), field.dtype)

        structure = self._fields()
        pairs = zip(tf.nest.flatten(structure), tf.nest.flatten(self._storage), strict=True)
        return tf.nest.pack_sequence_as(structure, [gather(*pair) for pair in pairs])

    def _rows(self, slot: tf.Tensor) -> tf.Tensor:
        """Returns the rows of the variables for slots: [learners, B] -> [learners, B]."""
        learner = tf.range(self.num_learners, dtype=tf.int64)[:, None]
        return slot * self.num_learners + learner
