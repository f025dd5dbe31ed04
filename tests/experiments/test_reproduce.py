"""The table of reproduced results: its verdicts, its status, and what is solved for it."""

import json
import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import maxent_tf as mx
from experiments.check import Check, table
from experiments.reproduce import __main__ as command
from experiments.reproduce import deep_sea, processes, search
from maxent_tf.environments import DeepSea, FiniteWorld
from maxent_tf.learners import OptimisticQ, OptimisticQConfig
from maxent_tf.tabular import TabularMDP


@pytest.mark.parametrize(
    ("kind", "measured", "holds"),
    [
        ("absolute", 2.1, True),
        ("absolute", 2.11, False),
        ("relative", 2.19, True),
        ("relative", 2.21, False),
        ("at most", -5.0, True),
        ("at most", 2.11, False),
        ("at least", 5.0, True),
        ("at least", 1.89, False),
        ("absolute", float("nan"), False),
        ("at most", float("nan"), False),
        ("at least", float("nan"), False),
    ],
)
def test_verdicts(kind: str, measured: float, holds: bool) -> None:
    # Oracle: a target of 2, off by at most 0.1 (or a tenth), by hand.
    check = Check("R0", "x", 2.0, measured, 0.1 + 1e-12, kind)  # type: ignore[arg-type]
    assert check.holds == holds


def test_the_table_shows_a_row_for_each_check() -> None:
    lines = table(
        check.as_row()
        for check in (
            Check("R0", "a third", 0.333, 1 / 3, 1e-3),
            Check("R0", "x", 1, 2, 0, "at most"),
        )
    )
    assert [" ".join(line.split()) for line in lines.splitlines()[2:]] == [
        "| R0 | a third | 0.333 | 0.3333333 | 0.001 | holds |",
        "| R0 | x | <= 1 | 2 | 0 | FALLS SHORT |",
    ]


@pytest.mark.parametrize(("measured", "status"), [(1.0, 0), (2.0, 1)])
def test_the_status_tells_whether_every_check_holds(
    measured: float, status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    # Oracle: a check that holds or does not, by hand.
    check = Check("R2", "x", 1.0, measured, 0.1)
    monkeypatch.setitem(command.ROWS, "R2", lambda: iter([check]))
    assert command.main(command.Arguments(rows=("R2",), output=tmp_path)) == status
    summary = json.loads((tmp_path / "reproduce" / "R2" / "summary.json").read_text())
    assert summary == {
        "rows": [
            {
                "row": "R2",
                "what": "x",
                "target": 1.0,
                "measured": measured,
                "tolerance": 0.1,
                "kind": "absolute",
                "holds": not status,
            }
        ],
        "verdict": f"{1 - status} of 1 checks hold.",
    }


def test_a_later_run_of_another_row_keeps_what_is_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    # Oracle: both rows, each with the provenance of its own run.
    for row in ("R2", "R3"):
        monkeypatch.setitem(command.ROWS, row, lambda row=row: iter([Check(row, "x", 1, 1, 0)]))
        command.main(command.Arguments(rows=(row,), output=tmp_path))
    for row in ("R2", "R3"):
        stored = tmp_path / "reproduce" / row
        assert json.loads((stored / "summary.json").read_text())["rows"][0]["row"] == row
        assert json.loads((stored / "provenance.json").read_text())["config"]["rows"] == [row]


def test_no_row_lists_what_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: the names of the rows, each once and with a sentence.
    assert command.main(command.Arguments(rows=())) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split(":")[0].split(",")[0] for line in lines[: len(command.ROWS)]]
    assert names == list(command.ROWS)
    assert all(line.endswith(".") for line in lines)


def test_an_unknown_row_is_named() -> None:
    with pytest.raises(ValueError, match=r"rows must be among .* not \['R0'\]"):
        command.Arguments(rows=("R0",))


@pytest.mark.parametrize("row", [command.ROWS["R5"], deep_sea.exact], ids=["R5", "R10, exact"])
def test_a_quick_row_holds(row: Callable[[], Iterator[Check]]) -> None:
    assert [check for check in row() if not check.holds] == []


def test_searches_of_trees_are_held_to_their_worst_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: arrays whose errors are .002 but for MENTS at the second depth, .03 in one of 4 runs.
    def arrays(sweep: search.Sweep) -> dict[str, np.ndarray]:
        exact = np.full((len(sweep.methods), len(sweep.depths), 2), 0.9)
        value = np.full((*exact.shape, 2, 1), 0.902)
        value[0, 1, 0, 0] = 0.95
        zeros = np.zeros_like(value)
        return {"simulations": np.array([9]), "exact": exact, "value": value, "regret": zeros,
                "simple_regret": zeros}  # fmt: skip

    monkeypatch.setattr(search.runs, "run", arrays)
    checks = list(search.synthetic_trees())
    measured = [check.measured for check in checks]
    assert measured == pytest.approx(2 * [0.014, 0.002, 0.002, 0.002])
    assert [check.holds for check in checks] == 2 * [False, True, True, True]


def test_deep_sea_is_solved_where_a_tenth_of_the_episodes_were_good() -> None:
    # Oracle: a loop over the returns of the same training. One of the learners cannot look ahead,
    # and never solves it.
    world = DeepSea(5)
    config = OptimisticQConfig(horizon=5, discount=np.array([1.0, 1.0, 0.0]))
    learner, episodes = OptimisticQ(world.spec, config, [3]), 60
    returns = mx.train(learner, world, 5 * episodes, seed=0, records=episodes)
    expected = []
    for each in returns.history["episode_return"].T:
        shares = [np.mean(each[: n + 1] < 0.5) for n in range(episodes)]
        expected.append(next((n + 1 for n, x in enumerate(shares) if x < 0.9), np.inf))
    found = deep_sea.episodes_to_solve(learner, world, episodes)
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(found).tolist() == [True, True, False]
    # Once solved, it stays so for the rest of this training.
    seldom = deep_sea.episodes_to_solve(learner, world, episodes, every=20)
    np.testing.assert_array_equal(seldom, 20 * np.ceil(np.array(expected) / 20))


def test_the_living_threshold_has_a_closed_form_with_one_decision() -> None:
    # Oracle: three ways to stay and one goal. With p the probability of the goal and q that of each
    # way to stay, log p = (1 - V) / alpha and log q = -(1 - gamma) V / alpha, and the return
    # p / (1 - gamma (1 - p)) is a half at p = (1 - gamma) / (2 - gamma).
    discount = 0.99
    p = (1 - discount) / (2 - discount)
    alpha = 1 / (np.log(p) - np.log((1 - p) / 3) / (1 - discount))
    world = FiniteWorld(
        next_state=np.array([[1, 0, 0, 0], [1, 1, 1, 1]])[..., None],
        probability=np.ones((2, 4, 1)),
        reward=np.array([[1.0, 0, 0, 0], [0, 0, 0, 0]])[..., None],
        terminal=[False, True],
        initial=[1.0, 0.0],
    )
    found, value = processes.living_threshold(world, discount)
    assert value == pytest.approx(1.0, abs=1e-12)
    assert found == pytest.approx(alpha, abs=1e-8)


def test_the_best_gain_of_a_choice_between_two_loops() -> None:
    # Closed form: staying in state 0 pays 1 a step, staying in state 1 pays 3.
    chain = np.array([[[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]], float)
    m = TabularMDP(chain, [[1.0, 0.0], [3.0, 0.0]], 0.5, [1.0, 0.0])
    assert processes.best_gain(m) == pytest.approx(3.0, abs=1e-9)
