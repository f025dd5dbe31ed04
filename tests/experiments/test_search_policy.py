"""PUCT's visits beside the regularised policy.

Oracles: conditions of optimality, loops in plain Python, the exact solution of the game, numbers
worked out by hand.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from experiments.search_policy import __main__ as command
from experiments.search_policy import analysis, figures, games, runs, theory
from experiments.search_policy.nodes import Nodes, puct_visits
from experiments.search_policy.sweep import Arguments, Sweep, plan
from maxent_tf import search
from maxent_tf.environments import TicTacToe
from maxent_tf.tabular import solve_game

SWEEP = Sweep(subject="nodes", actions=3, roots=5, simulations=40, counts=(10, 40), settings=2)


def test_constant_and_temperature_are_inverse() -> None:
    # Oracle: Grill et al. (2020), equation 3, by hand: 1.5 sqrt(9) / (4 + 8) = .375.
    assert theory.temperature(1.5, 8, 4) == pytest.approx(0.375)
    assert theory.constant(0.375, 8, 4) == pytest.approx(1.5)
    assert theory.bound(8, 4) == pytest.approx(0.25)


def test_shares_count_one_more_for_legal_actions_only() -> None:
    # Oracle: by hand.
    visits, legal = np.array([3.0, 0.0, 0.0]), np.array([True, True, False])
    np.testing.assert_allclose(theory.smoothed(visits, legal), [0.8, 0.2, 0])


def test_visits_are_those_of_a_loop() -> None:
    # Oracle: PUCT at one node after the other, in plain Python.
    rng = np.random.default_rng(1)
    prior, q = rng.dirichlet(np.ones(4), 3), rng.uniform(size=(3, 4))
    constant = np.array([[0.3], [1.0], [4.0]])
    found = puct_visits(prior, q, constant, (0, 7, 30))
    for b in range(3):
        n = [0] * 4
        for i in range(30):
            if i in (0, 7):
                np.testing.assert_array_equal(found[(0, 7).index(i), b], n)
            c = constant[b, 0] * (i + 1) ** 0.5
            score = [q[b, a] + c * prior[b, a] / (1 + n[a]) for a in range(4)]
            n[score.index(max(score))] += 1
        np.testing.assert_array_equal(found[2, b], n)


def test_the_policy_is_optimal_at_its_temperature() -> None:
    # Oracle: where <p, q> - lambda KL(mu || p) is largest, q + lambda mu / p is the same for every
    # action.
    nodes = Nodes(6, 4, np.random.default_rng(2))
    constants = np.array([[0.5] * 6, [2.0] * 6])
    policy = nodes.regularized(constants, (9, 99))
    for k, n in enumerate((9, 99)):
        for s, c in enumerate((0.5, 2.0)):
            p = policy[k, s]
            level = nodes.q + c * np.sqrt(n + 1) / (4 + n) * nodes.prior / p
            np.testing.assert_allclose(p.sum(-1), 1)
            np.testing.assert_allclose(level, np.broadcast_to(level[:, :1], level.shape), rtol=1e-9)


@pytest.mark.parametrize("exact", [True, False])
def test_evaluators_see_the_position(exact: bool) -> None:
    # Oracle: the exact solution, for all positions; random values are in range and differ.
    env = TicTacToe()
    solution = solve_game(env)
    evaluator = games.Evaluator(env, solution if exact else None, tf.constant([0, 3]))
    values = evaluator.value((), solution.observation).numpy()
    if exact:
        np.testing.assert_array_equal(values, solution.value)
    else:
        assert np.abs(values).max() <= 1
        assert len(np.unique(values)) > 5000
    logits = evaluator.policy((), solution.observation).logits_parameter()
    # Nine cells are half full or less: the products have a variance of about 4 times .5.
    assert 0.5 < np.std(logits) < 3


def test_a_game_is_searched_at_every_constant() -> None:
    # Oracle: the search of one position at one constant by PUCT itself, and its regularised policy.
    game = games.Game(3, True, np.random.default_rng(4), 0)
    constants = np.array([[0.2, 0.5, 1.0], [3.0, 2.0, 1.0]])
    visits, policy = game.puct(constants, (5, 20))
    assert visits.shape == policy.shape == (2, 2, 3, 9)
    np.testing.assert_array_equal(visits.sum(-1), np.broadcast_to([[[5]], [[20]]], (2, 2, 3)))
    assert not visits[:, :, ~game.legal].any()
    model = search.world_model(TicTacToe(), game.evaluator, discount=1.0)
    for s, b in ((0, 1), (1, 2)):
        state, observation = tf.nest.map_structure(
            lambda x, b=b: tf.constant(x[b : b + 1]), (game.state, game.observation)
        )
        root, mask = search.world_root(TicTacToe(), game.evaluator, (), state, observation)
        rule = search.Puct(constants[s, b], c_base=1e9, noise_fraction=0.0)
        tree = search.search(model, (), root, 20, rule, mask=mask, trace=lambda at: at, seed=0)
        np.testing.assert_array_equal(visits[1, s, b], tree.visits[0, 0])
        at = tf.nest.map_structure(lambda x: x[:, 4], tree.trace)
        expected = search.Regularized(constants[s, b]).policy(at)
        np.testing.assert_allclose(policy[0, s, b], expected[0], atol=1e-6)


def test_distances_keep_to_the_bound_and_entropies_to_the_temperature() -> None:
    # Oracle: proposition 4, and that a policy depends on the constant through lambda alone.
    arrays = runs.run(SWEEP)
    assert (arrays["distance"] <= arrays["bound"] + 1e-12).all()
    assert arrays["bound"][9, 0] == pytest.approx(2 / 13)
    by_temperature, by_constant = arrays["entropy_by_temperature"], arrays["entropy_by_constant"]
    assert by_temperature.shape == (3, 2, 2, 5)
    np.testing.assert_allclose(by_temperature[1, 0], by_temperature[1, 1], rtol=1e-9)
    # At a low constant, the temperature falls with the simulations, and the entropy with it.
    assert (by_constant[1, 0, 0] > by_constant[1, 1, 0]).all()
    # The first temperature by hand, through the constant that gives it after 40 simulations.
    nodes = Nodes(5, 3, np.random.default_rng(0))
    c = 0.01 * (3 + 40) / np.sqrt(41)
    visits, policy = nodes.puct(np.full([1, 5], c), (40,))
    entropy = -np.sum(policy * np.log(policy), axis=-1)[0, 0]
    np.testing.assert_allclose(by_temperature[1, 1, 0], entropy, rtol=1e-9)
    apart = np.abs(visits / 40 - policy).sum(-1)[0, 0] / 2
    np.testing.assert_allclose(arrays["apart"][1, 0], apart, rtol=1e-9)


def test_other_policies_are_fitted_at_every_root() -> None:
    # Oracle: where the visits are exactly a Boltzmann policy's, the fitted one finds it.
    nodes = Nodes(4, 2, np.random.default_rng(3))
    found = runs.control(Sweep(subject="nodes", actions=2, roots=4, counts=(1000,)), nodes)
    # With two actions, any policy between the prior and the best action is a Boltzmann policy of
    # KL at some temperature, which a grid of 81 finds up to its steps.
    assert found["control"].shape == (2, 1, 4)
    assert found["control"][0].max() < 0.03


def made_up() -> dict[str, np.ndarray]:
    """Arrays of SWEEP, worked out by hand."""
    simulations = np.arange(1, 41)
    distance = np.full([40, 5], 0.1)
    distance[39, 0] = 0.6
    entropy = np.zeros([3, 2, 2, 5])
    entropy[1, 0] = 0.5  # of the policy, after 10 simulations
    entropy[1, 1] = [[0.4], [0.1]]  # after 40
    return {
        "simulations": simulations,
        "distance": distance,
        "bound": np.full([40, 5], 0.2),
        "agreement": np.array([[True, True, True, True, False]] * 40),
        "entropy_by_constant": entropy,
        "entropy_by_temperature": 0.1 * entropy,
        "apart": np.full([2, 2, 5], 0.02),
        "control": np.full([2, 2, 5], 0.7),
    }


def test_rows_and_verdict_tell_what_was_found() -> None:
    # Oracle: the arrays above, by hand.
    first, last = analysis.rows(SWEEP, made_up())
    assert (first["simulations"], last["simulations"]) == (10, 40)
    assert (first["beyond"], last["beyond"]) == (0, pytest.approx(0.2))
    assert (first["largest_ratio"], last["largest_ratio"]) == pytest.approx((0.5, 3.0))
    assert (last["distance"], last["distance_median"]) == pytest.approx((0.2, 0.1))
    assert last["spread_by_constant"] == pytest.approx(0.4)
    assert (first["entropy_off"], last["entropy_off"]) == pytest.approx((0.05, 0.04))
    verdict = analysis.verdict([first, last])
    assert "at most 3.00 of its bound" in verdict
    assert "After 40 simulations it is 0.2000 with 3 actions, and 0.7000 from" in verdict
    assert "differs by up to 0.40 nats" in verdict
    game = {**last, "subject": "exact_game", "other_distances": None}
    verdict = analysis.verdict([first, last, game])
    assert (
        "after 40 simulations the median distance is 0.1000 and the mean 0.2000; 20% of" in verdict
    )
    assert "beyond the bound. The best action is the same in 80%" in verdict
    assert "0.7000, 0.7000" in analysis.table([first, last, game])


def test_a_quick_plan_is_small() -> None:
    # Oracle: the flags.
    assert {sweep.roots for sweep in plan(Arguments(quick=True))} == {8}
    assert {sweep.roots for sweep in plan(Arguments(roots=3))} == {3}
    with pytest.raises(ValueError, match="--roots must be at least 1, not 0"):
        Arguments(roots=0)


def test_the_figure_shows_chosen_sweeps() -> None:
    # Oracle: the numbers of panels and of lines that the arrays call for.
    sweep = Sweep(**{**vars(SWEEP), "actions": 8, "roots": 5})
    result = command.frame.Result(sweep, made_up(), list(analysis.rows(sweep, made_up())))
    other = command.frame.Result(SWEEP, made_up(), result.rows)
    axes = figures.draw([other, result])["search_policy.png"].axes
    assert len(axes) == 4
    assert len(axes[0].lines) == 2 * 3 + 2  # distance, bound and fit of each, and two legends
    np.testing.assert_allclose(axes[3].lines[1].get_ydata(), [0.05, 0.05])  # the policy at N = 10


@pytest.mark.gate
def test_the_command_writes_summary_and_figure(tmp_path: pathlib.Path) -> None:
    # Oracle: the rows of the plan, and a second run that loads what the first has stored.
    arguments = Arguments(quick=True, roots=3, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "search_policy"
    assert [row["simulations"] for row in rows] == [4, 16, 64] * 5
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "search_policy.png").read_bytes().startswith(b"\x89PNG")
    stored = {path: path.stat().st_mtime_ns for path in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {path: path.stat().st_mtime_ns for path in stored} == stored
