"""Binary trees of sums in one TensorFlow variable, for proportional draws in logarithmic time."""

from __future__ import annotations

import tensorflow as tf


class SumTree(tf.Module):
    """Non-negative weights of `capacity` leaves in each of several trees.

    Node 1 is the root; the children of node k are 2 k and 2 k + 1. A node holds the sum of its
    children. The sum is computed again whenever a leaf below changes, so that rounding errors
    cannot build up. In float64, a sum over 2^20 leaves is right to 20 roundings. Node 0 takes what
    is to be left out.

    Args:
      num_trees: N, the number of trees.
      capacity: The number of leaves of each tree, at least 1.
    """

    def __init__(self, num_trees: int, capacity: int):
        super().__init__(name="sum_tree")
        self._depth = (int(capacity) - 1).bit_length()
        self._first_leaf = 1 << self._depth
        self._width = 2 * self._first_leaf
        self._num_trees = num_trees
        zeros = tf.zeros([num_trees * self._width], tf.float64)
        self._nodes = tf.Variable(zeros, trainable=False)

    @property
    def total(self) -> tf.Tensor:
        """The sum of each tree's weights, [N], float64."""
        return self._read(tf.ones([self._num_trees, 1], tf.int64))[:, 0]

    def clear(self) -> None:
        """Sets all weights to zero."""
        self._nodes.assign(tf.zeros_like(self._nodes))

    def get(self, leaf: tf.Tensor) -> tf.Tensor:
        """Returns the weights, [N, B], float64, of leaves [N, B], int64."""
        return self._read(leaf + self._first_leaf)

    def set(self, leaf: tf.Tensor, weight: tf.Tensor) -> None:
        """Changes weights.

        Args:
          leaf: [N, B], int64, the leaves; -1 is left out. If a leaf is named twice, the largest
            weight counts.
          weight: [N, B], float64, the weights, finite and at least 0.
        """
        node = tf.where(leaf >= 0, leaf + self._first_leaf, 0)
        # A maximum, which does not depend on the order in which threads write.
        self._write(node, tf.zeros_like(weight))
        rows = self._rows(node)
        self._nodes.scatter_max(tf.IndexedSlices(tf.reshape(weight, [-1]), rows))
        for _ in range(self._depth):
            node //= 2
            self._write(node, self._read(2 * node) + self._read(2 * node + 1))

    def find(self, mass: tf.Tensor) -> tf.Tensor:
        """Returns the leaves at which the running sums of weights first exceed a mass.

        Args:
          mass: [N, B], float64, the masses, in [0, total). Every tree must hold a positive weight.

        Returns:
          The leaves, [N, B], int64, all of positive weight.
        """
        node = tf.ones_like(mass, tf.int64)
        for _ in range(self._depth):
            left, right = self._read(2 * node), self._read(2 * node + 1)
            # Rounding may leave a mass at or beyond the sum of a node: never enter an empty one.
            goes_right = (mass >= left) & (right > 0)
            mass = tf.where(goes_right, mass - left, mass)
            node = 2 * node + tf.cast(goes_right, tf.int64)
        return node - self._first_leaf

    def _rows(self, node: tf.Tensor) -> tf.Tensor:
        tree = tf.range(self._num_trees, dtype=tf.int64)[:, None]
        return tf.reshape(tree * self._width + node, [-1])

    def _read(self, node: tf.Tensor) -> tf.Tensor:
        return tf.reshape(tf.gather(self._nodes, self._rows(node)), tf.shape(node))

    def _write(self, node: tf.Tensor, value: tf.Tensor) -> None:
        slices = tf.IndexedSlices(tf.reshape(value, [-1]), self._rows(node))
        self._nodes.scatter_update(slices)
