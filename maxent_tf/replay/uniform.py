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
      spec: The specification of the environment, which determines the shapes and dtypes of what is
        stored.
      capacity: The number of transitions kept for each learner; the oldest are overwritten.
      batch_shape: The batch shape `P` of the learners.
      n_step: The number n of consecutive steps of an environment that are drawn at once.
      num_envs: The number of environments of each learner, whose steps are added together; needed
        if n is above 1.
      extras: The specs of what the learner knew when it acted, see `Acted`.

    Raises:
      ValueError: If `capacity` or `n_step` is not positive.
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
    def ring(self) -> Ring:
        """The ring that holds the transitions."""
        return self._ring

    @property
    def size(self) -> tf.Tensor:
        """The number of transitions that each learner holds now, [*P], int64."""
        return self._ring.size

    def add(self, transition: Transition) -> None:
        """Appends the valid transitions of one step.

        Args:
          transition: The transitions, fields of shape [*P, B, ...], `B <= capacity`.

        Raises:
          ValueError: If `B` exceeds the capacity, because some transitions would overwrite others
            of the same call.
        """
        self._ring.add(transition)

    def clear(self) -> None:
        """Forgets all transitions."""
        self._ring.clear()

    def break_off(self) -> None:
        """Records that all environments were reset: their next steps do not follow those held."""
        self._ring.break_off()

    def sample(self, batch_size: int, seed: tf.Tensor) -> Sample:
        """Draws transitions uniformly with replacement, independently for every learner.

        The buffer of every learner must hold at least one transition.

        Args:
          batch_size: The number B of transitions in a minibatch.
          seed: A seed of shape [2], int32.

        Returns:
          The transitions, without importance weights.
        """
        # Each learner has its own size, which a drawn range could not follow; the remainder of 32
        # random bits is uniform to within size / 2^32.
        bits = draws.bits([*self.batch_shape, batch_size], seed)
        slot = tf.cast(bits, tf.int64) % self.size[..., None]
        return Sample(self._ring.read(slot), None, slot)
