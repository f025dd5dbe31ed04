"""Measurements of experiments beside the figures of the literature, on the page of all results."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from experiments.report.contents import contents
from tests.experiments.report_pages import report, write


def grid(schedule: str, alpha: float, stuck: float, value: float, **changes: Any) -> dict:
    return {
        "part": "grid",
        "algorithm": "a2c_tabular",
        "control": "",
        "steps": 100_000,
        "seeds": 100,
        "schedule": schedule,
        "alpha": alpha,
        "stuck_fraction": stuck,
        "return_mean": value,
        **changes,
    }


PENDULUM = {"world": "pendulum", "learner": "sac", "steps": 10_000, "seeds": 5}
GOALS = {"learner": "sql", "costs": "sql", "alpha": 1.0, "seeds": 5, "steps": 10_000}
CAR = {
    "steps": 15_000,
    "temperature": "automatic",
    "target": -1.0,
    "alpha": 0.01,
    "seeds": 5,
    "solved": 0,
}
ROOM = {"bonus": "none", "steps": 100_352, "seeds": 8}
TREE = {"method": "ments", "simulations": 10_000, "leaves": 512}
NOISE = {"steps": 15_000, "world": "by_state", "temperature": "fixed", "target": None}
DOOR = {"algo": "ppo", "env": "MiniGrid-DoorKey-5x5-v0", "steps": 100_352, "seeds": 5}
SUMMARIES = {
    "premature_convergence": [
        grid("annealed", 0.1, 0.28, 0.9),  # a stuck fraction 0.01 too far from 0.17
        grid("annealed", 0.2, 0.0, 0.934),
        grid("constant", 0.05, 0.5, 0.76),
        grid("constant", 1.0, 1.0, 0.605),
        grid("annealed", 0.0, 0.5, 0.8, control="critic rate 0.5"),
        grid("annealed", 0.0, 0.5, 0.8, steps=50),
    ],
    "minigrid": [
        {**ROOM, "task": "door_key", "return": 0.935},
        {**ROOM, "task": "empty_random", "return": 0.93},
        {**ROOM, "task": "empty_random", "return": 0.2, "steps": 1024},
        {**ROOM, "task": "six_rooms", "return": 0.0},
        {**ROOM, "task": "six_rooms", "return": 0.5, "bonus": "rnd"},
        {**ROOM, "task": "four_rooms", "return": 0.5},
    ],
    "multigoal": [
        {**GOALS, "found_all": 5},
        {**GOALS, "costs": "sac", "found_all": 3},
        {**GOALS, "alpha": 3.0, "found_all": 0},
        {**GOALS, "learner": "sac", "found_all": 2},
        {**GOALS, "steps": 60, "found_all": 0},
    ],
    "sample_efficiency": [
        {**PENDULUM, "factor": 1.0, "return_iqm": -245.0},
        {**PENDULUM, "factor": 3.0, "return_iqm": -900.0},
        {**PENDULUM, "factor": 1.0, "return_iqm": -247.0},
        {**PENDULUM, "factor": 1.0, "return_iqm": -999.0, "steps": 600},
    ],
    "search_trees": [
        {**TREE, "error": 0.002},
        {**TREE, "error": 0.004},
        {**TREE, "error": 0.3, "leaves": 1000},
        {**TREE, "error": 0.3, "simulations": 300},
        {**TREE, "error": 0.3, "method": "uct"},
        {**TREE, "error": 0.02, "method": "tents"},
    ],
    "temperature_control": [
        {**CAR, "world": "mountain_car"},
        {**CAR, "world": "held", "solved": 5},
        {**CAR, "world": "mountain_car", "solved": 1, "steps": 300},
        {**NOISE, "alpha": 0.1, "return_mean": 93.0},
        {**NOISE, "alpha": 10.0, "return_mean": -20.0},
        {**NOISE, "alpha": 0.3, "return_mean": 94.0, "steps": 300},
    ],
    "zoo": [
        {**DOOR, "iqm": 0.95},
        {**DOOR, "iqm": 0.93},
        {**DOOR, "iqm": 0.0, "steps": 2048},
        {**DOOR, "iqm": 242.0, "env": "LunarLander-v3"},
    ],
}


@pytest.mark.parametrize(
    ("name", "number", "measured"),
    [
        (
            "premature_convergence",
            "R1",
            [("0.28", False), ("0", True), ("0.934", True), ("0.5", True), ("0.605", True)],
        ),
        ("minigrid", "R24", [("0.935", True), ("0.93", False), ("0", True)]),
        ("multigoal", "R13", [("5", True), ("3", False)]),
        ("sample_efficiency", "R19", [("-245", True), ("-247", False)]),
        ("search_trees", "R15", [("0.004", True), ("0.02", False)]),
        ("temperature_control", "R19", [("0", True), ("93", True)]),
        ("zoo", "R24", [("0.95", True), ("0.93", False)]),
    ],
)
def test_experiments_are_compared_with_the_literature(
    tmp_path: pathlib.Path, name: str, number: str, measured: list[tuple[str, bool]]
) -> None:
    # Oracle: by hand: the rows of other settings do not count, and bounds are inclusive to 1e-2.
    write(tmp_path, name, {"rows": SUMMARIES[name], "verdict": "Well."})
    (found,) = (x for x in contents(tmp_path).literature if x.row.number == number)
    assert [(x["measured"], x["verdict"] == "holds") for x in found.checks] == measured
    assert found.held == sum(holds for _, holds in measured)


def test_a_quick_run_is_not_compared_with_the_literature(tmp_path: pathlib.Path) -> None:
    # Oracle: the same rows, which a full run compares.
    summary = {"rows": SUMMARIES["premature_convergence"], "verdict": "Well."}
    write(tmp_path, "premature_convergence", summary, quick=True)
    page = report(tmp_path)
    assert "not measured" in page.texts["R1"]
    assert "premature_convergence: only a quick run is stored" in page.texts["R1"]


def test_other_settings_than_those_of_the_literature_are_named(tmp_path: pathlib.Path) -> None:
    # Oracle: a run of other steps, which allows no comparison.
    rows = [grid("annealed", 0.0, 1.0, 0.8, steps=50)]
    write(tmp_path, "premature_convergence", {"rows": rows, "verdict": "Well."})
    said = report(tmp_path).texts["R1"]
    assert "not measured" in said
    assert "the stored run has other settings than the literature" in said
