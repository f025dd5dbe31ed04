"""The tanh-correction experiment.

Oracles: NumPy in float64, SciPy's normal distribution, closed forms, numbers worked out by hand.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import maxent_tf as mx
from experiments.tanh_correction import __main__ as command
from experiments.tanh_correction import analysis, learner, runs
from experiments.tanh_correction.sweep import SWEEPS, Arguments, Sweep, World, make_world, plan


def test_only_the_exact_form_holds_where_tanh_saturates() -> None:
    u = tf.constant([-10.0, 0.5, 10.0])
    truth = np.log1p(-(np.tanh(u.numpy().astype(np.float64)) ** 2))
    gradients = {}
    for form in ("exact", "epsilon", "none"):
        with tf.GradientTape() as tape:
            tape.watch(u)
            value = learner.log_jacobian(form, u)
        gradients[form] = tape.gradient(value, u)
        if form == "exact":
            np.testing.assert_allclose(value, truth, rtol=1e-6)
        if form == "epsilon":
            np.testing.assert_allclose(value[1], truth[1], rtol=1e-5)
            np.testing.assert_allclose(value[0], math.log(1e-6), rtol=1e-6)
        if form == "none":
            np.testing.assert_array_equal(value, np.zeros(3))
    np.testing.assert_allclose(gradients["exact"], -2 * np.tanh(u), rtol=1e-6)
    np.testing.assert_array_equal(gradients["epsilon"].numpy()[[0, 2]], [0, 0])
    with pytest.raises(ValueError, match="'half'"):
        learner.log_jacobian("half", u)


def test_saturation_is_the_mass_beyond_the_edge() -> None:
    loc, scale = np.array([-3.0, 0.0, 9.0]), np.array([0.5, 2.0, 7.0])
    edge = np.arctanh(learner.SATURATED)
    normal = scipy.stats.norm(loc, scale)
    expected = normal.cdf(-edge) + normal.sf(edge)
    np.testing.assert_allclose(learner.saturation(loc, scale), expected, rtol=1e-10)


def _sac(world: World, shape: tuple[int, ...]) -> learner.Watched:
    config = mx.learners.SACConfig(hidden_sizes=(4,), replay_capacity=10, batch_size=4)
    spec = make_world(world).spec
    return learner.corrected_sac(spec, ("exact", "epsilon", "none")[: shape[0]], config, shape)


@pytest.mark.parametrize("world", ["trap", "pendulum"])
def test_each_learner_believes_its_own_entropy(world: World) -> None:
    sac = _sac(world, (3,))
    count = 20_000
    loc, scale = tf.fill([3, count, 1], 0.5), tf.fill([3, count, 1], 0.8)
    low, high = sac.spec.action.bounds()
    policy = mx.distributions.SquashedGaussian(loc, scale, low=low, high=high)
    _, entropy = sac.learner.config.entropy_estimator(policy, tf.constant([1, 2]))
    log_width = float(np.log((high - low) / 2)[0])
    unsquashed = scipy.stats.norm(0.5, 0.8).entropy() + log_width
    truth = policy.entropy().numpy()[0, 0]
    for i, expected in enumerate((truth, truth, unsquashed)):
        error = entropy[i].numpy().std() / math.sqrt(count)
        assert abs(entropy[i].numpy().mean() - expected) < 4 * error
    assert unsquashed - truth > 0.3  # the two could be told apart


def test_start_at_moves_the_location_alone() -> None:
    sac = _sac("pendulum", (2, 3))
    state = sac.init(0)
    observation = tf.random.stateless_normal([2, 3, 5, 3], [0, 1])
    before = sac.policy(state, observation)
    means = tf.constant([0.0, 6.0, 12.0])
    after = sac.policy(learner.start_at(state, means), observation)
    np.testing.assert_allclose(after.loc - before.loc, means[:, None, None] + 0 * before.loc, 1e-5)
    np.testing.assert_array_equal(after.scale, before.scale)


def test_the_correction_axis_must_fit() -> None:
    with pytest.raises(ValueError, match="one entry for each of 2"):
        learner.corrected_sac(
            mx.environments.ContinuousTrap().spec, ("exact",), mx.learners.SACConfig(), (2, 3)
        )


def _arrays(sweep: Sweep) -> runs.Arrays:
    """Learners whose returns are 1, .5 and 2 under the three corrections, with a known spread."""
    shape = (len(sweep.corrections), len(sweep.starts), sweep.seeds)
    level = np.array([1.0, 0.5, 2.0])[:, None, None]
    spread = 0.01 * np.linspace(-1, 1, sweep.seeds)
    history = np.ones((sweep.records, 1, 1, 1)) * np.ones(shape)
    history[:-1] = 77.0  # of which "at the end" must see nothing
    return {
        "value": level + spread + np.zeros(shape),
        "steps": np.arange(1, sweep.records + 1),
        "episode_return": history,
        "alpha": 0.1 * history,
        "entropy": -1.0 * history + (np.arange(3) == 2)[:, None, None] * 4.0,
        "true_entropy": -1.0 * history,
        "saturation": 0.25 * history,
    }


def test_rows_hold_what_the_arrays_do() -> None:
    sweep = Sweep("trap", starts=(0.0, 9.0), seeds=5, records=10)
    rows = list(analysis.rows(sweep, _arrays(sweep)))
    assert [(row["correction"], row["start"]) for row in rows] == [
        (c, s) for c in ("exact", "epsilon", "none") for s in (0.0, 9.0)
    ]
    last = rows[-1]
    assert last["return_mean"] == pytest.approx(2.0)
    assert last["alpha"] == pytest.approx(0.1)
    assert last["saturation"] == pytest.approx(0.25)
    assert last["true_entropy"] == pytest.approx(-1.0)
    assert last["believed_entropy"] == pytest.approx(3.0)
    # Equal variances: Welch's interval is Student's, with 8 degrees of freedom.
    error = 0.01 * math.sqrt(0.625 * 2 / 5)
    half = scipy.stats.t.ppf(0.975, 8) * error
    np.testing.assert_allclose(last["difference_interval"], [1 - half, 1 + half])


def test_the_verdict_follows_the_data() -> None:
    sweep = Sweep("bound", starts=(0.0, 9.0), seeds=5, records=10)
    arrays = _arrays(sweep)
    arrays["value"][1, 1] = arrays["value"][0, 1]
    lines = analysis.verdict(list(analysis.rows(sweep, arrays))).splitlines()
    assert lines[0] == (
        "SAC with an epsilon in the correction returned less than the exact form in 1 of 1 "
        "settings; SAC without the correction returned less than the exact form in 0 of 1 settings."
    )
    assert "returned less from a start of 0 and about as much from a start of 9" in lines[1]
    assert "over all starts the difference is -0.25 [" in lines[1]
    assert "returned more from a start of 0, 9; over all starts the difference is +1 [" in lines[2]
    assert "It believed its entropy to be 4 to 4 nats above the true one." in lines[2]
    arrays["alpha"][-1, 2] = np.nan
    assert "Some of its quantities were not finite." in analysis.verdict(
        list(analysis.rows(sweep, arrays))
    )


def test_plan_applies_overrides() -> None:
    sweeps = plan(Arguments(env=("bound",), seeds=7, starts=(3.0,), controls=True))
    assert sweeps[0] == dataclasses.replace(SWEEPS["bound"], seeds=7, starts=(3.0,))
    assert sweeps[1].log_std_range[1] > sweeps[0].log_std_range[1]
    with pytest.raises(ValueError, match="--seeds must be at least 1, not 0"):
        Arguments(seeds=0)


def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(env=("trap",), starts=(0.0, 9.0), steps=60, output=tmp_path, quick=True)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "tanh_correction"
    summary = json.loads((directory / "summary.json").read_text())
    assert len(summary["rows"]) == len(rows) == 6
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    assert {path.name for path in directory.glob("*.png")} == {
        "end.png",
        "over_time_from_0.png",
        "over_time_from_9.png",
    }
    assert summary["verdict"] in capsys.readouterr().out
    # Even 60 steps without the correction leave the true entropy behind the believed one.
    gap = {
        r["correction"]: r["believed_entropy"] - r["true_entropy"] for r in rows if not r["start"]
    }
    assert abs(gap["exact"]) < 0.2 < 0.5 < gap["none"]

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    assert stored.main(arguments)["rows"] == rows
