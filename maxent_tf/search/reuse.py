"""Going on with a part of a tree, once an action was taken."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf import checks
from maxent_tf.axes import expand_like, sizes
from maxent_tf.search.tree import Tree, map_rows


def descend(tree: Tree, action: tf.Tensor, *, num_nodes: int | None = None) -> Tree:
    """Returns the trees below an action of each root, for a search from the state it led to.

    The tree below an action that was not tried, or that ended the episode, is empty; `search` gives
    it a root. Until the next search, the outcome is all zeros and the trace empty.

    Args:
      tree: The trees, with N rows.
      action: [B], int32, the action taken in each root.
      num_nodes: The number of rows of the result; None for N. `search` adds a row for every
        simulation, so that a loop which searches and descends keeps its shapes only with this
        number. Of a larger tree, the oldest nodes are kept. An action whose child was dropped
        keeps its visits and its value, and the next simulation that takes it evaluates it anew.

    Returns:
      The trees, with the rows numbered anew.

    Raises:
      ValueError: If `num_nodes` is not a positive integer.
    """
    batch, rows, actions = sizes(tree.child)
    num_nodes = rows if num_nodes is None else checks.as_integer("num_nodes", num_nodes)
    index = tf.range(rows)[tf.newaxis]
    root = tf.gather(tree.child[:, 0], action, batch_dims=1)[:, tf.newaxis]
    flat_child = tf.reshape(tree.child, [batch, -1])
    linked = tf.gather(flat_child, tree.edge, batch_dims=1) == index
    parent = tree.edge // actions

    def spread(kept: tf.Tensor, more: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        del more
        wider = kept | (linked & tf.gather(kept, parent, batch_dims=1))
        return wider, tf.reduce_any(wider != kept)

    kept, _ = tf.while_loop(
        lambda kept, more: more, spread, ((index == root) & (root > 0), tf.constant(True))
    )
    # Parents come before their children, so that the first rows are a tree of their own.
    place = tf.cumsum(tf.cast(kept, tf.int32), axis=1) - 1
    kept &= place < num_nodes
    count = tf.reduce_sum(tf.cast(kept, tf.int32), axis=1, keepdims=True)
    order = tf.argsort(tf.where(kept, index, rows), axis=1, stable=True)[:, :num_nodes]
    missing = max(num_nodes - rows, 0) if isinstance(rows, int) else 0

    def moved(x: tf.Tensor) -> tf.Tensor:
        x = tf.gather(x, order, batch_dims=1)
        x = tf.pad(x, [(0, 0), (0, missing)] + [(0, 0)] * (x.shape.rank - 2))
        return tf.where(expand_like(tf.range(num_nodes) < count, x), x, tf.zeros_like(x))

    new_place = tf.where(kept, place, 0)
    child = tf.reshape(tf.gather(new_place, flat_child, batch_dims=1), [batch, rows, actions])
    edge = tf.gather(new_place, parent, batch_dims=1) * actions + tree.edge % actions
    relabelled = tree._replace(child=child, edge=tf.where(index == root, 0, edge))
    return map_rows(moved, relabelled)._replace(
        size=tf.maximum(count[:, 0], 1),
        outcome=tf.nest.map_structure(tf.zeros_like, tree.outcome),
        trace=(),
    )
