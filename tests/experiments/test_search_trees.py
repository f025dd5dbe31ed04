"""Searches of synthetic trees.

Oracles: recursions in NumPy, the leaves themselves, numbers worked out by hand.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from experiments.search_trees import __main__ as command
from experiments.search_trees import analysis, figures, forest, runs
from experiments.search_trees.sweep import Arguments, Sweep, limit, make_rule, plan
from maxent_tf.environments import SyntheticTree
from maxent_tf.search.tree import Node

SWEEP = Sweep(
    branching=2, depths=(1, 2), simulations=100, trees=1, runs=2, methods=("uct", "rents")
)


def sparse_max(q: np.ndarray) -> np.ndarray:
    """The regularised maximum of TENTS, [...], by sorting: Lee et al. (2018), equation 11."""
    z = -np.sort(-q / 0.1)
    total, number = np.cumsum(z, axis=-1), np.arange(1, z.shape[-1] + 1)
    support = 1 + number * z > total
    last = support.sum(-1, keepdims=True) - 1
    tau = (np.take_along_axis(total, last, -1) - 1) / (last + 1)
    return 0.1 * (0.5 * np.sum(np.where(support, z**2 - tau**2, 0), -1) + 0.5)


@pytest.mark.parametrize("method", ["uct", "ments", "rents", "rents_oracle", "tents", "dents"])
def test_the_exact_value_is_the_recursion(method: str) -> None:
    # Oracle: the published formulas of every maximum, level by level, in NumPy.
    tree = SyntheticTree(3, 3, tree_seed=5)
    value = best = tree.leaves
    while len(value) > 1:
        q, children = value.reshape(-1, 3), best.reshape(-1, 3)
        best = children.max(-1)
        prior = children / children.sum(-1, keepdims=True)
        value = {
            "ments": 0.1 * scipy.special.logsumexp(q / 0.1, axis=-1),
            "rents": 0.1 * scipy.special.logsumexp(q / 0.1, b=1 / 3, axis=-1),
            "rents_oracle": 0.1 * scipy.special.logsumexp(q / 0.1, b=prior, axis=-1),
            "tents": sparse_max(q),
        }.get(method, best)
    sweep = Sweep(branching=3)
    assert forest.exact(tree, *limit(sweep, method)) == pytest.approx(value[0], abs=1e-12)


def follow(trees: list[SyntheticTree], path: list[int], copies: int, informed: bool = False) -> Any:
    """What the model says of the node at the end of a path, in copies of each tree."""
    planted = forest.planted(trees, copies, informed)
    step, at = None, forest.roots(trees[0].branching, planted, tf.constant([0, 0])).embedding
    for action in path:
        actions = tf.fill([len(trees) * copies], action)
        step, at = forest.model(trees[0].branching)(planted, at, actions, tf.constant([action, 9]))
    return step


def test_an_inner_node_is_worth_a_rollout() -> None:
    # Oracle: the mean and the variance over the leaves below, with that of the noise, to five
    # standard errors; nodes of two trees that differ in depth.
    trees = [SyntheticTree(3, 4, tree_seed=1), SyntheticTree(3, 3, tree_seed=2)]
    copies = 4000
    step = follow(trees, [2, 1], copies)
    np.testing.assert_array_equal(step.discount, 1)
    np.testing.assert_array_equal(step.reward, 0)
    for tree, value in zip(trees, np.reshape(step.value, (2, copies)), strict=True):
        below = tree.leaves.reshape(9, -1)[7]
        variance = below.var() + forest.STDDEV**2
        assert abs(value.mean() - below.mean()) < 5 * np.sqrt(variance / copies)
        assert value.var() == pytest.approx(variance, rel=0.2)


def test_a_leaf_pays_its_mean_with_noise() -> None:
    # Oracle: the leaf; the depth of each tree is its own, so that the same path ends one and not
    # the other.
    trees = [SyntheticTree(3, 2, tree_seed=3), SyntheticTree(3, 3, tree_seed=3)]
    copies = 4000
    step = follow(trees, [1, 2], copies)
    reward, discount = (np.reshape(x, (2, copies)) for x in (step.reward, step.discount))
    np.testing.assert_array_equal(discount, [[0] * copies, [1] * copies])
    error = reward[0] - trees[0].leaves[5]
    assert abs(error.mean()) < 5 * forest.STDDEV / np.sqrt(copies)
    assert error.std() == pytest.approx(forest.STDDEV, rel=0.06)
    np.testing.assert_array_equal(np.reshape(step.value, (2, copies))[0], 0)


def test_an_informed_prior_is_proportional_to_the_best_leaves() -> None:
    # Oracle: the largest leaf below each child.
    tree = SyntheticTree(3, 3, tree_seed=4)
    best = tree.leaves.reshape(9, 3).max(-1)
    found = np.exp(follow([tree], [2], 1, informed=True).prior_logits[0])
    np.testing.assert_allclose(found / found.sum(), best[6:] / best[6:].sum(), rtol=1e-6)
    plain = follow([tree], [2], 1).prior_logits[0]
    np.testing.assert_array_equal(plain, [0, 0, 0])


def test_searches_find_the_recursion_and_count_regrets() -> None:
    # Oracles: the exact recursion; and with two leaves of 0 and 1, the root's mean is the share of
    # the better one, which is 1 minus the regret.
    methods = ("uct_textbook", "ments", "rents_oracle", "tents")
    sweep = Sweep(
        branching=2, depths=(1, 2), simulations=2000, trees=2, runs=2, records=4, methods=methods
    )
    arrays = runs.run(sweep)
    soft = slice(1, None)
    value, exact = arrays["value"][..., -1], arrays["exact"][..., np.newaxis]
    np.testing.assert_allclose(value[soft], (exact + 0 * value)[soft], atol=0.02)
    mean, regret = arrays["value"][0, 0], arrays["regret"][0, 0]
    np.testing.assert_allclose((mean + regret)[..., -1], 1, atol=5 * 0.05 / np.sqrt(2000))
    assert regret[..., 0].min() > 0.05
    # The gap is 1: the action found best is right or wrong by all of it.
    assert set(np.unique(arrays["simple_regret"][:, 0])) <= {0.0, 1.0}
    np.testing.assert_array_equal(arrays["simple_regret"][0, 0, ..., -1], 0)


def test_the_temperature_of_dents_falls() -> None:
    # Oracle: the soft maximum at alpha / log(e + n) by hand.
    rule = make_rule(Sweep(branching=2), "dents")
    q, visits = np.array([[0.2, 0.4]]), np.array([[30.0, 70.0]])
    node = Node(*(tf.constant(x) for x in (np.log([[0.5, 0.5]]), visits, q, np.zeros(1))))
    alpha = 0.1 / np.log(np.e + 100)
    expected = alpha * scipy.special.logsumexp(q / alpha)
    assert rule.value(node).numpy()[0] == pytest.approx(expected, rel=1e-6)


def made_up() -> dict[str, np.ndarray]:
    """Arrays [methods, depths, trees, runs, counts] of SWEEP, worked out by hand."""
    value = np.array([[[0.8, 0.9]], [[0.7, 0.7]]])  # UCT at depths 1 and 2
    value = np.stack([value, [[[0.6, 0.61]], [[0.5, 0.516]]]])
    exact = np.array([[[1.0], [1.0]], [[0.6], [0.5]]])
    regret = np.broadcast_to(np.array([0.3, 0.1])[:, None, None, None], value.shape)
    counts = [1.0, 1.0]
    return {
        "simulations": np.array([10, 100]),
        "exact": exact,
        "value": value[..., np.newaxis] * counts,
        "regret": regret[..., np.newaxis] * counts,
        "simple_regret": 0.5 * regret[..., np.newaxis] * counts,
    }


def test_rows_and_verdict_tell_what_was_found() -> None:
    # Oracle: the arrays above, by hand.
    rows = list(analysis.rows(SWEEP, made_up()))
    assert [(row["method"], row["leaves"]) for row in rows] == [
        ("uct", 2), ("uct", 4), ("rents", 2), ("rents", 4)
    ]  # fmt: skip
    assert [row["error"] for row in rows] == pytest.approx([0.15, 0.3, 0.005, 0.008])
    assert [row["error_largest"] for row in rows] == pytest.approx([0.2, 0.3, 0.01, 0.016])
    assert [row["bias"] for row in rows] == pytest.approx([0, 0, 0.4, 0.5])
    assert rows[2]["true_error"] == pytest.approx(0.395)
    verdict = analysis.verdict(rows)
    assert "within 0.01 of the regularised recursion in 2 of 2 cases" in verdict
    assert "the worst is 0.0080, by RENTS, uniform prior with 2 actions and depth 2" in verdict
    assert "the regret of a simulation: UCT, c = 0.1 0.3000; RENTS, uniform prior 0.1000" in verdict
    assert "from that of UCT, c = 0.1 by RENTS, uniform prior -0.2000" in verdict
    (uct, rents) = analysis.summary(rows)
    assert (uct["worst"], rents["cells"]) == (pytest.approx(0.3), 2)
    assert "| RENTS, uniform prior | up to 512 | 2" in " ".join(analysis.table(rows).split())


def test_flags_choose_and_are_checked() -> None:
    # Oracle: the flags.
    assert [sweep.branching for sweep in plan(Arguments(quick=True))] == [2, 4]
    (chosen,) = plan(Arguments(branchings=(6,), depths=(2,), simulations=50))
    assert (chosen.branching, chosen.depths, chosen.simulations) == (6, (2,), 50)
    assert chosen.counts[-1] == 50
    with pytest.raises(ValueError, match="--branchings must be at least 2, not"):
        Arguments(branchings=(1,))


def test_the_figures_show_every_method_and_shape() -> None:
    # Oracle: the numbers of panels and of lines that the arrays call for.
    result = command.frame.Result(SWEEP, made_up(), list(analysis.rows(SWEEP, made_up())))
    drawn = figures.draw([result])
    assert set(drawn) == {"search_trees.png", "search_trees_grid.png"}
    curves = drawn["search_trees.png"].axes
    assert [len(axis.lines) for axis in curves] == [2] * 3  # one shape is the largest of all
    assert curves[0].get_title() == "2 actions, depth 2: 4 leaves"
    grid = [axis for axis in drawn["search_trees_grid.png"].axes if axis.images]
    errors = [axis.images[0].get_array() for axis in grid]
    np.testing.assert_allclose(errors, [[[0.15], [0.3]], [[0.005], [0.008]]])


@pytest.mark.gate
def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the rows of the plan, and a second run that loads what the first has stored.
    arguments = Arguments(quick=True, branchings=(2,), simulations=40, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "search_trees"
    assert [row["depth"] for row in rows] == [1, 2, 3] * 7
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "search_trees.png").read_bytes().startswith(b"\x89PNG")
    stored = {path: path.stat().st_mtime_ns for path in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {path: path.stat().st_mtime_ns for path in stored} == stored
