"""Processes that seldom end, and their exact values, in rational numbers."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from maxent_tf.tabular import Successors, TabularMDP


def rarely_ending(end: float, seed: int, *, sparse: bool = False) -> TabularMDP:
    """Three states, two actions and an end; every step ends with a probability near `end`."""
    rng = np.random.default_rng(seed)
    ends = end * rng.uniform(0.5, 2, (3, 2, 1))
    table = np.concatenate([rng.dirichlet(np.ones(3), (3, 2)) * (1 - ends), ends], -1)
    table = np.concatenate([table, np.broadcast_to(np.eye(4)[3], (1, 2, 4))])
    reward = np.concatenate([rng.uniform(0, 1, (3, 2)), np.zeros((1, 2))])
    every = np.broadcast_to(np.arange(4, dtype=np.int32), table.shape)
    transition = Successors(every, table) if sparse else table
    return TabularMDP(transition, reward, 1.0, np.full(4, 0.25))


def best_over_policies(m: TabularMDP, paid: np.ndarray) -> np.ndarray:
    """The largest value of every state but the end over all deterministic policies, at discount 1.

    Args:
      m: from `rarely_ending`, its transitions dense.
      paid: [3, 2], what every step pays.

    Returns:
      [3], of `Fraction`.
    """
    table = np.vectorize(Fraction)(m.transition.numpy()[:3, :, :3])
    paid = np.vectorize(Fraction)(paid)
    rows, identity = np.arange(3), np.vectorize(Fraction)(np.eye(3))
    choices = map(list, itertools.product(range(2), repeat=3))
    return np.max([_solved(identity - table[rows, c], paid[rows, c]) for c in choices], 0)


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cramer's rule for three equations, in rational numbers."""

    def determinant(m: np.ndarray) -> Fraction:
        return m[0] @ np.cross(m[1], m[2])

    columns = [np.where(np.arange(3) == i, right[:, None], matrix) for i in range(3)]
    return np.array([determinant(c) / determinant(matrix) for c in columns])
