"""The rows, the verdict and the figure of searches beside entropy bonuses. Oracle: by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from experiments.frame import Result
from experiments.search_exploration import analysis, figures, runs
from experiments.search_exploration.sweep import Sweep
from tests.experiments.search_exploration_sweep import SWEEP


def arrays_of(sweep: Sweep, records: int, **entries: Any) -> dict[str, np.ndarray]:
    shape = (records, *sweep.shape)
    filled = {name: np.broadcast_to(x, shape).astype(float) for name, x in entries.items()}
    return {"steps": np.arange(records) * 48, **filled}


def test_rows_say_what_the_arrays_hold() -> None:
    # Oracle: by hand.
    greedy = np.array([0.99, 0.0, 0.99])[:, None, None] * np.array([1.0, 0.0])[:, None]
    entropy = np.array([0.6, 0.1, 0.3])[:, None, None]
    arrays = arrays_of(SWEEP, 3, greedy=greedy, entropy=entropy, positions=7, returns=0)
    rows = list(analysis.rows(SWEEP, arrays))
    assert [row["method"] for row in rows] == ["search", "search"]
    first, second = rows
    assert (first["strength"], first["solved"]) == (0.5, 1)
    assert first["steps_until_solved"] == [96]
    assert (second["strength"], second["steps_until_solved"]) == (0, [None])
    assert (first["entropy_first"], first["entropy"]) == (0.6, pytest.approx(0.2))
    assert first["positions"] == 7
    # c sqrt(1 + N) / (A + N) of three simulations and two actions.
    assert [row["temperature"] for row in rows[:2]] == [pytest.approx(0.004), pytest.approx(0.4)]


def test_a_bonus_has_a_row_for_each_phase() -> None:
    # Oracle: by hand; the games' strength is the share of best moves at the end of the phase.
    sweep = dataclasses.replace(SWEEP, world="best_play", method="bonus", evaluations=True, seeds=2)
    assert runs.phases(sweep) == [96, 4 * 96]
    optimal = np.arange(5)[:, None, None] / 10
    greedy = np.array([[-1, -1], [-1, -1], [-1, 0], [-1, -1], [0, 0]])[:, None]
    arrays = arrays_of(sweep, 5, optimal=optimal, entropy=1, positions=9, greedy=greedy)
    short, longer, *_ = analysis.rows(sweep, arrays)
    assert (short["method"], short["strength"], short["draws"]) == ("bonus", 0.2, 1)
    assert (longer["method"], longer["strength"], longer["draws"]) == ("longer", 0.4, 2)
    assert (short["steps"], longer["steps"], short["temperature"]) == (96, 192, 0.01)


def test_two_players_are_graded_as_both() -> None:
    # Oracle: by hand; a learner counts that loses in no line as either player.
    sweep = dataclasses.replace(SWEEP, world="self_play", seeds=2)
    arrays = arrays_of(
        sweep, 3, optimal=0.5, entropy=1, positions=9, first=np.array([0, -1]), second=0
    )
    ends = {name: arrays[name][-1] for name in ("optimal", "first", "second")}
    arrays |= {f"searched_{name}": x + 0.25 * (name == "optimal") for name, x in ends.items()}
    arrays["searched_first"] = np.zeros(sweep.shape)
    row = next(analysis.rows(sweep, arrays))
    assert (row["strength"], row["searched_strength"]) == (0.5, 0.75)
    assert (row["unbeaten"], row["searched_unbeaten"]) == (1, 2)


def some_results() -> list[Result]:
    settings = np.array([0.2, 0.5])[:, None]
    results = []
    for changes in ({}, {"method": "noise", "noise": 0.25}, {"method": "bonus"}):
        sweep = dataclasses.replace(SWEEP, **changes)
        arrays = arrays_of(
            sweep, 3, greedy=settings > 0.3, entropy=settings, positions=-settings, returns=0
        )
        results.append(Result(sweep, arrays, list(analysis.rows(sweep, arrays))))
    return results


def test_the_verdict_has_correlations_and_the_best_setting() -> None:
    # Oracle: by hand: entropy rises with the setting, positions fall.
    rows = [row for result in some_results() for row in result.rows]
    first, puct, *_ = analysis.verdict(rows).splitlines()
    assert "PUCT +1.00 and -1.00; PUCT with noise +1.00 and -1.00; entropy bonus +1.00" in first
    assert puct.startswith("DeepSea, PUCT: strongest at 1, with 1.000 (1 of 1), against 0.000 at")
    assert "| entropy bonus   | 0.01       |" in analysis.table(rows)


def test_the_figure_has_a_line_for_each_method() -> None:
    # Oracle: the numbers of panels and lines.
    figure = figures.draw(some_results())["search_exploration.png"]
    assert len(figure.axes) == 3
    assert all(len(axis.containers) == 3 for axis in figure.axes)
