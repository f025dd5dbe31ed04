"""Tree search: the searches of a batch go in lockstep, in one loop.

Pseudocode for each root, for every simulation:

1. Go down from the root, by the actions that the rule selects, until an action has no child.
2. Ask the model what this action leads to, write that into the next row, and link the row as a
   child unless the episode ended or the depth is the largest allowed.
3. Go up to the root. The return of an action is its reward plus its discount times what comes up,
   at first the model's value. Average the returns of every action on the way, or replace the value
   of an action by that of its child, as the rule says.

References:
  D. Silver et al. (2018), "A general reinforcement learning algorithm that masters chess, shogi,
  and Go through self-play", https://doi.org/10.1126/science.aar6404
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.axes import sizes
from maxent_tf.search.interface import Rule
from maxent_tf.search.tree import Model, ModelStep, Node, Outcome, Root, Tree, map_rows


def search(
    model: Model,
    params: Any,
    root: Root,
    num_simulations: int,
    rule: Rule,
    *,
    mask: tf.Tensor | None = None,
    max_depth: int | None = None,
    tree: Tree | None = None,
    seed: Any,
) -> Tree:
    """Searches from every root of a batch.

    The function is pure, and meant to run within a `tf.function(jit_compile=True)`, of which it is
    one loop. The model must be deterministic to be planned in exactly: an action's child is what
    the first simulation that took the action found.

    Args:
      model: A function (params, embedding, action, seed) -> (`ModelStep`, embedding) of a batch of
        states: `embedding` has the structure of the roots', and `action` is [B], int32.
      params: What the model takes as its first argument, such as the parameters of a network.
      root: The roots.
      num_simulations: The number of simulations, each with one evaluation of the model.
      rule: How simulations choose actions and what they make of values: `Puct`, `Regularized`,
        `Entropic`, `Gumbel`, or a `Rule` of your own.
      mask: [B, A], bool, the actions that are legal in the roots, at least one in each; None if all
        are. An action whose prior logit is -inf is illegal, too.
      max_depth: The largest number of actions from the root; None for no limit.
      tree: A tree that `search` or `descend` returned, to go on with. Its root takes the prior, the
        value and the embedding of `root`.
      seed: An integer, or a seed of shape [2], int32.

    Returns:
      The trees, with `num_simulations` rows more than before: a new tree has one for its root.

    Raises:
      ValueError: If a number is not a positive integer, or a shape or dtype does not fit.
    """
    num_simulations = checks.as_integer("num_simulations", num_simulations)
    if max_depth is not None:
        max_depth = checks.as_integer("max_depth", max_depth)
    if not isinstance(rule, Rule):
        raise ValueError(f"rule must be a Rule, such as Puct(), not {rule!r}.")
    root = _checked(root, mask)
    tree = _planted(root, num_simulations) if tree is None else _extended(tree, num_simulations)
    first = Node(root.prior_logits, tree.visits[:, 0], tree.q[:, 0], root.value)
    rule_seed, simulation_seed = tf.unstack(draws.split(seed, 2))
    log_prior, plan = rule.begin(first, num_simulations, rule_seed)
    tree = tree._replace(
        log_prior=_with_root(tree.log_prior, log_prior),
        value=_with_root(tree.value, root.value),
        embedding=tf.nest.map_structure(_with_root, tree.embedding, root.embedding),
    )
    tree = _Simulation(model, params, rule, plan, max_depth, tree).run(
        tree, num_simulations, simulation_seed
    )
    return tree._replace(outcome=rule.conclude(_root_node(tree), plan))


def _checked(root: Root, mask: tf.Tensor | None) -> Root:
    """Returns the root with the normalised logarithm of its prior."""
    value = tf.convert_to_tensor(root.value)
    logits = tf.convert_to_tensor(root.prior_logits)
    if not value.dtype.is_floating or value.shape.rank != 1:
        raise ValueError(
            f"root.value must be floating of shape [B], not {value.dtype.name} of shape "
            f"{value.shape}."
        )
    if logits.shape.rank != 2 or logits.shape[-1] is None or logits.dtype != value.dtype:
        raise ValueError(
            f"root.prior_logits must be {value.dtype.name}, like root.value, of shape [B, A], not "
            f"{logits.dtype.name} of shape {logits.shape}."
        )
    return Root(_log_prior("mask", logits, mask), value, root.embedding)


def _log_prior(name: str, logits: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Returns the normalised logarithm of a prior, [B, A]: -inf of illegal actions."""
    infinity = tf.constant(float("inf"), logits.dtype)
    if mask is not None:
        mask = tf.convert_to_tensor(mask)
        if mask.dtype != tf.bool or not mask.shape.is_compatible_with(logits.shape):
            raise ValueError(
                f"{name} must be bool of shape {logits.shape}, not {mask.dtype.name} of shape "
                f"{mask.shape}."
            )
        logits = tf.where(mask, logits, -infinity)
    # Where an episode ends, nothing need be legal: without this, there would be NaN.
    return tf.where(logits > -infinity, tf.nn.log_softmax(logits), -infinity)


def _planted(root: Root, num_simulations: int) -> Tree:
    """Returns a tree of the root alone, with room for the simulations."""
    batch, actions = sizes(root.prior_logits)
    rows, dtype = 1 + num_simulations, root.value.dtype
    nodes, edges = tf.zeros([batch, rows], dtype), tf.zeros([batch, rows, actions], dtype)

    def room(x: tf.Tensor) -> tf.Tensor:
        return tf.zeros([batch, rows, *sizes(x)[1:]], x.dtype)

    return Tree(
        visits=edges,
        q=edges,
        child=tf.zeros([batch, rows, actions], tf.int32),
        log_prior=edges,
        value=nodes,
        reward=nodes,
        discount=nodes,
        edge=tf.zeros([batch, rows], tf.int32),
        embedding=tf.nest.map_structure(room, root.embedding),
        size=tf.ones([batch], tf.int32),
        outcome=Outcome(edges[:, 0], edges[:, 0], nodes[:, 0]),
    )


def _extended(tree: Tree, num_simulations: int) -> Tree:
    """Returns a tree with room for the simulations."""

    def extended(x: tf.Tensor) -> tf.Tensor:
        batch, _, *rest = sizes(x)
        return tf.concat([x, tf.zeros([batch, num_simulations, *rest], x.dtype)], axis=1)

    return map_rows(extended, tree)


def _with_root(rows: tf.Tensor, root: tf.Tensor) -> tf.Tensor:
    return tf.concat([root[:, tf.newaxis], rows[:, 1:]], axis=1)


def _root_node(tree: Tree) -> Node:
    return Node(tree.log_prior[:, 0], tree.visits[:, 0], tree.q[:, 0], tree.value[:, 0])


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


class _Simulation:
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

    def run(self, tree: Tree, num_simulations: int, seed: tf.Tensor) -> Tree:
        """Runs the simulations."""
        size, batch, rows = tree.size, self._batch, self._rows

        def simulate(i: tf.Tensor, seed: tf.Tensor, flat: Tree) -> tuple[Any, ...]:
            seed, down_seed, model_seed = tf.unstack(draws.split(seed, 3))
            leaf = self._descend(flat, i, down_seed)
            flat = self._expand(flat, size + i, leaf, model_seed)
            return i + 1, seed, self._back_up(flat, size + i)

        def merged(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [batch * rows, *sizes(x)[2:]])

        def split(x: tf.Tensor) -> tf.Tensor:
            return tf.reshape(x, [batch, rows, *sizes(x)[1:]])

        flat = map_rows(merged, tree)
        _, _, flat = tf.while_loop(
            lambda i, *_: i < num_simulations, simulate, (tf.constant(0), seed, flat)
        )
        return map_rows(split, flat)._replace(size=size + num_simulations)

    def _node(self, flat: Tree, node: tf.Tensor) -> Node:
        row = self._first + node
        return Node(*(tf.gather(x, row) for x in (flat.log_prior, flat.visits, flat.q, flat.value)))

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
        at_root = self._node(flat, tf.zeros_like(self._first))
        edge = self._rule.select_root(at_root, self._plan, i, now)
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
                _log_prior("the model's mask", step.prior_logits, step.mask),
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
