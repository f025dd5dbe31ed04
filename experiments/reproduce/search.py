"""Search: the policy that visits follow, and the values that regularised searches converge to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments.check import Check
from experiments.search_policy import theory
from experiments.search_policy.nodes import Nodes
from experiments.search_trees import analysis, runs
from experiments.search_trees.sweep import LABELS, Sweep

CONSTANT, NODES, SIMULATIONS = 1.25, 100, 500


def regularized_policy() -> Iterator[Check]:
    """R14: the policy that PUCT's visits follow is the greedy one of the reverse divergence."""
    rng = np.random.default_rng(0)
    n = np.arange(SIMULATIONS)[:, np.newaxis]
    for actions in (2, 8, 50):
        nodes = Nodes(NODES, actions, rng)
        visits, policy = (x[:, 0] for x in nodes.puct(np.full([1, NODES], CONSTANT), n[:, 0]))
        temperature = theory.temperature(CONSTANT, n, actions)[..., np.newaxis]
        exact = by_bisection(nodes.prior, nodes.q, temperature)
        what = f"{actions} actions: largest difference of the policy from bisection"
        yield Check("R14", what, 0.0, np.max(np.abs(policy - exact)), 1e-12)
        distance = np.abs(theory.smoothed(visits, nodes.legal) - policy).max(axis=-1)
        ratio = np.max(distance / theory.bound(n, actions))
        what = f"{actions} actions: distance of the visits over its bound, N < {SIMULATIONS}"
        yield Check("R14", what, 1.0, ratio, 1e-12, "at most")


def synthetic_trees() -> Iterator[Check]:
    """R15: in small trees, the root's value converges to the regularised recursion."""
    for branching, depths in ((2, (1, 2, 3, 4, 5)), (8, (1, 2, 3))):
        sweep = Sweep(branching=branching, depths=depths, methods=analysis.REGULARISED)
        rows = list(analysis.rows(sweep, runs.run(sweep)))
        for method in sweep.methods:
            worst = max(row["error"] for row in rows if row["method"] == method)
            what = f"{LABELS[method]}, {branching} actions, depth up to {depths[-1]}: error of root"
            yield Check("R15", what, 0.01, worst, 0.0, "at most")


def by_bisection(prior: np.ndarray, q: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Returns the policy by bisection on its normaliser, as Grill et al. compute it."""
    gap = q - q.max(-1, keepdims=True)
    low = np.max(gap + temperature * prior, axis=-1, keepdims=True)
    high = np.broadcast_to(temperature, low.shape)
    for _ in range(100):
        middle = (low + high) / 2
        above = np.sum(temperature * prior / (middle - gap), -1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return temperature * prior / ((low + high) / 2 - gap)
