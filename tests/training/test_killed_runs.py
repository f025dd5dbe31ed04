"""Runs killed by SIGKILL at random moments and continued, against one that was left alone."""

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = pathlib.Path(__file__).with_name("killed_runs.py")


def killed(kind: str, kills: int, records: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), kind, str(kills), str(records)],
        cwd=PROGRAM.parents[2],
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("REPORT")[1])


@pytest.mark.parametrize(
    ("kind", "kills", "records"),
    [
        ("a2c", 4, 40),
        pytest.param("a2c", 20, 200, marks=pytest.mark.slow),
        pytest.param("sac", 20, 200, marks=pytest.mark.slow),
    ],
)
def test_kills_change_no_bit(kind: str, kills: int, records: int) -> None:
    # Oracle: the same run without kills; parameters, optimisers and history go into the digest.
    report = killed(kind, kills, records)
    first, second = report["digests"]
    assert first == second
    # After every kill the directory loads, and what it loads is the newest on disk. One of five
    # processes is killed as it starts, and may not come to load it.
    before = [0, *report["newest"]]
    assert report["started"] == [[number, before[number]] for number, _ in report["started"]]
    assert len(report["newest"]) == kills
    assert len(report["started"]) > 0.8 * kills
    assert report["started"][-1][0] == kills
    assert len(set(report["newest"])) > kills / 2
