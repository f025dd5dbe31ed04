"""The simulations of a search: those of a batch go in lockstep, in one loop.

Pseudocode for each root, for every simulation:

1. Go down from the root, by the actions that the rule selects, until an action has no child.
2. Ask the model what this action leads to, write that into the next row, and link the row as a
   child unless the episode ended or the depth is the largest allowed.
3. Go up to the root. The return of an action is its reward plus its discount times what comes up,
   at first the model's value. Average the returns of every action on the way, or replace the value
   of an action by that of its child, as the rule says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import sizes
from maxent_tf.search.interface import Rule
from maxent_tf.search.prior import log_prior
from maxent_tf.search.tree import Model, ModelStep, Node, Tree, map_rows


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
    """The simulations of one search, over a tree whose axes [B, N] are one axis.

    Every gather then reads rows by one index, and every scatter writes rows in place.
    """

    def __init__(
        self,
        model: Model,
        params: Any,
        rule: Rule,
        plan: Any,
        max_depth: int | None,
        tree: Tree,
    ) -> None:
        self._model, self._params, self._rule, self._plan = model, params, rule, plan
        self._max_depth = max_depth
        self._batch, self._rows, self._actions = sizes(tree.child)
        # The flat row of each root.
        self._first = tf.range(self._batch) * self._rows

    def run(
        self,
        tree: Tree,
        num_simulations: int,
        trace: Callable[[Node], Any] | None,
        seed: tf.Tensor,
    ) -> Tree:
        """Runs the simulations, and traces a function of the root: see `search`."""
        size, batch, rows = tree.size, self._batch, self._rows

        def seen(flat: Tree) -> Any:
            return () if trace is None else trace(self._root(flat))

        def simulate(i: tf.Tensor, seed: tf.Tensor, flat: Tree, traced: Any) -> tuple[Any, ...]:
            seed, down_seed, model_seed = tf.unstack(draws.split(seed, 3))
            leaf = self._descend(flat, i, down_seed)
            flat = self._expand(flat, size + i, leaf, model_seed)
            flat = self._back_up(flat, size + i)
            traced = tf.nest.map_structure(lambda array, x: array.write(i, x), traced, seen(flat))
            return i + 1, seed, flat, traced

        def merged(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [batch * rows, *sizes(x)[2:]])

        def split(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [batch, rows, *sizes(x)[1:]])

        def room(x: tf.Tensor) -> tf.TensorArray:
            return tf.TensorArray(x.dtype, num_simulations, element_shape=x.shape)

        def by_root(array: tf.TensorArray) -> tf.Tensor:
            x = array.stack()
            return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])

        flat = map_rows(merged, tree)
        traced = tf.nest.map_structure(room, seen(flat))
        _, _, flat, traced = tf.while_loop(
            lambda i, *_: i < num_simulations, simulate, (tf.constant(0), seed, flat, traced)
        )
        return map_rows(split, flat)._replace(
            size=size + num_simulations, trace=tf.nest.map_structure(by_root, traced)
        )

    def _node(self, flat: Tree, node: tf.Tensor) -> Node:
        row = self._first + node
        return Node(*(tf.gather(x, row) for x in (flat.log_prior, flat.visits, flat.q, flat.value)))

    def _root(self, flat: Tree) -> Node:
        return self._node(flat, tf.zeros_like(self._first))

    def _descend(self, flat: Tree, i: tf.Tensor, seed: tf.Tensor) -> _Leaf:
        """Goes down to where each simulation leaves its tree."""
        child = tf.reshape(flat.child, [-1])

        def child_of(edge: tf.Tensor) -> tf.Tensor:
            return tf.gather(child, self._first * self._actions + edge)

        def down(seed: tf.Tensor, at: _Leaf) -> tuple[tf.Tensor, _Leaf]:
            seed, now = tf.unstack(draws.split(seed, 2))
            inside = at.child > 0
            action = self._rule.select(self._node(flat, at.child), now)
            edge = tf.where(inside, at.child * self._actions + action, at.edge)
            deeper = at.depth + tf.cast(inside, tf.int32)
            return seed, _Leaf(edge, tf.where(inside, child_of(edge), 0), deeper)

        seed, now = tf.unstack(draws.split(seed, 2))
        edge = self._rule.select_root(self._root(flat), self._plan, i, now)
        start = _Leaf(edge, child_of(edge), tf.ones_like(edge))
        _, leaf = tf.while_loop(lambda seed, at: tf.reduce_any(at.child > 0), down, (seed, start))
        return leaf

    def _expand(self, flat: Tree, new: tf.Tensor, leaf: _Leaf, seed: tf.Tensor) -> Tree:
        """Evaluates the model and writes row `new`, [B]."""
        parent = self._first + leaf.edge // self._actions
        before = tf.nest.map_structure(lambda x: tf.gather(x, parent), flat.embedding)
        step, after = self._model(self._params, before, leaf.edge % self._actions, seed)
        self._check(step, flat.value.dtype)
        inner = step.discount != 0
        if self._max_depth is not None:
            inner &= leaf.depth < self._max_depth
        # The child is 0, which XLA cannot know. Were the row independent of the descent, what a
        # model writes there might be so too (a uniform prior), and XLA would copy the whole array
        # so that the descent could read the old one.
        row = self._first + tf.where(leaf.child == 0, new, leaf.child)
        link = tf.where(inner, new, 0)
        children = _put(tf.reshape(flat.child, [-1]), self._first * self._actions + leaf.edge, link)
        return flat._replace(
            child=tf.reshape(children, [-1, self._actions]),
            log_prior=_put(
                flat.log_prior,
                row,
                log_prior("the model's mask", step.prior_logits, step.mask),
            ),
            value=_put(flat.value, row, step.value),
            reward=_put(flat.reward, row, step.reward),
            discount=_put(flat.discount, row, step.discount),
            edge=_put(flat.edge, row, leaf.edge),
            embedding=tf.nest.map_structure(lambda x, y: _put(x, row, y), flat.embedding, after),
        )

    def _check(self, step: ModelStep, dtype: tf.DType) -> None:
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

    def _back_up(self, flat: Tree, new: tf.Tensor) -> Tree:
        """Goes up from row `new`, [B], and updates every action on the way."""
        rule, actions = self._rule, self._actions

        def up(
            node: tf.Tensor, value: tf.Tensor, rate: tf.Tensor, visits: tf.Tensor, q: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            row, on_the_way = self._first + node, node > 0
            edge = tf.gather(flat.edge, row)
            index = self._first * actions + edge
            value = tf.gather(flat.reward, row) + tf.gather(flat.discount, row) * value
            n, old = tf.gather(visits, index), tf.gather(q, index)
            moved = old + (value - old) * tf.maximum(rate, 1 / (n + 1))
            visits = _put(visits, index, tf.where(on_the_way, n + 1, n))
            q = _put(q, index, tf.where(on_the_way, moved, old))
            node = tf.where(on_the_way, edge // actions, 0)
            if not rule.averages:
                # What comes up is no sample any more: it replaces what was there.
                rows = (tf.reshape(x, [-1, actions]) for x in (visits, q))
                value = rule.value(self._node(_with_edges(flat, *rows), node))
                rate = tf.ones_like(rate)
            return node, value, rate, visits, q

        value = tf.gather(flat.value, self._first + new)
        edges = (tf.reshape(x, [-1]) for x in (flat.visits, flat.q))
        *_, visits, q = tf.while_loop(
            lambda node, *_: tf.reduce_any(node > 0),
            up,
            (new, value, tf.zeros([], value.dtype), *edges),
        )
        return _with_edges(flat, *(tf.reshape(x, [-1, actions]) for x in (visits, q)))


def _with_edges(flat: Tree, visits: tf.Tensor, q: tf.Tensor) -> Tree:
    return flat._replace(visits=visits, q=q)


def _put(x: tf.Tensor, index: tf.Tensor, update: tf.Tensor) -> tf.Tensor:
    """Returns x with the rows or elements at `index`, [B], replaced by `update`, [B, ...]."""
    return tf.tensor_scatter_nd_update(x, index[:, tf.newaxis], update)
