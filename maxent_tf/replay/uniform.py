"""Uniform experience replay in TensorFlow variables, batched over learners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.replay.ring import Ring
from maxent_tf.replay.sample import Sample
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


class UniformReplay(tf.Module):
    """A ring of transitions for each learner, sampled uniformly with replacement.

    Args:
      spec: of the world; determines the shapes and dtypes of what is stored.
      capacity: transitions kept for each learner; the oldest are overwritten.
      batch_shape: `P`, the learners' batch shape.
      n_step: n, how many steps of a world in a row are drawn at once.
      num_envs: worlds of each learner, whose steps are added together; needed where n is above 1.
      extras: the specs of what the learner knew when it acted, see `Acted`.

    Raises:
      ValueError: if `capacity` or `n_step` is not positive.
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
        super().__init__(name="uniform_replay")
        self._ring = Ring(spec, capacity, batch_shape, n_step, num_envs, extras)
        self.capacity = capacity
        self.batch_shape = self._ring.batch_shape

    @property
    def size(self) -> tf.Tensor:
        """[*P], int64: how many transitions each learner holds now."""
        return self._ring.size

    def add(self, transition: Transition) -> None:
        """Appends the valid transitions of one step.

        Args:
          transition: fields of shape [*P, B, ...], `B <= capacity`.

        Raises:
          ValueError: if `B` exceeds the capacity: some would overwrite others of the same call.
        """
        self._ring.add(transition)

    def break_off(self) -> None:
        """Tells that all worlds have been reset: their next steps do not follow those held."""
        self._ring.break_off()

    def sample(self, batch_size: int, seed: tf.Tensor) -> Sample:
        """Draws transitions uniformly with replacement, independently for every learner.

        The buffer of every learner must hold at least one transition.

        Args:
          batch_size: B.
          seed: [2], int32.

        Returns:
          Transitions that all weigh the same.
        """
        # Each learner has its own size, which a drawn range could not follow; the remainder of 32
        # random bits is uniform to within size / 2^32.
        bits = draws.bits([*self.batch_shape, batch_size], seed)
        slot = tf.cast(bits, tf.int64) % self.size[..., None]
        return Sample(self._ring.read(slot), None, slot)
