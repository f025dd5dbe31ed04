"""The experiment on MuJoCo.

Oracles: `train` and `evaluate` called by hand, numbers worked out by hand, SciPy.
"""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np
import pytest
import scipy.stats

import maxent_tf as mx
from experiments.mujoco import __main__ as command
from experiments.mujoco import analysis, runs
from experiments.mujoco.sweep import OURS, PEER, Arguments, Run, plan
from maxent_tf.optimizers import Adam

TINY = Run(
    OURS,
    env="Pendulum-v1",
    steps=120,
    evaluations=2,
    episodes=2,
    learning_starts=50,
    batch_size=8,
    hidden_sizes=(8,),
)


def test_a_run_is_train_and_evaluate_by_hand(tmp_path: pathlib.Path) -> None:
    arrays = runs.run(TINY, False, tmp_path, None)
    spec = mx.gymnasium_spec(TINY.env)
    adam = Adam(3e-4)
    config = mx.learners.SACConfig(
        hidden_sizes=(8,),
        actor_optimizer=adam,
        critic_optimizer=adam,
        batch_size=8,
        replay_capacity=120,
        learning_starts=50,
    )
    learner = mx.learners.SAC(spec, config)
    state = mx.train(learner, TINY.env, 120, seed=0, records=2).state
    expected = mx.evaluate(learner, state, TINY.env, 2, seed=1_000_000).returns
    np.testing.assert_array_equal(arrays["returns"][-1], expected)
    assert arrays["step"].tolist() == [60, 120]
    assert (arrays["wall_time"] > 0).all()


def test_a_killed_run_goes_on_from_its_last_evaluation(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, states = mx.evaluate, []

    def dies_at_the_second(learner: mx.learners.SAC, state: object, *arguments: object) -> object:
        states.append(state)
        if len(states) == 2:
            raise KeyboardInterrupt
        return evaluate(learner, state, *arguments)

    monkeypatch.setattr(mx, "evaluate", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        runs.run(TINY, False, tmp_path, None)
    (first,) = json.loads((tmp_path / "evaluations.json").read_text())["rows"]
    arrays = runs.run(TINY, False, tmp_path, None)
    assert arrays["returns"][0].tolist() == first["returns"]
    # What the killed run had trained was not trained again, and nobody knows how long it took.
    for before, after in zip(states[1].actor, states[2].actor, strict=True):
        np.testing.assert_array_equal(before.kernel, after.kernel)
    assert np.isnan(arrays["wall_time"]).tolist() == [False, True]


_PEER = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
run = json.loads((folder / "run.json").read_text())
if run["seed"] == 13:
    sys.exit("thirteen")
rows = [
    {"step": s, "returns": [s, run["batch_size"]], "wall_time": 2.0, "cpu_time": 3.0}
    for s in run["evaluation_steps"]
]
(folder / "evaluations.json").write_text(json.dumps({"rows": rows, "versions": {"theirs": "1"}}))
"""


def test_the_peer_is_told_the_constants_and_its_answer_stored(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "peer.py"
    script.write_text(_PEER)
    monkeypatch.setattr(runs, "_PEER_SCRIPT", script)
    python = pathlib.Path(sys.executable)
    arguments = Arguments(steps=100, seeds=14, evaluations=2, peers=python, quick=True)
    *_, third = plan(arguments)[:18]
    *_, thirteenth = plan(arguments)
    assert (third.implementation, third.seed) == (PEER, 3)
    arrays = runs.run(third, False, tmp_path, arguments.peers)
    assert arrays["returns"].tolist() == [[50, 32], [100, 32]]
    assert arrays["versions"].tolist() == ["theirs 1"]
    with pytest.raises(RuntimeError, match=r"Stable-Baselines3 failed.*\nthirteen"):
        runs.run(thirteenth, False, tmp_path, arguments.peers)


def _results(finals: dict[str, list[float]]) -> tuple[list[Run], list[runs.Arrays]]:
    """Two evaluations of two episodes, whose means are 0 and the final return."""
    planned, results = [], []
    for implementation, values in finals.items():
        for seed, value in enumerate(values):
            planned.append(Run(implementation, seed=seed))
            results.append(
                {
                    "step": np.array([5.0, 10.0]),
                    "returns": np.array([[-1.0, 1.0], [value - 2, value + 2]]),
                    "wall_time": np.array([60.0, 120.0]) * (1 if implementation == OURS else 2),
                    "cpu_time": np.array([60.0, 30.0]),
                    "versions": np.array(["numpy 2"]),
                }
            )
    return planned, results


def _rows(planned: list[Run], results: list[runs.Arrays]) -> list[analysis.Row]:
    return [row for pair in zip(planned, results, strict=True) for row in analysis.rows(*pair)]


def test_rows_and_table_hold_what_the_arrays_do() -> None:
    found = _rows(*_results({OURS: [100.0, 200.0], PEER: [100.0, 140.0]}))
    assert [row["final"] for row in found] == [100, 200, 100, 140]
    assert [row["average"] for row in found] == [50, 100, 50, 70]
    assert [row["wall_time_seconds"] for row in found] == [180, 180, 360, 360]
    assert found[0]["cpu_time_seconds"] == 90
    lines = [" ".join(line.split()) for line in analysis.table(found).splitlines()]
    assert lines[3] == f"| {OURS} | 1 | 200 | 100 | 3.0 | 0.50 |"
    assert lines[4].startswith(f"| {OURS} | mean | 150, IQM 150 [100, 200] | 75, IQM 75 [50, 100]")
    assert lines[7].endswith("| 6.0 | 0.25 |")


@pytest.mark.parametrize(
    ("ours", "word"),
    [([190.0, 210.0], "better"), ([80.0, 100.0], "no worse"), ([0.0, 10.0], "worse")],
)
def test_the_verdict_is_by_welchs_interval(ours: list[float], word: str) -> None:
    theirs = [90.0, 100.0]
    found = _rows(*_results({OURS: ours, PEER: theirs}))
    interval = scipy.stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    final, average, speed = analysis.verdict(found).splitlines()
    assert f"the final return of ours is {word} than that of {PEER}" in final
    assert f"[{interval.low:+.0f}, {interval.high:+.0f}]" in final
    assert f"[{interval.low / 2:+.0f}, {interval.high / 2:+.0f}]" in average
    excluded = f"A deficit of up to {-interval.low:.0f} is not excluded"
    assert (excluded in final) == (word == "no worse")
    assert "0.50 times the peer's wall time and 1.00 times its CPU time" in speed


def test_the_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match=r"--peers must be a Python interpreter, not /nowhere"):
        Arguments(peers=pathlib.Path("/nowhere/python"))
    with pytest.raises(ValueError, match=r"--evaluations must be at most .*--steps, 5, not 10"):
        plan(Arguments(steps=5))
    with pytest.raises(ValueError, match=r"--seeds must be at least 1"):
        Arguments(seeds=0)


def test_the_command_writes_what_it_says_and_loads_it_again(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mujoco", reason="of the extra `mujoco`")
    arguments = Arguments(
        env="InvertedPendulum-v5",
        steps=300,
        seeds=1,
        evaluations=2,
        output=tmp_path,
        quick=True,
    )
    summary = command.main(arguments)
    directory = tmp_path / "mujoco"
    assert json.loads((directory / "summary.json").read_text())["verdict"] == summary["verdict"]
    assert (directory / "InvertedPendulum-v5.png").exists()
    # Every step that the pendulum stands pays 1, and the first always does.
    assert 1 <= summary["rows"][0]["final"] <= 1000
    assert "it was run alone" in capsys.readouterr().out

    assert not list((directory / "running").iterdir())

    def fail(*_: object) -> None:
        raise AssertionError("the result was on disk")

    monkeypatch.setattr(runs, "_train_ours", fail)
    assert command.main(arguments)["rows"] == summary["rows"]
