"""Tree search, batched over roots, by any rule and with any model.

References:
  D. Silver et al. (2018), "A general reinforcement learning algorithm that masters chess, shogi,
  and Go through self-play", https://doi.org/10.1126/science.aar6404
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.axes import sizes
from maxent_tf.search.interface import Rule
from maxent_tf.search.prior import log_prior
from maxent_tf.search.simulation import Simulation
from maxent_tf.search.tree import Model, Node, Outcome, Root, Tree, map_rows


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
    trace: Callable[[Node], Any] | None = None,
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
      trace: A function of the root, a `Node`, that returns tensors [B, ...] in any structure. It is
        called after every simulation, and `Tree.trace` holds what it returned, to see how a search
        converges: `trace=lambda root: root.visits`.
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
    root_prior, plan = rule.begin(first, num_simulations, rule_seed)
    tree = tree._replace(
        log_prior=_with_root(tree.log_prior, root_prior),
        value=_with_root(tree.value, root.value),
        embedding=tf.nest.map_structure(_with_root, tree.embedding, root.embedding),
        trace=(),
    )
    simulation = Simulation(model, params, rule, plan, max_depth, tree)
    tree = simulation.run(num_simulations, trace, simulation_seed)
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
    return Root(log_prior("mask", logits, mask), value, root.embedding)


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
