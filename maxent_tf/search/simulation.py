"""The simulations of a search: those of a batch go in lockstep, in one loop.

Pseudocode for each root, for every simulation:

1. Go down from the root, by the actions that the rule selects, until an action has no child.
2. Ask the model what this action leads to, write that into the next row, and link the row as a
   child unless the episode ended or the depth is the largest allowed.
3. Go up to the root. The return of an action is its reward plus its discount times what comes up,
   at first the model's value. Average the returns of every action on the way, or replace the value
   of an action by that of its child, as the rule says.

Every gather and every scatter is an operation of its own in the compiled loop, whose fixed cost
counts while the batch is small, and which XLA hands to several threads once the array is large,
however few rows it touches. What is read and written together is therefore stored together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import sizes
from maxent_tf.search.interface import Rule
from maxent_tf.search.prior import log_prior
from maxent_tf.search.tree import Model, ModelStep, Node, Tree


class _Rows(NamedTuple):
    """The rows of all trees of a batch in one axis, R = B N.

    Every gather then reads rows by one index, and every scatter writes rows in place. `Tree`
    describes what the fields hold.

    Attributes:
      edges: [R, A, 2], float, the visits and the value of each action.
      child: [R A], int32.
      log_prior: [R, A], float.
      value: [R], float.
      arrival: [R, 2], float, the reward and the discount of the action that led to the node.
      edge: [R], int32.
      embedding: Tensors [R, ...] in any structure.
    """

    edges: tf.Tensor
    child: tf.Tensor
    log_prior: tf.Tensor
    value: tf.Tensor
    arrival: tf.Tensor
    edge: tf.Tensor
    embedding: Any


def _merged(tree: Tree) -> _Rows:
    """Returns the rows of a batch of trees."""

    def merged(x: tf.Tensor) -> tf.Tensor:
        batch, rows, *rest = sizes(x)
        return tf.reshape(x, [batch * rows, *rest])

    return _Rows(
        edges=merged(tf.stack([tree.visits, tree.q], axis=-1)),
        child=tf.reshape(tree.child, [-1]),
        log_prior=merged(tree.log_prior),
        value=merged(tree.value),
        arrival=merged(tf.stack([tree.reward, tree.discount], axis=-1)),
        edge=merged(tree.edge),
        embedding=tf.nest.map_structure(merged, tree.embedding),
    )


class _Leaf(NamedTuple):
    """Where a simulation leaves the tree.

    Attributes:
      edge: [B], int32, the row times A plus the action.
      child: [B], int32; 0, because the action has no child.
      depth: [B], int32, the number of actions from the root.
    """

    edge: tf.Tensor
    child: tf.Tensor
    depth: tf.Tensor


class Simulation:
    """The simulations of one search.

    Args:
      model: The model.
      params: Its parameters.
      rule: The rule of the search.
      plan: What the rule planned for this search.
      max_depth: The largest number of actions from the root; None for no limit.
      tree: The trees, with room for the simulations.
    """

    def __init__(
        self, model: Model, params: Any, rule: Rule, plan: Any, max_depth: int | None, tree: Tree
    ) -> None:
        self._model, self._params, self._rule, self._plan = model, params, rule, plan
        self._max_depth, self._tree = max_depth, tree
        self._batch, self._rows, self._actions = sizes(tree.child)
        # The row of each root.
        self._first = tf.range(self._batch) * self._rows

    def run(
        self, num_simulations: int, trace: Callable[[Node], Any] | None, seed: tf.Tensor
    ) -> Tree:
        """Returns the trees that the simulations grow, and traces of the roots: see `search`."""
        size = self._tree.size

        def seen(rows: _Rows) -> Any:
            return () if trace is None else trace(self._root(rows))

        def simulate(i: tf.Tensor, seed: tf.Tensor, rows: _Rows, traced: Any) -> tuple[Any, ...]:
            seed, down_seed, model_seed = tf.unstack(draws.split(seed, 3))
            leaf = self._descend(rows, i, down_seed)
            rows = self._expand(rows, size + i, leaf, model_seed)
            rows = self._back_up(rows, size + i)
            traced = tf.nest.map_structure(lambda array, x: array.write(i, x), traced, seen(rows))
            return i + 1, seed, rows, traced

        def room(x: tf.Tensor) -> tf.TensorArray:
            return tf.TensorArray(x.dtype, num_simulations, element_shape=x.shape)

        def by_root(array: tf.TensorArray) -> tf.Tensor:
            x = array.stack()
            return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])

        rows = _merged(self._tree)
        traced = tf.nest.map_structure(room, seen(rows))
        _, _, rows, traced = tf.while_loop(
            lambda i, *_: i < num_simulations, simulate, (tf.constant(0), seed, rows, traced)
        )
        return self._split(rows)._replace(
            size=size + num_simulations, trace=tf.nest.map_structure(by_root, traced)
        )

    def _split(self, rows: _Rows) -> Tree:
        """Undoes `_merged`."""

        def split(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [self._batch, self._rows, *sizes(x)[1:]])

        visits, q = tf.unstack(split(rows.edges), axis=-1)
        reward, discount = tf.unstack(split(rows.arrival), axis=-1)
        return self._tree._replace(
            visits=visits,
            q=q,
            child=tf.reshape(rows.child, [self._batch, self._rows, self._actions]),
            log_prior=split(rows.log_prior),
            value=split(rows.value),
            reward=reward,
            discount=discount,
            edge=split(rows.edge),
            embedding=tf.nest.map_structure(split, rows.embedding),
        )

    def _node(self, rows: _Rows, node: tf.Tensor) -> Node:
        row = self._first + node
        visits, q = tf.unstack(tf.gather(rows.edges, row), axis=-1)
        return Node(tf.gather(rows.log_prior, row), visits, q, tf.gather(rows.value, row))

    def _root(self, rows: _Rows) -> Node:
        return self._node(rows, tf.zeros_like(self._first))

    def _descend(self, rows: _Rows, i: tf.Tensor, seed: tf.Tensor) -> _Leaf:
        """Goes down to where each simulation leaves its tree."""

        def child_of(edge: tf.Tensor) -> tf.Tensor:
            return tf.gather(rows.child, self._first * self._actions + edge)

        def down(seed: tf.Tensor, at: _Leaf) -> tuple[tf.Tensor, _Leaf]:
            seed, now = tf.unstack(draws.split(seed, 2))
            inside = at.child > 0
            action = self._rule.select(self._node(rows, at.child), now)
            edge = tf.where(inside, at.child * self._actions + action, at.edge)
            deeper = at.depth + tf.cast(inside, tf.int32)
            return seed, _Leaf(edge, tf.where(inside, child_of(edge), 0), deeper)

        seed, now = tf.unstack(draws.split(seed, 2))
        edge = self._rule.select_root(self._root(rows), self._plan, i, now)
        start = _Leaf(edge, child_of(edge), tf.ones_like(edge))
        _, leaf = tf.while_loop(lambda seed, at: tf.reduce_any(at.child > 0), down, (seed, start))
        return leaf

    def _expand(self, rows: _Rows, new: tf.Tensor, leaf: _Leaf, seed: tf.Tensor) -> _Rows:
        """Evaluates the model and writes row `new`, [B], of each tree."""
        parent = self._first + leaf.edge // self._actions
        before = tf.nest.map_structure(lambda x: tf.gather(x, parent), rows.embedding)
        step, after = self._model(self._params, before, leaf.edge % self._actions, seed)
        self._check(step)
        inner = step.discount != 0
        if self._max_depth is not None:
            inner &= leaf.depth < self._max_depth
        # The child is 0, which XLA cannot know. Were the row independent of the descent, what a
        # model writes there might be so too (a uniform prior), and XLA would copy the whole array
        # so that the descent could read the old one.
        row = self._first + tf.where(leaf.child == 0, new, leaf.child)
        prior = log_prior("the model's mask", step.prior_logits, step.mask)
        arrival = tf.stack([step.reward, step.discount], axis=-1)
        return rows._replace(
            child=_put(
                rows.child, self._first * self._actions + leaf.edge, tf.where(inner, new, 0)
            ),
            log_prior=_put(rows.log_prior, row, prior),
            value=_put(rows.value, row, step.value),
            arrival=_put(rows.arrival, row, arrival),
            edge=_put(rows.edge, row, leaf.edge),
            embedding=tf.nest.map_structure(lambda x, y: _put(x, row, y), rows.embedding, after),
        )

    def _check(self, step: ModelStep) -> None:
        dtype = self._tree.value.dtype
        for name, shape in (
            ("reward", [self._batch]),
            ("discount", [self._batch]),
            ("prior_logits", [self._batch, self._actions]),
            ("value", [self._batch]),
        ):
            x = getattr(step, name)
            expected = [n if isinstance(n, int) else None for n in shape]
            if x.dtype != dtype or not x.shape.is_compatible_with(expected):
                raise ValueError(
                    f"the model's {name} must be {dtype.name}, like root.value, of shape "
                    f"{expected}, not {x.dtype.name} of shape {x.shape}."
                )

    def _back_up(self, rows: _Rows, new: tf.Tensor) -> _Rows:
        """Goes up from row `new`, [B], and updates every action on the way."""
        rule, actions = self._rule, self._actions

        def up(
            node: tf.Tensor, value: tf.Tensor, rate: tf.Tensor, edges: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            row, on_the_way = self._first + node, node > 0
            edge = tf.gather(rows.edge, row)
            reward, discount = tf.unstack(tf.gather(rows.arrival, row), axis=-1)
            value = reward + discount * value
            index = self._first * actions + edge
            n, old = tf.unstack(tf.gather(edges, index), axis=-1)
            moved = old + (value - old) * tf.maximum(rate, 1 / (n + 1))
            passed = tf.stack(
                [tf.where(on_the_way, n + 1, n), tf.where(on_the_way, moved, old)], axis=-1
            )
            edges = _put(edges, index, passed)
            node = tf.where(on_the_way, edge // actions, 0)
            if not rule.averages:
                # What comes up is no sample any more: it replaces what was there.
                value = rule.value(self._node(with_edges(edges), node))
                rate = tf.ones_like(rate)
            return node, value, rate, edges

        def with_edges(edges: tf.Tensor) -> _Rows:
            return rows._replace(edges=tf.reshape(edges, [-1, actions, 2]))

        value = tf.gather(rows.value, self._first + new)
        *_, edges = tf.while_loop(
            lambda node, *_: tf.reduce_any(node > 0),
            up,
            (new, value, tf.zeros([], value.dtype), tf.reshape(rows.edges, [-1, 2])),
        )
        return with_edges(edges)


def _put(x: tf.Tensor, index: tf.Tensor, update: tf.Tensor) -> tf.Tensor:
    """Returns x with the rows or elements at `index`, [B], replaced by `update`, [B, ...]."""
    return tf.tensor_scatter_nd_update(x, index[:, tf.newaxis], update)
