"""A3C against A2C: the rows and the arithmetic on paper by hand, and the command itself."""

import json
import pathlib

import numpy as np
import pytest

from experiments.asynchronous import __main__ as command
from experiments.asynchronous import analysis
from experiments.asynchronous.sweep import Arguments, Sweep


def arrays(best: list[list[float]], **more: float) -> dict[str, np.ndarray]:
    """Arrays of a sweep with two temperatures, by P(best goal)."""
    share = np.array(best)
    return {
        "best": share,
        "trap": 1 - share,
        "value": share,
        "entropy": np.zeros_like(share),
        "seconds": np.array(60.0),
        **{name: np.array(value) for name, value in more.items()},
    }


def sweeps() -> tuple[Sweep, Sweep]:
    return (
        Sweep("a2c", 2, alphas=(0.0, 0.1), seeds=20, steps=1000),
        Sweep("a3c", 2, alphas=(0.0, 0.1), seeds=20, steps=1000),
    )


def rows() -> list[analysis.Row]:
    synchronous, asynchronous = sweeps()
    measured = {"staleness": 0.8, "largest_staleness": 3, "bytes_per_update": 1e6}
    return [
        *analysis.rows(synchronous, arrays([[0.5] * 20, [1.0] * 20])),
        *analysis.rows(
            asynchronous,
            arrays([[0.1] * 20, [1.0] * 19 + [0.2]], **measured, server_seconds=0.02),
        ),
    ]


def test_rows_count_who_is_stuck() -> None:
    # Oracle: counting by hand; one half is stuck.
    assert [row["stuck"] for row in rows()] == [20, 0, 20, 1]
    assert "staleness" not in rows()[0]


def test_the_load_of_the_server_on_paper() -> None:
    # Oracle: 200 updates in 60 s by two workers are .6 s of a worker each, and the server's share
    # is .02 s: 30 workers keep it busy, at 50 updates and 50 MB a second.
    row = rows()[-1]
    assert row["cycle_seconds"] == pytest.approx(0.6)
    assert row["saturated_at"] == pytest.approx(30)
    assert row["updates_per_second_64"] == pytest.approx(50)
    assert row["bytes_per_second_1024"] == pytest.approx(5e7)


def test_the_verdict_says_what_the_rows_say() -> None:
    # Oracle: the rows; no pair of intervals is disjoint.
    verdict = analysis.verdict(rows())
    assert (
        "At alpha 0, with 2 workers, 20 learners are stuck under A3C and 20 under A2C." in verdict
    )
    assert (
        "At alpha 0.1, with 2 workers, 1 learners are stuck under A3C and 0 under A2C." in verdict
    )
    assert "disjoint in 0 of 2 pairs" in verdict
    assert "gradients are 0.80 updates old" in verdict
    assert "busy from 30 workers on" in verdict


def test_the_command_writes_summary_and_figure(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    pytest.importorskip("ray", reason="Ray is of the extra `ray`")
    arguments = Arguments(workers=(1,), seeds=2, steps=50, output=tmp_path)
    found = command.main(arguments)["rows"]
    directory = tmp_path / "asynchronous"
    assert json.loads((directory / "summary.json").read_text())["rows"] == found
    assert len(found) == 2 * 3
    assert (directory / "asynchronous.png").read_bytes().startswith(b"\x89PNG")
    assert command.main(arguments)["rows"] == found


@pytest.mark.parametrize(("name", "value"), [("workers", (0,)), ("alphas", (-0.1,)), ("seeds", 0)])
def test_bad_arguments(name: str, value: object) -> None:
    # Oracle: the message names the flag.
    with pytest.raises(ValueError, match=f"--{name} must be at least"):
        Arguments(**{name: value})  # type: ignore[arg-type]
