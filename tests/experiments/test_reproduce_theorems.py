"""Theorems on soft-optimal policies that `experiments.reproduce` checks: what its rows are made of.

Oracles: enumeration of all paths, finite differences, differences of values, numbers by hand.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
import scipy.special

from experiments.random_processes import random_processes
from experiments.rates.processes import value_gaps
from experiments.reproduce import __main__ as command
from experiments.reproduce import entropy_dynamics, flow_networks, regularization
from maxent_tf.tabular import TabularMDP, policy_gradient


@pytest.mark.parametrize("row", ["R21", "R22", "R23"])
def test_a_row_holds(row: str) -> None:
    # Oracle: the targets of the row.
    checks = list(command.ROWS[row]())
    assert checks
    assert [check for check in checks if not check.holds] == []


def all_paths(side: int) -> list[list[tuple[int, int]]]:
    """Returns every path from the first cell to every cell, by depth-first search."""
    found, pending = [], [[(0, 0)]]
    while pending:
        path = pending.pop()
        found.append(path)
        i, j = path[-1]
        pending += [[*path, cell] for cell in ((i + 1, j), (i, j + 1)) if max(cell) < side]
    return found


@pytest.mark.parametrize("corrected", [True, False])
def test_the_soft_optimal_policy_draws_paths_by_what_they_pay(corrected: bool) -> None:
    # Oracle: in a deterministic environment at temperature and discount 1, a path has a probability
    # proportional to exp(what it pays), over the enumeration of all paths. A cell on an edge can
    # only be entered along it, every other one from two cells.
    reward = np.random.default_rng(0).uniform(0.1, 2, (3, 3))
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for path in all_paths(3):
        backward = [0.5 if min(cell) else 1.0 for cell in path[1:]] if corrected else []
        weights[path[-1]] += math.prod(backward) * reward[path[-1]]
    total = sum(weights.values())
    value, ends = flow_networks.solve(reward, corrected)
    assert value == pytest.approx(math.log(total), abs=1e-12)
    expected = [[weights[i, j] / total for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(ends, expected, atol=1e-12)
    assert (np.abs(ends - reward / reward.sum()).max() < 1e-12) == corrected


def test_paths_are_counted() -> None:
    # Oracle: the enumeration.
    counts = np.zeros((4, 4))
    for path in all_paths(4):
        counts[path[-1]] += 1
    np.testing.assert_array_equal(flow_networks.paths(4), counts)


def test_the_rewards_are_those_of_the_hypergrid() -> None:
    # Oracle: by hand: of 8 coordinates four are outer, and two of these are on the ring.
    rewards = flow_networks.rewards(8, 0.01)
    assert rewards.sum() == pytest.approx(64 * 0.01 + 16 * 0.5 + 4 * 2)
    assert rewards[1, 6] == pytest.approx(2.51)
    assert rewards[0, 1] == rewards[7, 7] == pytest.approx(0.51)
    assert rewards[0, 3] == rewards[2, 5] == 0.01


def test_the_covariance_is_the_derivative_of_the_entropy() -> None:
    # Oracle: central differences, whose error is of the order of the square of their step.
    rng = np.random.default_rng(1)
    logits, step = rng.normal(scale=2, size=(2, 50, 4))

    def entropy(z: np.ndarray) -> np.ndarray:
        return scipy.special.entr(scipy.special.softmax(z, axis=-1)).sum(axis=-1)

    slope = (entropy(logits + 1e-5 * step) - entropy(logits - 1e-5 * step)) / 2e-5
    found = entropy_dynamics.predicted(scipy.special.softmax(logits, axis=-1), step)
    np.testing.assert_allclose(found, slope, atol=1e-8)


def test_a_wrong_step_is_missed_at_first_order() -> None:
    # Oracle: the step of the plain gradient has the visits as a factor. Without it, the error is of
    # the first order.
    m = random_processes()
    errors = entropy_dynamics.missed(m, policy_gradient, entropy_dynamics.natural_rate)
    assert entropy_dynamics.slope(errors) == pytest.approx(1, abs=0.05)


def test_the_loss_is_the_difference_of_the_values() -> None:
    # Oracle: the values of both policies in the processes themselves, subtracted.
    m, tau = random_processes(count=20), np.array([[0.05], [0.5]])
    cost = value_gaps(m, tau)["cost"]
    assert cost.min() > 1e-6
    np.testing.assert_allclose(regularization.loss(m, tau), cost, atol=1e-11)


def test_the_loss_on_a_bandit_has_a_closed_form() -> None:
    # Oracle: with two arms, gap / (1 + exp(gap / tau)).
    expected = 0.7 / (1 + math.exp(0.7 / 0.03))
    assert regularization.bandit_loss((0.2, 0.9), 0.03) == pytest.approx(expected, rel=1e-12)
    arms = regularization.bandit((0.2, 0.9))
    assert regularization.loss(arms, np.array([0.03])) == pytest.approx(expected, rel=1e-12)


def test_the_smallest_gap_is_that_of_the_cheapest_mistake() -> None:
    # Oracle: by hand. In state 0, two actions end and pay 1 and 0.9, and one moves to state 1,
    # whose best action pays 1.8: after discounting, 0.9. Equally good actions are no mistakes.
    ends, moves = [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]
    for others, expected in (((1.5, 1.2), 0.1), ((1.8, 1.2), 0.1), ((1.78, 1.2), 0.02)):
        m = TabularMDP(
            [[ends, ends, moves], [ends] * 3, [ends] * 3],
            [[1.0, 0.9, 0.0], [1.8, *others], [0.0, 0.0, 0.0]],
            0.5,
            [1.0, 0.0, 0.0],
        )
        assert regularization.smallest_gap(m) == pytest.approx(expected)
