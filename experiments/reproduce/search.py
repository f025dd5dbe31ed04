"""Search as regularised policy optimisation: the policy, and how closely visits follow it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from experiments.check import Check
from maxent_tf.regularizers import ReverseKL

CONSTANT, NODES, SIMULATIONS = 1.25, 100, 500


def regularized_policy() -> Iterator[Check]:
    """R14: the policy that PUCT's visits follow is the greedy one of the reverse divergence."""
    rng = np.random.default_rng(0)
    for actions in (2, 8, 50):
        prior, q = rng.dirichlet(np.ones(actions), NODES), rng.uniform(size=(NODES, actions))
        visits = puct_visits(prior, q)
        n = np.arange(SIMULATIONS)[:, None, None]
        # Grill et al. (2020), equation 3, with the root of one more visit than those counted.
        temperature = CONSTANT * np.sqrt(n + 1) / (actions + n)
        policy = ReverseKL(prior).greedy(tf.constant(q), temperature[..., 0]).numpy()
        exact = by_bisection(prior, q, temperature)
        what = f"{actions} actions: largest difference of the policy from bisection"
        yield Check("R14", what, 0.0, np.max(np.abs(policy - exact)), 1e-12)
        bound = (actions - 1) / (actions + n)
        ratio = np.max(np.abs((visits + 1) / (actions + n) - policy) / bound)
        what = f"{actions} actions: distance of the visits over its bound, N < {SIMULATIONS}"
        yield Check("R14", what, 1.0, ratio, 1e-12, "at most")


def puct_visits(prior: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Returns the visits after each number of simulations with constant values, [N, nodes, A]."""
    visits = np.zeros([SIMULATIONS, *q.shape])
    for n in range(SIMULATIONS - 1):
        bonus = CONSTANT * np.sqrt(n + 1) * prior / (1 + visits[n])
        visits[n + 1] = visits[n] + np.eye(q.shape[-1])[np.argmax(q + bonus, axis=-1)]
    return visits


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
