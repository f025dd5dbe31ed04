"""Self-play, examined exactly.

Oracles: each learner alone, position by position; arrays made by hand.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from experiments import examination
from experiments.self_play import __main__ as command
from experiments.self_play import analysis, figures, runs
from experiments.self_play.sweep import Arguments, Sweep, plan
from maxent_tf import tabular
from maxent_tf.environments import TicTacToe

SWEEP = Sweep(
    game="tic_tac_toe",
    rule="puct",
    simulations=2,
    tests=(0, 3),
    steps=1_024,
    seeds=2,
    hidden_sizes=(6,),
    records=1,
)


@pytest.fixture(scope="module")
def solution() -> tabular.GameSolution:
    return tabular.solve_game(TicTacToe())


def made_up(mistakes: Any, worst: Any) -> dict[str, np.ndarray]:
    """Arrays [records, tests, seeds] of a sweep with given mistakes and worst results."""
    mistakes, worst = np.asarray(mistakes, float), np.asarray(worst, float)
    return {
        "steps": np.array([0, 512, 1024]),
        "optimal": 1 - mistakes / 4520,
        "mistakes": mistakes,
        "first": worst,
        "second": np.zeros_like(worst),
        "positions": np.array(4520),
        "seconds": np.array(3.0),
    }


ARRAYS = made_up(
    [[[2000, 2000], [900, 900]], [[300, 300], [40, 50]], [[200, 200], [10, 60]]],
    [[[-1, -1], [-1, -1]], [[-1, -1], [0, 0]], [[-1, 0], [0, 0]]],
)


@pytest.mark.parametrize("simulations", [0, 3])
def test_moves_are_those_of_each_learner_in_its_position(
    solution: tabular.GameSolution, simulations: int
) -> None:
    # Oracle: a learner alone in a few positions, those of the last chunk among them.
    learner = runs.make_learner(SWEEP)
    state = learner.init(0)
    moves = examination.player(learner, simulations, solution)(state)
    assert moves.shape == (2, 5478)
    positions = np.flatnonzero(~solution.terminated)[[0, 7, 100, 2303, 2304, 4518, 4519]]
    world, seen = tf.nest.map_structure(
        lambda x: tf.constant(np.stack([x[positions]] * 2)), (solution.state, solution.observation)
    )
    if simulations:
        config = {"tests": (), "simulations": simulations}
        alone = runs.make_learner(Sweep(**{**vars(SWEEP), **config}))
        carry = alone.initial_carry(len(positions))
        expected = alone.act(state, carry, seen, seed=5, explore=False, world=world).action
    else:
        expected = tf.argmax(learner.policy(state, seen).probs_parameter(), axis=-1)
    np.testing.assert_array_equal(moves[:, positions], expected)


def test_grades_count_mistakes_and_lines(solution: tabular.GameSolution) -> None:
    # Oracle: best play, and best play but for one mistake in the first move or behind it.
    best = np.argmax(solution.q, axis=-1)
    at_once, later = best.copy(), best.copy()
    answered = solution.child[0, best[0]]
    wrong = np.flatnonzero(solution.q[answered] == -1)[0]
    later[answered] = wrong
    at_once[0] = 1  # a draw, too: no mistake
    grades = examination.grade(solution, np.stack([best, at_once, later]))
    np.testing.assert_array_equal(grades.mistakes, [0, 0, 1])
    np.testing.assert_allclose(grades.optimal, [1, 1, 4519 / 4520])
    np.testing.assert_array_equal(grades.first, [0, 0, 0])
    np.testing.assert_array_equal(grades.second, [0, 0, -1])


def test_rows_and_verdict_tell_what_was_found() -> None:
    # Oracle: the arrays above, counted by hand.
    alone, searching = analysis.rows(SWEEP, ARRAYS)
    assert (alone["good"], alone["unbeaten"], alone["unbeaten_first"]) == (0, 1, 1)
    assert (searching["good"], searching["unbeaten"]) == (1, 2)
    assert searching["steps_until_good"] == [512, None]
    assert searching["optimal_mean"] == pytest.approx(1 - 35 / 4520)
    verdict = analysis.verdict([alone, searching])
    assert "In tic-tac-toe, 1 of 2 learners by PUCT with 3 simulations a move lose in no" in verdict
    assert "does so in 80.09% and loses in some line" in verdict
    assert "plays a best move in 95.58%, and 1 of 2 lose in no line" in verdict
    assert "| 10, 60" in analysis.table([alone, searching])


def test_a_player_is_good_from_its_last_failure_on() -> None:
    # Oracle: by hand; good at first, then not, then good.
    arrays = made_up([[[0], [0]], [[0], [100]], [[0], [0]]], np.zeros((3, 2, 1)))
    sweep = Sweep(**{**vars(SWEEP), "seeds": 1})
    assert [row["steps_until_good"] for row in analysis.rows(sweep, arrays)] == [[0], [1024]]


def test_the_figure_has_a_panel_for_each_sweep() -> None:
    # Oracle: the numbers of panels and of markers that the arrays call for.
    result = command.frame.Result(SWEEP, ARRAYS, list(analysis.rows(SWEEP, ARRAYS)))
    figure = figures.draw([result, result])["self_play.png"]
    assert len(figure.axes) == 2
    filled = [
        line
        for line in figure.axes[1].lines
        if line.get_marker() != "None" and line.get_markerfacecolor() != "white"
    ]
    assert sum(len(line.get_xdata()) for line in filled) == 5


def test_quick_runs_are_small_and_games_can_be_chosen() -> None:
    # Oracle: the flags.
    assert {sweep.game for sweep in plan(Arguments(quick=True))} == {"tic_tac_toe"}
    (chosen,) = plan(Arguments(games=("connect_four",), seeds=4))
    assert (chosen.game, chosen.seeds) == ("connect_four", 4)


@pytest.mark.gate
def test_the_command_trains_and_writes(tmp_path: pathlib.Path) -> None:
    # Oracle: the number of examinations, the shares that the network began with, and the files.
    arguments = Arguments(quick=True, steps=1_088, seeds=1, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "self_play"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert (directory / "self_play.png").read_bytes().startswith(b"\x89PNG")
    assert [row["simulations"] for row in rows] == [0, 4, 0, 4]
    assert all(0.3 < row["untrained_optimal"] < 1 for row in rows)
