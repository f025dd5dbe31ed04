"""The measurements: what searches know of a synthetic tree's root, simulation by simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from experiments.frame import Arrays, stacked, track
from experiments.search_trees import forest
from experiments.search_trees.sweep import Sweep, limit, make_rule
from maxent_tf import draws, search
from maxent_tf.environments import SyntheticTree
from maxent_tf.seeds import as_seed


def make_trees(sweep: Sweep) -> list[SyntheticTree]:
    """Returns the trees of every depth, [depths x trees], which have no weights in common."""

    def made(depth: int, tree: int) -> SyntheticTree:
        entropy = np.random.SeedSequence([sweep.seed, sweep.branching, depth, tree])
        (seed,) = entropy.generate_state(1)
        return SyntheticTree(sweep.branching, depth, tree_seed=int(seed))

    return [made(depth, tree) for depth in sweep.depths for tree in range(sweep.trees)]


def searcher(sweep: Sweep, rule: search.Rule) -> Callable[[Any, Any], Any]:
    """Returns the function that searches a forest.

    It takes the forest and a seed, and returns what was known of the root after each of the
    `counts`: its value, [B, counts]; the action that the search would take, [B, counts]; and the
    visits of the actions, [B, counts, A].
    """
    model = forest.model(sweep.branching)

    @tf.function(jit_compile=True, autograph=False)
    def known(trees: forest.Forest, seed: tf.Tensor) -> Any:
        root_seed, search_seed = tf.unstack(draws.split(seed, 2))
        root = forest.roots(sweep.branching, trees, root_seed)
        grown = search.search(
            model, trees, root, sweep.simulations, rule, trace=lambda at: at, seed=search_seed
        )
        # The searches and the counts are one axis, because a rule takes nodes in one axis.
        at = tf.nest.map_structure(
            lambda x: tf.reshape(tf.gather(x, sweep.counts - 1, axis=1), [-1, *x.shape[2:]]),
            grown.trace,
        )
        outcome = rule.conclude(at, ())
        found = (outcome.value, tf.argmax(outcome.policy, axis=-1), at.visits)
        return [tf.reshape(x, [-1, len(sweep.counts), *x.shape[1:]]) for x in found]

    return known


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Searches every tree by every method.

    Returns:
      `simulations` [counts]; `value` [methods, depths, trees, runs, counts], the value of the root;
      `regret` and `simple_regret`, of the same shape, in true values: the average loss by the first
      actions of the simulations so far, and the loss by the action that the search would take;
      `exact` [methods, depths, trees], the limit of the value.
    """
    trees = make_trees(sweep)
    gaps = np.array([1 - forest.levels(tree)[1] for tree in trees])
    gaps = gaps.repeat(sweep.runs, axis=0)[:, np.newaxis]
    parts, exact = [], []
    for i, method in enumerate(track(sweep.methods, progress, "methods")):
        planted = forest.planted(trees, sweep.runs, informed=method == "rents_oracle")
        seed = draws.fold_in(as_seed(sweep.seed), i)
        found = searcher(sweep, make_rule(sweep, method))(planted, seed)
        value, action, visits = (x.numpy() for x in found)
        regret = np.sum(visits * gaps, axis=-1) / sweep.counts
        lost = np.take_along_axis(gaps, action[..., np.newaxis], axis=-1)[..., 0]
        parts.append({"value": value, "regret": regret, "simple_regret": lost})
        exact.append([forest.exact(tree, *limit(sweep, method)) for tree in trees])
    shape = (len(sweep.methods), len(sweep.depths), sweep.trees)
    found = {name: x.reshape(*shape, sweep.runs, -1) for name, x in stacked(parts).items()}
    return {"simulations": sweep.counts, "exact": np.reshape(exact, shape), **found}
