"""The temperature experiment. Oracles: closed forms, the dual's sign, numbers by hand."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types

import numpy as np
import pytest

import maxent_tf as mx
from experiments.temperature_control import __main__ as command
from experiments.temperature_control import analysis, runs
from experiments.temperature_control.sweep import (
    SWEEPS,
    Arguments,
    AutomaticSweep,
    FixedSweep,
    World,
    plan,
)
from experiments.temperature_control.worlds import HELD, make_world

FIXED = FixedSweep("mountain_car", alphas=(0.1, 1.0, 10.0), seeds=5, records=20)
AUTOMATIC = AutomaticSweep("mountain_car", (0.1, 10.0), seeds=5, records=20, targets=(-1.0, 0.0))


def test_a_held_throttle_counts_as_so_many_steps() -> None:
    # Oracle: the mountain car itself, stepped by a loop, over an episode that reaches the goal.
    car, held = make_world("mountain_car"), make_world("held")
    state, own = car.reset([3], seed=0)[0], held.reset([3], seed=0)[0]
    for t in range(20):
        velocity = np.asarray(state.velocity)
        action = np.where(velocity >= 0, 1.0, -1.0).astype(np.float32)[:, None]
        reward = np.zeros(3)
        for _ in range(HELD):
            state, expected = car.step(state, action, seed=t)
            reward += expected.reward
        own, step = held.step(own, action, seed=t)
        np.testing.assert_allclose(step.observation, expected.observation)
        np.testing.assert_allclose(step.reward, reward, rtol=1e-6)
        np.testing.assert_array_equal(step.terminated, expected.terminated)
    assert step.terminated.numpy().all()


def test_targets_count_in_the_worlds_own_units() -> None:
    # Oracle: the package's rule for -1 nat; torques in [-2, 2] add log 2.
    sweep = AutomaticSweep("pendulum", alphas=(0.01, 10.0), seeds=3)
    temperature = runs.make_learner(sweep).config.alpha
    rule = mx.temperature.target_entropy(make_world("pendulum").spec.action, "minus_dim")
    targets = np.ravel(temperature.target_entropy)
    np.testing.assert_allclose(targets, np.array([-2, -1, 0]) + math.log(2), rtol=1e-6)
    assert targets[1] == pytest.approx(rule)


@pytest.mark.parametrize("world", SWEEPS)
def test_only_noise_by_the_state_lasts(world: World) -> None:
    # Oracle: the steps between two draws that training asks the learner for; the worlds' types.
    for sweep in SWEEPS[world]:
        period = runs.make_learner(sweep).experience.seed_period
        assert period == (32 if world == "by_state" else 1)
    assert isinstance(make_world("by_state"), mx.environments.MountainCarContinuous)


def _arrays(sweep: FixedSweep | AutomaticSweep) -> runs.Arrays:
    """Returns of 95, 20 and 0 at successive alphas, alphas that halve, entropies that fall by 1."""
    shape = (len(sweep.targets), len(sweep.alphas), sweep.seeds)
    level = np.array([95.0, 20.0, 0.0])[: len(sweep.alphas), None]
    spread = 0.1 * np.linspace(-1, 1, sweep.seeds)
    time = np.linspace(0, 1, sweep.records)[:, None, None, None]
    alpha = np.array(sweep.alphas)[:, None] * 0.5**time * np.ones(shape)
    alpha[0] = np.nan  # the random start
    return {
        "value": level + spread + np.zeros(shape),
        "steps": np.arange(1, sweep.records + 1),
        "episode_return": np.zeros((sweep.records, *shape)),
        "alpha": alpha,
        "entropy": np.where(np.isnan(alpha), np.nan, 0.5 - time),
    }


def test_rows_hold_what_the_arrays_do() -> None:
    rows = list(analysis.rows(AUTOMATIC, _arrays(AUTOMATIC)))
    assert [(r["target"], r["alpha"]) for r in rows] == [
        (-1.0, 0.1),
        (-1.0, 10.0),
        (0.0, 0.1),
        (0.0, 10.0),
    ]
    # Of 19 records with updates a tenth is 2: times 1/19 and 2/19, and 18/19 and 1.
    row = rows[1]
    assert (row["return_mean"], row["solved"]) == (pytest.approx(20), 0)
    # Five numbers 0.05 apart: Student's t with four degrees of freedom.
    half = 2.7764 * 0.05 * math.sqrt(2.5 / 5)
    assert row["return_interval"] == pytest.approx([20 - half, 20 + half], abs=1e-4)
    assert row["alpha_end"] == pytest.approx(10 * (0.5 ** (18 / 19) + 0.5) / 2)
    assert row["entropy_begin"] == pytest.approx(0.5 - 1.5 / 19)
    assert row["entropy_end"] == pytest.approx(0.5 - 18.5 / 19)
    assert row["entropy_fall"] == pytest.approx(17 / 19)
    assert rows[0]["solved"] == 5


def test_the_verdict_follows_the_data() -> None:
    fixed = list(analysis.rows(FIXED, _arrays(FIXED)))
    arrays = _arrays(AUTOMATIC)
    arrays["value"][1] = [[93.0], [91.0]]
    arrays["entropy"][:, 1, 0] *= -1
    automatic = list(analysis.rows(AUTOMATIC, arrays))
    lines = analysis.verdict(fixed + automatic).splitlines()
    assert lines[0] == (
        "An automatic temperature spares the choice of alpha in 1 of 1 environments if it starts "
        "from 0.1 and in 0 of 1 environments if it starts from 10."
    )
    assert "best fixed alpha, 0.1, returns 95, and the worst, 10, returns 95 less." in lines[1]
    assert (
        "from 0.1 removes this sensitivity: at its worst target, 0, it returns 2 less" in lines[1]
    )
    assert "from 10 does not reduce this sensitivity: at its worst target, -1, it" in lines[1]
    assert "falls in 3 and rises in 1 of 4 automatic settings" in lines[2]
    assert "falls in 3 and rises in 0 of 3 fixed settings" in lines[2]
    assert "Most seeds solve it at a fixed alpha of 0.1." in lines[3]
    assert "from 0.1, 10 of 10 learners solve it, and alpha ends at 0.051 to 0.051." in lines[3]
    assert "from 10, 5 of 10 learners solve it" in lines[3]


@pytest.mark.parametrize("world", ["pendulum", "mountain_car"])
def test_returns_that_are_alike_give_no_sensitivity(world: str) -> None:
    fixed, automatic = (dataclasses.replace(s, world=world) for s in (FIXED, AUTOMATIC))
    arrays = _arrays(fixed)
    arrays["value"] = np.zeros_like(arrays["value"])
    rows = [*analysis.rows(fixed, arrays), *analysis.rows(automatic, _arrays(automatic))]
    verdict = analysis.verdict(rows)
    if world == "pendulum":
        assert "do not tell apart. Automatic temperatures return 20 to 95" in verdict
    else:
        assert "best fixed alpha" not in verdict
        assert "Most seeds solve it at no fixed alpha." in verdict
        assert "from 0.1, 10 of 10 learners solve it" in verdict


def test_plan_applies_overrides() -> None:
    sweeps = plan(Arguments(env=("pendulum",), seeds=7))
    assert [sweep.seeds for sweep in sweeps] == [7, 7]
    assert [sweep.alphas for sweep in sweeps] == [s.alphas for s in SWEEPS["pendulum"]]
    with pytest.raises(ValueError, match="--seeds must be at least 1, not 0"):
        Arguments(seeds=0)


@pytest.mark.slow
def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(env=("pendulum",), output=tmp_path, quick=True)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "temperature_control"
    summary = json.loads((directory / "summary.json").read_text())
    assert len(summary["rows"]) == len(rows) == 7 + 6
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    assert {p.name for p in directory.glob("*.png")} == {
        "sensitivity.png",
        "over_time_pendulum.png",
    }
    assert summary["verdict"] in capsys.readouterr().out
    for row in rows:
        if row["temperature"] == "fixed":
            assert row["alpha_end"] == pytest.approx(row["alpha"], rel=1e-5)
        elif min(row["entropy_begin"], row["entropy_end"]) > row["target"] + 0.1:
            # Above its target, entropy lowers the temperature: the sign of the dual's gradient.
            assert row["alpha_end"] < row["alpha"]

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    assert stored.main(arguments)["rows"] == rows
