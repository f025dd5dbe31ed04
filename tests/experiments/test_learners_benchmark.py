"""The benchmark of learners: its protocol and its table. Oracles: counts, numbers by hand."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable

import numpy as np
import pytest

from experiments import benchmarks
from experiments.benchmarks.child import Child
from experiments.benchmarks.learners.__main__ import table
from experiments.benchmarks.learners.contenders import Contender
from experiments.benchmarks.timing import Sample, Timing, in_turn

PEERS = pathlib.Path(benchmarks.__file__).with_name("peers")
_SCRIPT = """
import json, pathlib, sys
sys.path.insert(0, {peers!r})
from serve import serve
log = pathlib.Path(json.loads(sys.argv[1])["log"])
def call():
    print("noise of a library")
    with log.open("a") as file:
        file.write("called ")
    if {fails} and log.read_text().count("called") == 3:
        raise ZeroDivisionError("the third call")
serve(call, ("numpy",))
"""


def _child(folder: pathlib.Path, fails: bool = False) -> tuple[Child, pathlib.Path]:
    script, log = folder / "work.py", folder / "log"
    script.write_text(_SCRIPT.format(peers=str(PEERS), fails=fails))
    return Child(sys.executable, script, {"log": str(log)}), log


def test_a_child_works_once_to_warm_up_and_once_for_each_sample(tmp_path: pathlib.Path) -> None:
    child, log = _child(tmp_path)
    with child:
        assert child.versions()["numpy"] == np.__version__
        assert log.read_text().count("called") == 1
        samples = [child.sample() for _ in range(3)]
    assert log.read_text().count("called") == 4
    assert all(sample.wall > 0 and sample.cpu >= 0 for sample in samples)


def test_a_child_that_ends_says_why(tmp_path: pathlib.Path) -> None:
    child, _ = _child(tmp_path, fails=True)
    with child:
        child.versions()
        child.sample()
        with pytest.raises(RuntimeError, match=r"work\.py in .*(?s:.)*the third call"):
            child.sample()


def test_samples_are_taken_in_turn_after_one_in_vain() -> None:
    made: list[str] = []

    def sampler(name: str) -> Callable[[], Sample]:
        def sample() -> Sample:
            made.append(name)
            return Sample(float(len(made)), 2.0 * len(made))

        return sample

    timings = in_turn({"a": sampler("a"), "b": sampler("b")}, 2)
    assert made == ["a", "b"] * 3
    assert timings["a"].wall.tolist() == [3, 5]
    assert timings["b"].cpu.tolist() == [8, 12]


def test_the_table_compares_round_by_round_within_a_workload() -> None:
    found = [
        Contender(workload, name, lambda: Sample(1.0, 1.0), amount, "updates")
        for workload, name, amount in (("x", "ours", 10), ("x", "peer", 5), ("y", "ours", 1))
    ]
    timings = {
        ("x", "ours"): Timing(np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 8.0])),
        ("x", "peer"): Timing(np.array([4.0, 1.0, 2.0]), np.array([4.0, 1.0, 2.0])),
        ("y", "ours"): Timing(np.array([0.1]), np.array([0.1])),
    }
    # Rates 10, 5, 2.5 and 1.25, 5, 2.5: quotients 8, 1, 1; the quotient of medians would be 2.
    # By CPU time 5, 2.5, 1.25 and the same: 4, 0.5, 0.5.
    assert table(found, timings).splitlines()[2:] == [
        "| x | ours | 5 updates/s | 2.00 |  |  |",
        "| x | peer | 2 updates/s | 1.00 | 1.00 | 0.50 |",
        "| y | ours | 10 updates/s | 1.00 |  |  |",
    ]
