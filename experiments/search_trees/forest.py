"""Full trees with noisy leaves, many at once: the model of a search, and the exact values.

A tree has the leaves of `environments.SyntheticTree`. Its nodes have numbers: the root is 0, and
the children of node n are n A + 1, ..., n A + A. All trees of a forest are in one array.

Shape letters: `B` is the number of trees, the roots of a search. `A` is the branching.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import draws, search
from maxent_tf.environments import SyntheticTree
from maxent_tf.regularizers import Regularizer

# The standard deviation of the reward of a leaf.
STDDEV = 0.05


class Forest(NamedTuple):
    """The parameters of the model.

    Attributes:
      best: [nodes], float32, the largest mean of the leaves below each node of every tree.
      start: [B], int32, the place of the root of each tree.
      depth: [B], int32, the number of actions from the root to a leaf.
      informed: [], bool, whether the prior is proportional to the children's entries of `best`
        instead of uniform.
    """

    best: tf.Tensor
    start: tf.Tensor
    depth: tf.Tensor
    informed: tf.Tensor


def levels(tree: SyntheticTree) -> list[np.ndarray]:
    """Returns the largest mean of the leaves below each node: [A ** level] for every level."""
    found = [tree.leaves]
    while len(found[0]) > 1:
        found.insert(0, found[0].reshape(-1, tree.branching).max(axis=-1))
    return found


def planted(trees: Sequence[SyntheticTree], copies: int, informed: bool) -> Forest:
    """Returns a forest with copies of each tree, one after the other: B = trees x copies."""
    best = [np.concatenate(levels(tree)) for tree in trees]
    sizes = [len(each) for each in best]
    start = np.cumsum([0, *sizes[:-1]])
    return Forest(
        best=tf.constant(np.concatenate(best), tf.float32),
        start=tf.constant(np.repeat(start, copies), tf.int32),
        depth=tf.constant(np.repeat([tree.depth for tree in trees], copies), tf.int32),
        informed=tf.constant(informed),
    )


def model(branching: int) -> search.Model:
    """Returns the model of a forest; its embedding is the number of the node and its level.

    The value of a node is that of one rollout: the reward of a leaf that is drawn uniformly among
    the leaves below the node. A leaf pays its mean and Gaussian noise, which is drawn anew at every
    visit.
    """

    def step(forest: Forest, at: Any, action: tf.Tensor, seed: tf.Tensor) -> Any:
        number, level = at
        number, level = number * branching + 1 + action, level + 1
        return evaluated(branching, forest, number, level, seed), (number, level)

    return step


def roots(branching: int, forest: Forest, seed: tf.Tensor) -> search.Root:
    """Returns the roots of a forest."""
    zeros = tf.zeros_like(forest.start)
    step = evaluated(branching, forest, zeros, zeros, seed)
    return search.Root(step.prior_logits, step.value, (zeros, zeros))


def evaluated(
    branching: int, forest: Forest, number: tf.Tensor, level: tf.Tensor, seed: tf.Tensor
) -> search.ModelStep:
    """Returns what the model says of a node: see `model`."""
    pick_seed, noise_seed = tf.unstack(draws.split(seed, 2))
    below = tf.pow(branching, forest.depth - level)
    # The first child, taken m times over, is n A^m + (A^m - 1) / (A - 1).
    first = number * below + (below - 1) // (branching - 1)
    leaf = first + draws.integers(tf.shape(number), pick_seed, below)
    mean = tf.gather(forest.best, forest.start + leaf)
    paid = mean + STDDEV * draws.normal(tf.shape(number), noise_seed)
    arrived, zeros = level == forest.depth, tf.zeros_like(paid)
    children = tf.where(arrived, 0, number * branching + 1)[:, tf.newaxis] + tf.range(branching)
    best = tf.gather(forest.best, forest.start[:, tf.newaxis] + children)
    return search.ModelStep(
        reward=tf.where(arrived, paid, zeros),
        discount=tf.where(arrived, zeros, 1.0),
        prior_logits=tf.where(forest.informed, tf.math.log(best), tf.zeros_like(best)),
        value=tf.where(arrived, zeros, paid),
    )


def exact(
    tree: SyntheticTree, regularizer: Callable[[np.ndarray], Regularizer], alpha: float
) -> float:
    """Returns the value of the root by the regularised recursion over all leaves, in float64.

    Args:
      tree: The tree.
      regularizer: A function from the largest means below the children of nodes, [nodes, A], to
        the regulariser.
      alpha: The temperature; 0 gives the largest mean.
    """
    value = tree.leaves
    for best in reversed(levels(tree)[1:]):
        shape = (-1, tree.branching)
        q = tf.constant(value.reshape(shape))
        value = regularizer(best.reshape(shape)).soft_max(q, alpha).numpy()
    return float(value[0])
