"""Generative flow networks: sampling in proportion to a reward, as soft reinforcement learning."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.special

from experiments.check import Check
from maxent_tf.tabular import TabularMDP, occupancy, soft_policy_iteration

SIDE = 8
_STOP = 2


def hypergrid() -> Iterator[Check]:
    """R21: soft RL with a corrected reward draws a cell with probability R / Z."""
    for least in (0.1, 0.01, 0.001):
        reward = rewards(SIDE, least)
        total = reward.sum()
        what = f"8 x 8 hypergrid, R0 = {least:g}:"
        value, ends = solve(reward, corrected=True)
        yield Check("R21", f"{what} V of the start is log Z", np.log(total), value, 1e-12)
        error = np.max(np.abs(ends - reward / total))
        yield Check("R21", f"{what} largest error of R(x) / Z", 0, error, 1e-12)
        # Without the correction, a cell counts once for each path that leads to it.
        weight = paths(SIDE) * reward
        _, ends = solve(reward, corrected=False)
        error = np.max(np.abs(ends - weight / weight.sum()))
        yield Check("R21", f"{what} not corrected, error of paths(x) R(x)", 0, error, 1e-12)


def rewards(side: int, least: float) -> np.ndarray:
    """Returns the rewards R of the cells of the hypergrid in two dimensions, [side, side].

    Args:
      side: The number of cells along each dimension, at least 2.
      least: R0, the reward of most cells. The corners have 0.5 more, and four modes near them 2.5.

    References:
      E. Bengio, M. Jain, M. Korablyov, D. Precup, Y. Bengio (2021), "Flow network based generative
      models for non-iterative diverse candidate generation", section 4.1,
      https://arxiv.org/abs/2106.04399
    """
    away = np.abs(np.arange(side) / (side - 1) - 0.5)
    outer, ring = away > 0.25, (away > 0.3) & (away < 0.4)
    return least + 0.5 * np.outer(outer, outer) + 2.0 * np.outer(ring, ring)


def paths(side: int) -> np.ndarray:
    """Returns the number of paths that lead from the first cell to each cell, [side, side]."""
    steps = np.arange(side)
    return scipy.special.comb(steps[:, np.newaxis] + steps, steps)


def process(reward: np.ndarray, corrected: bool) -> TabularMDP:
    """Returns the hypergrid as a decision process, whose last state is the end.

    The actions 0 and 1 move by one cell along a dimension, and action 2 stops, which pays log R.

    Args:
      reward: [side, side], the positive rewards R of the cells.
      corrected: Whether a move pays the logarithm of the backward probability, which is uniform
        over the cells that the move may have come from; otherwise moves pay nothing.
    """
    side = len(reward)
    cells, states = reward.size, reward.size + 1
    cell = np.arange(cells).reshape(reward.shape)
    successor = np.full((states, 3), cells)
    payment = np.zeros((states, 3))
    legal = np.zeros((states, 3), bool)
    legal[:, _STOP] = True
    payment[:cells, _STOP] = np.log(reward).ravel()
    parents = (np.indices(reward.shape) > 0).sum(axis=0)
    for axis in (0, 1):
        before = np.take(cell, np.arange(side - 1), axis).ravel()
        after = np.take(cell, np.arange(1, side), axis).ravel()
        successor[before, axis], legal[before, axis] = after, True
        if corrected:
            payment[before, axis] = -np.log(parents.ravel()[after])
    start = np.eye(states)[0]
    return TabularMDP(np.eye(states)[successor], payment, 1.0, start, legal=legal)


def solve(reward: np.ndarray, corrected: bool) -> tuple[float, np.ndarray]:
    """Returns the soft value of the first cell, and with which probability each cell is the end.

    Temperature and discount are 1, as the theorem has them.

    References:
      D. Tiapkin, N. Morozov, A. Naumov, D. Vetrov (2023), "Generative flow networks as
      entropy-regularized RL", theorem 1, https://arxiv.org/abs/2310.12934
    """
    m = process(reward, corrected)
    best = soft_policy_iteration(m, 1.0, tolerance=0.0, max_iterations=4 * len(reward))
    ends = occupancy(m, best.policy)[:-1, _STOP]
    return float(best.v[0]), ends.numpy().reshape(reward.shape)
