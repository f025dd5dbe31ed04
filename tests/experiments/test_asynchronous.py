"""A3C beside A2C. Oracles: a simulated queue, A2C itself, numbers worked out by hand."""

from __future__ import annotations

import dataclasses
import heapq
import json
import pathlib

import numpy as np
import pytest

from experiments.asynchronous import __main__ as command
from experiments.asynchronous import analysis, runs, scaling
from experiments.asynchronous.sweep import Arguments, Costs, Sweep, plan
from experiments.frame import Result

_SWEEP = Sweep(method="a2c", workers=1, alphas=(0.0, 0.1), seeds=2, steps=100, records=2)


def _simulated(workers: int, elsewhere: float, server: float, updates: int) -> tuple[float, float]:
    """Returns the updates a second and the mean staleness of a simulated server and its workers."""
    arrivals = [(elsewhere, worker, 0) for worker in range(workers)]  # time, worker, its version
    heapq.heapify(arrivals)
    free, stale = 0.0, []
    for version in range(updates):
        arrived, worker, of = heapq.heappop(arrivals)
        free = max(free, arrived) + server
        stale.append(version - of)
        heapq.heappush(arrivals, (free + elsewhere, worker, version + 1))
    return updates / free, float(np.mean(stale[updates // 2 :]))


@pytest.mark.parametrize("workers", [1, 3, 8, 64])
def test_the_rate_and_the_staleness_are_those_of_a_queue(workers: int) -> None:
    # Oracle: an event by event simulation, in which all times are constant.
    rate, stale = _simulated(workers, elsewhere=0.007, server=0.001, updates=20_000)
    assert scaling.rate(np.array(workers), 0.007, 0.001) == pytest.approx(rate, rel=0.01)
    assert scaling.staleness(np.array(workers)) == stale
    assert scaling.saturation(0.007, 0.001) == pytest.approx(8)


def _arrays(stuck: float, seconds: list[float]) -> dict[str, np.ndarray]:
    shape = (2, 2, 2)
    best = np.where(np.arange(8).reshape(shape) % 2, 0.9, stuck)
    return {
        "steps": np.array([50, 100]),
        "seconds": np.array(seconds),
        "return": np.ones((2, *shape)),
        "updates": np.array(20),
        "staleness": np.array([9.0, 3.0]),
        "largest_staleness": np.array([11.0, 4.0]),
        "best": best,
        "trap": 0.9 - best,
        "value": np.full(shape, 0.5),
        "entropy": np.full(shape, 0.25),
    }


def test_rows_count_what_is_stuck() -> None:
    # Oracle: by hand. One of two learners has P(best) = .3; the first record does not count for the
    # mean staleness, because there the workers begin one after the other.
    rows = list(analysis.rows(_SWEEP, _arrays(0.3, [0.0, 1.0])))
    assert [(row["learning_rate"], row["alpha"]) for row in rows] == [
        (0.003, 0.0),
        (0.003, 0.1),
        (0.01, 0.0),
        (0.01, 0.1),
    ]
    for row in rows:
        assert (row["stuck"], row["stuck_fraction"], row["updates"]) == (1, 0.5, 20)
        assert row["best_share"] == pytest.approx((1 / 3 + 1) / 2)
        assert (row["staleness"], row["largest_staleness"]) == (3.0, 11.0)


def test_a3c_is_read_at_the_time_that_a2c_takes() -> None:
    # Oracle: by hand. A2C needs 2 s; A3C has 50 steps at 0 s and 100 at 8 s, so 62.5 at 2 s.
    ours = _arrays(0.3, [0.0, 2.0])
    other = dataclasses.replace(_SWEEP, method="a3c")
    theirs = _arrays(0.6, [0.0, 8.0])
    results = [
        Result(sweep, arrays, list(analysis.rows(sweep, arrays)))
        for sweep, arrays in ((_SWEEP, ours), (other, theirs))
    ]
    (row,) = analysis.equal_time(results)
    assert (row["seconds"], row["a3c_seconds"], row["a3c_steps"]) == (2.0, 8.0, 62.5)
    first, *_, last = analysis.conclude(results).verdict.splitlines()
    assert first == (
        "At learning rate 0.003 and alpha 0, of 2 learners settle on the near goal: "
        "1 of A2C with 1 environment; 0 of A3C with 1 worker."
    )
    assert last.startswith("When A2C with 1 environment has taken 100 steps, after 2.0 s, A3C")


def test_costs_say_from_where_on_the_server_is_saturated() -> None:
    # Oracle: by hand. Of a round of 10 ms, 6 are the worker's, 1 the server's and 3 the messages',
    # so that the server is busy for 1 ms to 4 ms of it.
    arrays = {
        "worker": np.array([0.006, 0.006, 0.1]),
        "server": np.array([0.001, 0.001, 0.1]),
        "cycle": np.array(0.010),
        "bytes": np.array(2e6),
    }
    (row,) = analysis.rows(Costs(learner="grid"), arrays)
    assert row["message_seconds"] == pytest.approx(0.003)
    assert row["saturation"] == pytest.approx([2.5, 10])
    assert row["updates_per_second"]["1"] == pytest.approx([100, 100])
    assert row["updates_per_second"]["64"] == pytest.approx([250, 1000])
    assert row["megabytes_per_second"]["64"] == pytest.approx([500, 2000])


def test_plan_has_a_sweep_for_each_number_of_workers() -> None:
    names = [sweep.name for sweep in plan(Arguments(workers=(1, 8), seeds=3, alphas=(0.5,)))]
    assert names == ["a2c-1", "a2c-8", "a3c-1", "a3c-8", "costs-grid", "costs-cartpole"]
    assert plan(Arguments(seeds=3))[-2].seeds == 3
    with pytest.raises(ValueError, match="--workers must be at least 1, not "):
        Arguments(workers=(0,))


def test_a3c_alone_is_a2c() -> None:
    # Oracle: one worker makes the run that A2C makes, up to rounding.
    pytest.importorskip("ray", reason="Ray is of the extra `ray`")
    ours, theirs = (
        runs.run(dataclasses.replace(_SWEEP, method=method)) for method in ("a3c", "a2c")
    )
    for name in ("steps", "return", "updates", "staleness", "best", "trap", "value", "entropy"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-5)
    assert ours["seconds"][0] == theirs["seconds"][0] == 0
    assert ours["seconds"][-1] > 0


@pytest.mark.slow
def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    pytest.importorskip("ray", reason="Ray is of the extra `ray`")
    arguments = Arguments(quick=True, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "asynchronous"
    assert json.loads((directory / "summary.json").read_text())["rows"] == rows
    for name in ("asynchronous.png", "asynchronous_scaling.png"):
        assert (directory / name).read_bytes().startswith(b"\x89PNG")
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
