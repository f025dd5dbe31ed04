"""The measurements: how far visits are from the policy, and how the constant changes both."""

from __future__ import annotations

import numpy as np
import scipy.special
import tensorflow as tf

from experiments.frame import Arrays
from experiments.search_policy import theory
from experiments.search_policy.games import Game
from experiments.search_policy.nodes import Nodes
from experiments.search_policy.sweep import Sweep
from maxent_tf.regularizers import KL, Shannon

# The policies whose entropies are measured, in this order.
KINDS = ("visits", "policy", "searched")
# The temperatures among which the best is looked for, for policies of other regularisers.
_ALPHAS = np.geomspace(1e-3, 10, 81)


def make_subject(sweep: Sweep) -> Nodes | Game:
    """Returns the nodes or positions that a sweep searches."""
    rng = np.random.default_rng(sweep.seed)
    if sweep.subject == "nodes":
        return Nodes(sweep.roots, sweep.actions, rng)
    return Game(sweep.roots, sweep.subject == "exact_game", rng, sweep.seed)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Follows PUCT at every root, and compares its visits with the regularised policy.

    Returns:
      The arrays of `follow`, `vary` and, for nodes, `control`.
    """
    del progress  # a run takes less than a minute
    subject = make_subject(sweep)
    arrays = {**follow(sweep, subject), **vary(sweep, subject)}
    return {**arrays, **control(sweep, subject)} if isinstance(subject, Nodes) else arrays


def follow(sweep: Sweep, subject: Nodes | Game) -> Arrays:
    """Measures distances from the regularised policy at one constant, after every simulation.

    Returns:
      `simulations` [N]; `distance` [N, R], the largest distance over the actions of the smoothed
      visits from the policy; `bound` [N, R], which the distance does not exceed with fixed values;
      and `agreement` [N, R], whether the action of most visits is the policy's most probable one.
    """
    counts = range(1, sweep.simulations + 1)
    constants = np.full([1, sweep.roots], sweep.constant)
    visits, policy = (x[:, 0] for x in subject.puct(constants, counts))
    return {
        "simulations": np.array(counts),
        "distance": largest(theory.smoothed(visits, subject.legal) - policy),
        "bound": theory.bound(np.array(counts)[:, np.newaxis], subject.legal.sum(axis=-1)),
        "agreement": visits.argmax(axis=-1) == policy.argmax(axis=-1),
    }


def vary(sweep: Sweep, subject: Nodes | Game) -> Arrays:
    """Measures entropies at many constants, and at constants chosen for many temperatures.

    Returns:
      `entropy_by_constant` and `entropy_by_temperature` [kinds, counts, settings, R], in nats, of
      `KINDS`: the shares of visits of PUCT, the policy at the same root, and the policy of the
      search that follows it; and `apart` [counts, settings, R], the total variation between the
      first and the last at equal temperatures.
    """
    actions, counts = subject.legal.sum(axis=-1), np.array(sweep.counts)
    by_constant = np.broadcast_to(sweep.constants[:, np.newaxis], (sweep.settings, sweep.roots))
    by_temperature = theory.constant(
        sweep.temperatures[:, np.newaxis], counts[:, np.newaxis, np.newaxis], actions
    )
    constants = np.concatenate([by_constant, by_temperature.reshape(-1, sweep.roots)])
    visits, policy = subject.puct(constants, sweep.counts)
    shares = visits / visits.sum(axis=-1, keepdims=True)
    found = np.stack([shares, policy, subject.regularized(constants, sweep.counts)])
    # Settings that have a constant for each number of simulations are measured after that number.
    kinds, _, _, *rest = found.shape
    later = found[:, :, sweep.settings :].reshape(kinds, len(counts), -1, sweep.settings, *rest)
    at_its_own = np.stack([later[:, k, k] for k in range(len(counts))], axis=1)
    return {
        "entropy_by_constant": _entropy(found[:, :, : sweep.settings]),
        "entropy_by_temperature": _entropy(at_its_own),
        "apart": np.abs(at_its_own[0] - at_its_own[2]).sum(axis=-1) / 2,
    }


def control(sweep: Sweep, nodes: Nodes) -> Arrays:
    """Measures how far visits are from the policies of other regularisers, at their best.

    Returns:
      `control` [2, counts, R], the distance of the smoothed visits from the greedy policies of
      `KL` from the prior and of `Shannon`, each at the temperature that fits this root best.
    """
    constants = np.full([1, sweep.roots], sweep.constant)
    visits = theory.smoothed(nodes.puct(constants, sweep.counts)[0], nodes.legal)
    q, alpha = tf.constant(nodes.q), _ALPHAS[:, np.newaxis]
    others = [other.greedy(q, alpha).numpy() for other in (KL(nodes.prior), Shannon())]
    return {"control": np.stack([largest(visits - other).min(axis=1) for other in others])}


def largest(difference: np.ndarray) -> np.ndarray:
    """Returns the largest absolute difference over the actions, [...]."""
    return np.abs(difference).max(axis=-1)


def _entropy(policy: np.ndarray) -> np.ndarray:
    return scipy.special.entr(policy).sum(axis=-1)
