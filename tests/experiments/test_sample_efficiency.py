"""The sample-efficiency experiment.

Oracles: the optimiser's own count, a learner trained apart, numbers worked out by hand.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import types
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments.sample_efficiency import __main__ as command
from experiments.sample_efficiency import analysis, runs
from experiments.sample_efficiency.sweep import (
    SWEEPS,
    Arguments,
    PPOSweep,
    ReplaySweep,
    RolloutSweep,
    Sweep,
    plan,
)
from maxent_tf import draws
from maxent_tf.seeds import as_seed

_SHARED: dict[str, Any] = {
    "world": "pendulum",
    "learning_rate": 1e-2,
    "annealed": True,
    "factors": (0.5, 1.0),
    "seeds": 3,
    "hidden_sizes": (4,),
    "records": 3,
    "episodes": 2,
}
_ROLLOUT = {"num_envs": 2, "rollout_length": 4, "discount": 0.9, "gae_lambda": 1.0, "alpha": 0.0}


@pytest.mark.parametrize(
    "sweep",
    [
        RolloutSweep(**_SHARED, **_ROLLOUT, learner="a2c", steps=50),
        pytest.param(
            PPOSweep(
                **_SHARED, **_ROLLOUT, learner="ppo", steps=50, num_epochs=3, num_minibatches=2
            ),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["a2c", "ppo"],
)
def test_the_learning_rate_is_annealed_over_all_gradient_steps(sweep: RolloutSweep) -> None:
    # Oracle: the optimiser's own count; the returns of learners trained apart.
    arrays = runs.run(sweep)
    learner, world = runs.make_learner(sweep), mx.environments.Pendulum()
    seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = mx.train(learner, world, sweep.steps, seed=seed, num_envs=sweep.num_envs, records=3)
    made = int(result.state.actor_optimizer.step)
    assert made == runs.gradient_steps(sweep)
    rate = learner.config.actor_optimizer.learning_rate
    np.testing.assert_allclose(rate(0), [[0.005], [0.01]])
    np.testing.assert_allclose(rate(made), [[0.0], [0.0]])
    returns = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed).returns
    np.testing.assert_allclose(arrays["return"][-1], returns.mean(axis=-1), rtol=1e-4)
    np.testing.assert_array_equal(arrays["steps"], result.history["env_steps"])


@pytest.mark.parametrize(
    "sweep", [sweep for group in SWEEPS.values() for sweep in group], ids=lambda s: s.learner
)
def test_learners_have_the_constants_of_their_sweep(sweep: Sweep) -> None:
    # Oracle: the sweep itself.
    config = runs.make_learner(sweep).config
    own = {field.name for field in dataclasses.fields(sweep)} - {"learning_rate"}
    shared = own & {field.name for field in dataclasses.fields(config)}
    assert len(shared) == {ReplaySweep: 4, RolloutSweep: 5, PPOSweep: 7}[type(sweep)]
    assert all(getattr(config, name) == getattr(sweep, name) for name in shared)


def _arrays(final: list[list[float]]) -> dict[str, np.ndarray]:
    """Three evaluations; the second is half of the final one, the first 0."""
    last = np.array(final)
    return {"steps": np.array([10, 20, 40]), "return": np.stack([0 * last, 0.5 * last, last])}


def _sweep(learner: str, steps: int, factors: tuple[float, ...] = (1.0, 3.0)) -> Sweep:
    return dataclasses.replace(
        SWEEPS["pendulum"][0], learner=learner, steps=steps, factors=factors, seeds=4
    )


def test_steps_to_the_level_are_those_of_its_first_evaluation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Oracle: by hand, from the three evaluations.
    monkeypatch.setitem(analysis.LEVELS, "pendulum", 1.0)
    arrays = _arrays([[1.0, 2.0, 0.5, 0.5], [2.0, 4.0, 4.0, 2.0]])
    rows = analysis.rows(_sweep("sac", 40), arrays)
    expected = [[40, 20, math.inf, math.inf], [20] * 4]
    assert [row["steps_to_level"] for row in rows] == expected


def test_rows_and_verdict_hold_what_the_arrays_do(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: numbers worked out by hand. Of 4 against 4, four and three tied, U has the mean 8
    # and the variance 10: U = 0 is, corrected for continuity, 2.37 standard deviations low.
    monkeypatch.setitem(analysis.LEVELS, "pendulum", 0.9)
    budgets = {"sac": 40, "a2c": 150, "ppo": 40}
    monkeypatch.setattr(analysis, "budget", lambda sweep: budgets[sweep.learner])
    sac = list(analysis.rows(_sweep("sac", 40), _arrays([[1.8, 1.9, 2.0, 1.9], [1.7] * 4])))
    late = _arrays([[1.0, 1.0, 0.0, 2.0], [0.0] * 4])
    late["steps"] = 10 * late["steps"]
    late["return"][1] *= 0.5
    a2c = list(analysis.rows(_sweep("a2c", 400), late))
    early = _arrays([[1.8] * 4, [1.8] * 4])
    early["steps"] = np.array([1, 2, 3])
    ppo = list(analysis.rows(_sweep("ppo", 3), early))

    assert (sac[0]["reached"], sac[0]["median_steps"], sac[1]["median_steps"]) == (4, 20, 40)
    assert (a2c[0]["reached"], a2c[0]["median_steps"], a2c[0]["early_steps"]) == (3, 400, 100)
    assert (a2c[0]["early_iqm"], sac[0]["early_iqm"]) == (0, pytest.approx(1.9))
    assert a2c[0]["spread"] == pytest.approx(math.sqrt(2 / 3))
    assert a2c[1]["steps_to_level"] == [math.inf] * 4
    all_, efficiency, stability = analysis.verdict([*sac, *a2c, *ppo]).splitlines()
    assert all_ == ("On pendulum, SAC learned in fewer steps than A2C and was steadier than A2C.")
    assert "seed of SAC reached a return of 0.9 after 20 steps (4 of 4 seeds did)" in efficiency
    assert "A2C after 400 steps (3 of 4 seeds; later in 100% of the pairs" in efficiency
    assert "PPO after 2 steps (4 of 4 seeds; later in 0% of the pairs" in efficiency
    assert "spread over seeds of 0.082 and loses 0.2 at the worst" in stability
    assert stability.endswith("A2C with 0.82 and 1 and PPO with 0 and 0.")
    assert "400 [400, never]" in analysis.table(a2c)


def test_plan_knows_worlds_and_overrides() -> None:
    sweeps = plan(Arguments(env=("pendulum",), seeds=7))
    assert [(sweep.learner, sweep.seeds) for sweep in sweeps] == [
        ("sac", 7),
        ("a2c", 7),
        ("ppo", 7),
    ]
    with pytest.raises(ValueError, match="--seeds must be at least 1, not 0"):
        Arguments(seeds=0)


@pytest.mark.slow
def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = Arguments(env=("cartpole",), output=tmp_path, quick=True)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "sample_efficiency"
    summary = json.loads((directory / "summary.json").read_text())
    assert [row["learner"] for row in summary["rows"][::3]] == [
        "discrete_sac",
        "a2c",
        "ppo",
    ]
    # A CartPole's return is the number of its steps.
    assert all(8 <= x <= 500 for row in rows for x in row["returns"])
    assert json.loads((directory / "provenance.json").read_text())["config"]["quick"] is True
    names = {path.name for path in directory.glob("*.png")}
    assert names == {"curves.png", "learning_rates.png"}
    assert summary["verdict"] in capsys.readouterr().out

    def fail(*_: object) -> runs.Arrays:
        raise AssertionError("the result was on disk")

    stored = dataclasses.replace(command.EXPERIMENT, runs=types.SimpleNamespace(run=fail))
    np.testing.assert_equal(stored.main(arguments)["rows"], rows)
