"""The links from each transition of a ring to the next transition of the same environment."""

from __future__ import annotations

import tensorflow as tf


class Links(tf.Module):
    """A chain through the transitions of each environment that a ring holds.

    The transitions of a learner's environments are interleaved in its ring, without placeholders.
    A slot alone therefore does not tell where the next transition of the same environment is.

    Args:
      capacity: The number of slots of each learner's ring.
      num_learners: N, the number of learners.
      num_envs: B, the number of environments of each learner, whose steps are added together.
    """

    def __init__(self, capacity: int, num_learners: int, num_envs: int):
        super().__init__(name="links")
        self._capacity, self._num_learners = capacity, num_learners
        # -1: nothing has come yet. The last row takes what is not to be written.
        nothing = -tf.ones([capacity * num_learners + 1], tf.int64)
        self._next = tf.Variable(nothing, trainable=False)
        # Positions count all that a learner ever added; slots are positions modulo the capacity.
        latest = -tf.ones([num_learners, num_envs], tf.int64)
        self._latest = tf.Variable(latest, trainable=False)

    def add(self, position: tf.Tensor, valid: tf.Tensor, total: tf.Tensor) -> None:
        """Records the links to new transitions.

        Args:
          position: [N, B], int64, the position at which the transition of each environment was
            added.
          valid: [N, B], bool, False where none was added.
          total: [N], int64, the number of transitions that each learner has added so far.

        Raises:
          ValueError: If the number of environments is not that of the chains.
        """
        expected, given = self._latest.shape[1], position.shape[1]
        if given != expected:
            raise ValueError(
                f"n_step above 1 needs the steps of num_envs={expected} environments at once, not "
                f"of {given}: build replay with num_envs={given}."
            )
        latest = self._latest.read_value()
        self._write(position, valid, tf.constant(-1, tf.int64))
        # Another world's transition may lie by now where the one before was.
        held = (latest >= 0) & (latest >= total[:, None] - self._capacity)
        self._write(latest, valid & held, position % self._capacity)
        self._latest.assign(tf.where(valid, position, latest))

    def next(self, slot: tf.Tensor) -> tf.Tensor:
        """Returns the slots, [N, B], int64, that follow slots [N, B]; -1 where none does."""
        return tf.reshape(tf.gather(self._next, self._rows(slot)), tf.shape(slot))

    def break_off(self) -> None:
        """Ends every chain here, so that later transitions do not follow those added before."""
        self._latest.assign(-tf.ones_like(self._latest))

    def _write(self, position: tf.Tensor, where: tf.Tensor, value: tf.Tensor) -> None:
        scratch = tf.constant(self._capacity * self._num_learners, tf.int64)
        row = tf.where(tf.reshape(where, [-1]), self._rows(position % self._capacity), scratch)
        flat = tf.reshape(tf.broadcast_to(value, tf.shape(position)), [-1])
        self._next.scatter_update(tf.IndexedSlices(flat, row))

    def _rows(self, slot: tf.Tensor) -> tf.Tensor:
        learner = tf.range(self._num_learners, dtype=tf.int64)[:, None]
        return tf.reshape(slot * self._num_learners + learner, [-1])
