"""Curiosity and entropy, alone and together.

Oracles: one learner by two programs, the sweep itself, SciPy, and numbers worked out by hand.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import scipy.stats

from experiments.curiosity_and_entropy import __main__ as command
from experiments.curiosity_and_entropy import analysis, runs
from experiments.curiosity_and_entropy.sweep import Arguments, Sweep, plan

_SWEEP = Sweep(
    world="mountain_car",
    method="rnd",
    alphas=(0.0, 0.1),
    scales=(0.0, 1.0),
    steps=2048,
    choosing=1,
    seeds=2,
    records=2,
    episodes=2,
)


def test_learners_have_the_settings_of_their_sweep() -> None:
    # Oracle: the sweep itself, broadcast.
    for sweep in plan(Arguments()):
        learner = runs.make_learner(sweep, runs.make_world(sweep))
        learners = sweep.choosing + sweep.seeds
        assert learner.batch_shape == (len(sweep.alphas), len(sweep.scales), learners)
        alpha, scale = learner.learner.config.alpha, learner.config["scale"]
        assert (alpha.shape, scale.shape) == ((len(sweep.alphas), 1, 1), (len(sweep.scales), 1))
        np.testing.assert_allclose(np.ravel(alpha), sweep.alphas)
        np.testing.assert_allclose(np.ravel(scale), sweep.scales)
        assert learner.config["num_envs"] == sweep.num_envs


@pytest.mark.slow
def test_a_bonus_of_scale_0_changes_nothing() -> None:
    # Oracle: the same learners beside another bonus, whose networks draw from other seeds.
    rnd, icm = (
        runs.run(Sweep(**{**vars(_SWEEP), "method": method}))  # type: ignore[arg-type]
        for method in ("rnd", "icm")
    )
    np.testing.assert_allclose(rnd["entropy"][:, :, 0], icm["entropy"][:, :, 0], rtol=1e-5)
    assert np.abs(rnd["entropy"][-1, :, 1] - icm["entropy"][-1, :, 1]).min() > 1e-4


def test_rows_hold_what_the_arrays_do() -> None:
    # Oracle: by hand. Learner 0 chooses; of the others, the second reaches a mean of one half over
    # five records at the third one, and the third never does.
    steps = np.array([10, 20, 30])
    returns = np.zeros([3, 2, 2, 3])
    returns[:, 1, 1, 0] = 0.75
    returns[:, 1, 1, 1] = [0.0, np.nan, 1.0]
    greedy = np.zeros([2, 2, 3])
    greedy[1, 1] = [0.5, 1.0, 0.0]
    arrays = {"steps": steps, "return": returns, "entropy": returns, "greedy": greedy}
    first, *_, last = analysis.rows(_SWEEP, arrays)
    assert (first["group"], first["solved"], first["median"]) == ("neither", 0, None)
    assert (last["alpha"], last["scale"], last["group"]) == (0.1, 1.0, "both")
    assert (last["chosen_by"], last["scores"], last["score"]) == (0.75, [0.5, 0.0], 0.25)
    assert (last["solved"], last["seeds"], last["median"]) == (1, 2, None)
    assert (last["last_return"], last["greedy_return"]) == (0.25, 0.5)
    # All of two learners solve it: the median one has after 30 steps.
    returns[:, 1, 1, 2] = returns[:, 1, 1, 1]
    *_, last = analysis.rows(_SWEEP, arrays)
    assert (last["solved"], last["median"]) == (2, 30)


def _row(alpha: float, scale: float, chosen_by: float, scores: list[float]) -> dict:
    return {
        "world": "door_key",
        "method": "icm",
        "alpha": alpha,
        "scale": scale,
        "group": analysis.GROUPS[alpha > 0, scale > 0],
        "chosen_by": chosen_by,
        "scores": scores,
        "score": float(np.mean(scores)),
    }


def test_other_learners_choose_than_those_that_are_compared() -> None:
    # Oracle: by hand, and SciPy's test of Welch. Of entropy alone, alpha 0.2 has the better scores,
    # but the learners that choose prefer 0.1.
    found = [
        _row(0.0, 0.0, 0.0, [0.1, 0.2, 0.0]),
        _row(0.1, 0.0, 0.4, [0.3, 0.2, 0.4]),
        _row(0.2, 0.0, 0.3, [0.9, 0.8, 0.9]),
        _row(0.0, 1.0, 0.5, [0.5, 0.6, 0.5]),
        _row(0.1, 1.0, 0.6, [0.9, 0.8, 1.0]),
        _row(0.2, 1.0, 0.6, [0.7, 0.7, 0.9]),
    ]
    kept = analysis.best_pairs(found)["door_key", "icm"]
    assert {group: (row["alpha"], row["scale"]) for group, row in kept.items()} == {
        "neither": (0.0, 0.0),
        "entropy": (0.1, 0.0),
        "curiosity": (0.0, 1.0),
        "both": (0.1, 1.0),  # of equal ones the first
    }
    (compared,) = analysis.comparisons(found)
    assert compared["over_entropy"] == pytest.approx(0.9 - 0.3)
    welch = scipy.stats.ttest_ind([0.9, 0.8, 1.0], [0.5, 0.6, 0.5], equal_var=False)
    interval = welch.confidence_interval(0.95)
    assert compared["over_curiosity_interval"] == pytest.approx([interval.low, interval.high])
    # Learner by learner: 0.9 - 0.3 - 0.5 + 0.1, 0.8 - 0.2 - 0.6 + 0.2, 1.0 - 0.4 - 0.5 + 0.0.
    assert compared["interaction"] == pytest.approx(0.5 / 3)
    low, high = scipy.stats.ttest_1samp([0.2, 0.2, 0.1], 0).confidence_interval(0.95)
    assert compared["interaction_interval"] == pytest.approx([low, high])
    assert compared["adds"]
    assert "On DoorKey, entropy and ICM together reach more than each alone" in analysis.verdict(
        [compared]
    )


def test_gains_that_only_add_up_do_not_interact_and_gains_over_one_alone_are_not_enough() -> None:
    # Oracle: by hand. Entropy adds 0.2 and curiosity 0.5, alone and together: no interaction.
    noise = np.array([0.0, 0.02, 0.04])
    found = [
        _row(alpha, scale, 0.5, list(2 * alpha + 0.5 * scale + np.roll(noise, int(scale))))
        for alpha in (0.0, 0.1)
        for scale in (0.0, 1.0)
    ]
    (compared,) = analysis.comparisons(found)
    assert compared["interaction"] == pytest.approx(0)
    assert compared["adds"]
    found[3]["scores"] = list(0.5 + noise)  # as good as curiosity alone
    (compared,) = analysis.comparisons(found)
    assert compared["over_entropy_interval"][0] > 0
    assert not compared["adds"]
    assert "together do not reach more than each alone" in analysis.verdict([compared])


def test_the_plan_has_both_environments_and_both_bonuses() -> None:
    sweeps = plan(Arguments())
    assert len({sweep.name for sweep in sweeps}) == 4
    for sweep in sweeps:
        assert (sweep.alphas[0], sweep.scales[0]) == (0.0, 0.0)
    assert [s.seeds for s in plan(Arguments(env=("door_key",), seeds=3))] == [3, 3]
    with pytest.raises(ValueError, match="--seeds must be at least 2, not 1"):
        Arguments(seeds=1)


@pytest.mark.slow
def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "curiosity_and_entropy"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    assert {path.name for path in directory.glob("*.png")} == {"scores.png", "learning_curves.png"}
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
