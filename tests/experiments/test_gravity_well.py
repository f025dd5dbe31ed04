"""The gravity-well experiment, small. Oracles: closed forms, and ascent by the exact layer."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import types

import numpy as np
import pytest

from experiments.bandit_ascent import REWARDS, escape, marks_until
from experiments.gravity_well import __main__ as command
from experiments.gravity_well import analysis, runs
from experiments.gravity_well.sweep import Arguments, Sweep, plan
from maxent_tf.environments import Bandit
from maxent_tf.tabular import from_environment, policy_gradient

SWEEP = Sweep(
    worse=(0, 1), alphas=(0.1,), decades=2, per_decade=4, max_steps=5000, map_size=6, map_steps=200
)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return runs.run(SWEEP)


def test_starts_and_bandits() -> None:
    # Oracle: by hand.
    np.testing.assert_allclose(SWEEP.starts[[0, 4, 8]], [0.1, 0.01, 0.001], rtol=1e-12)
    rewards, start = SWEEP.bandit(2, 0.1)
    assert rewards == [1.0, 0.9, 0.1, 0.1]
    np.testing.assert_allclose(start, [0.1, 0.88, 0.01, 0.01])
    assert SWEEP.curves == [(0, 0.0), (1, 0.0), (1, 0.1)]


@pytest.mark.parametrize("curve", [0, 1, 2])
def test_escapes_are_those_of_the_exact_layer(curve: int, arrays: dict[str, np.ndarray]) -> None:
    # Oracle: exact ascent on the bandit as a decision process, just before and at the escape.
    worse, alpha = SWEEP.curves[curve]
    rewards, start = SWEEP.bandit(worse, SWEEP.starts[2])
    steps = int(arrays["steps"][curve, 2])
    m = from_environment(Bandit(rewards), discount=1.0)
    logits = np.stack([np.log(start), np.zeros(len(start))])
    before, at = (
        policy_gradient(m, logits, alpha, 0.4, n).policy[0, 0] for n in (steps - 1, steps)
    )
    assert before <= 0.5 < at


def test_what_takes_too_long_is_missing(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: the known number of steps, 341,238, is beyond 5,000, and 3,706 is not.
    assert np.isnan(arrays["steps"][1, -1])
    assert arrays["steps"][2, -1] == analysis.KNOWN[0.1]
    rows = list(analysis.rows(SWEEP, arrays))
    assert [row["alpha"] for row in rows] == [0.0, 0.0, 0.1]
    assert "| longer " in analysis.table(rows).splitlines()[3]


def test_the_map_agrees_with_single_escapes(arrays: dict[str, np.ndarray]) -> None:
    # Oracle: every start by itself; the map knows only the marks.
    marks = np.array([0, *marks_until(SWEEP.map_steps, 60)])
    for alpha, times in zip(SWEEP.map_alphas, arrays["map"], strict=True):
        for start, time in zip(arrays["points"], times, strict=True):
            steps = escape(REWARDS, start, 0.4, alpha, SWEEP.map_steps).steps
            after = marks[marks >= steps]
            assert time == (after[0] if after.size else np.inf)


def test_the_grid_covers_the_simplex() -> None:
    # Oracle: a triangular number of points, sums of one, corners that favour one arm.
    points = runs.simplex(6, least=0.01)
    assert len(points) == 7 * 8 // 2
    np.testing.assert_allclose(points.sum(-1), 1)
    np.testing.assert_allclose(points.min(), 0.01)
    np.testing.assert_allclose(points.max(0), 0.98)


def test_exponents_of_a_power_law() -> None:
    # Oracle: steps that are one, three times the limit.
    steps = np.stack([3 * analysis.limits(SWEEP, worse) for worse in (0, 1, 1)])
    rows = list(analysis.rows(SWEEP, {"steps": steps, "least": 0.5 * np.stack([SWEEP.starts] * 3)}))
    np.testing.assert_allclose([row["exponent"] for row in rows], [-1, -2, -2])
    np.testing.assert_allclose([row["over_limit"] for row in rows[:2]], 3)
    np.testing.assert_allclose([row["least_over_start"] for row in rows], 0.5)
    held = list(analysis.checks(SWEEP, rows))
    assert [c.holds for c in held if "over their limit" in c.what] == [False, False]
    assert [c.holds for c in held if "exponent" in c.what] == [True, True]


def test_the_command_writes_summary_and_figures(
    tmp_path: pathlib.Path, arrays: dict[str, np.ndarray]
) -> None:
    # Oracle: the rows of the arrays that are stored.
    produced = [arrays]
    experiment = dataclasses.replace(
        command.EXPERIMENT, runs=types.SimpleNamespace(run=lambda *_: produced.pop())
    )
    arguments = Arguments(output=tmp_path, quick=True)
    assert plan(arguments) == [SWEEP]
    for _ in range(2):  # the second time everything is loaded
        rows = experiment.main(arguments)["rows"]
    directory = tmp_path / "gravity_well"
    written = json.loads((directory / "summary.json").read_text())
    assert [row["steps"] for row in written["rows"]] == [row["steps"] for row in rows]
    known = [c for c in written["checks"] if c["row"] == "escape"]
    assert [c["measured"] for c in known] == [3706]
    assert "At alpha 0.1 the exponent is -" in written["verdict"]
    assert {path.name for path in directory.glob("*.png")} == {"escape_time.png", "well.png"}


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="--steps must be at least 1000, not 10"):
        Arguments(steps=10)
    with pytest.raises(ValueError, match="temperatures must be at least 0, not -1"):
        Sweep(alphas=(-1.0,))
    with pytest.raises(ValueError, match=r"temperatures must be lower than 1\.0, .* never escape"):
        Sweep(alphas=(1.0,))
