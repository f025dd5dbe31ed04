"""The 200 random decision processes on which theorems are checked."""

from __future__ import annotations

import numpy as np

from maxent_tf.tabular import TabularMDP

COUNT, STATES, ACTIONS, DISCOUNT = 200, 6, 3, 0.9


def random_processes(seed: int = 0, count: int = COUNT) -> TabularMDP:
    """Returns processes with transitions of very unequal probability and rewards in [-1, 1]."""
    rng = np.random.default_rng(seed)
    transition = rng.gamma(0.3, size=(count, STATES, ACTIONS, STATES)) + 1e-6
    return TabularMDP(
        transition / transition.sum(-1, keepdims=True),
        rng.uniform(-1, 1, (count, STATES, ACTIONS)),
        DISCOUNT,
        rng.dirichlet(np.ones(STATES), count),
    )
