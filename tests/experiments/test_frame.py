"""What all experiments share: flags, defaults, loading, and summaries that are not lost."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pathlib
import pkgutil
import re
import subprocess
import sys
import types
from typing import ClassVar

import numpy as np
import pytest
from matplotlib.figure import Figure

import experiments
from experiments import frame, tables

NAMES = [
    module.name
    for module in pkgutil.iter_modules(experiments.__path__)
    if hasattr(importlib.import_module(f"experiments.{module.name}"), "RUN_TIME")
]


@dataclasses.dataclass(frozen=True)
class Sweep(frame.Sweep):
    """A sweep of two numbers."""

    files: ClassVar = "numbers"
    alphas: tuple[float, ...] = (0.5, 1.0)
    seeds: int = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """The flags of a small experiment."""

    alphas: tuple[float, ...] | None = None
    seeds: int | None = None
    positive: ClassVar = ("alphas",)


def plan(arguments: Arguments) -> list[Sweep]:
    return [arguments.apply(Sweep(), {"seeds": 2})]


class Runs:
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, sweep: Sweep, progress: bool) -> frame.Arrays:
        self.calls += 1
        return {"x": np.arange(sweep.seeds)}


def experiment(run: Runs) -> frame.Experiment:
    def rows(sweep: Sweep, arrays: frame.Arrays) -> list[frame.Row]:
        return [{"seed": int(x)} for x in arrays["x"]]

    return frame.Experiment(
        "experiments.small",
        sweep=types.SimpleNamespace(Arguments=Arguments, plan=plan),
        runs=types.SimpleNamespace(run=run),
        analysis=types.SimpleNamespace(
            rows=rows, verdict=lambda rows: "Nothing was found.", table=lambda rows: "the table"
        ),
        figures=types.SimpleNamespace(draw=lambda results: {"empty.png": Figure()}),
    )


def test_a_second_run_loads_and_ends_with_the_verdict(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: a count of calls, and what the analysis says.
    run = Runs()
    for _ in range(2):
        summary = experiment(run).main(Arguments(output=tmp_path))
    assert run.calls == 1
    assert summary == {"rows": [{"seed": i} for i in range(4)], "verdict": "Nothing was found."}
    assert json.loads((tmp_path / "small" / "summary.json").read_text()) == summary
    assert (tmp_path / "small" / "empty.png").exists()
    assert capsys.readouterr().out.rstrip().endswith("\nNothing was found.")


def test_a_quick_run_never_replaces_the_summary_of_a_full_one(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the summary of the full run, which stays.
    monkeypatch.chdir(tmp_path)
    small = experiment(Runs())
    full = small.main(Arguments())
    quick = small.main(Arguments(quick=True))
    assert (len(full["rows"]), len(quick["rows"])) == (4, 2)
    with pytest.raises(ValueError, match="--quick would replace the summary of a full run"):
        small.main(Arguments(quick=True, output=pathlib.Path("results")))
    assert json.loads(pathlib.Path("results/small/summary.json").read_text()) == full
    assert json.loads(pathlib.Path("results/quick/small/summary.json").read_text()) == quick
    # A quick summary makes way for a full one.
    assert small.main(Arguments(output=pathlib.Path("results/quick"))) == full


def test_an_interrupted_run_goes_on_in_its_own_folder(tmp_path: pathlib.Path) -> None:
    # Oracle: what the first, failing call left, which the second one finds and then removes.
    seen = []

    def run(sweep: Sweep, progress: bool, folder: pathlib.Path) -> frame.Arrays:
        seen.append(sorted(path.name for path in folder.glob("*")))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "half").touch()
        if len(seen) == 1:
            raise KeyboardInterrupt
        return {"x": np.arange(sweep.seeds)}

    resuming = dataclasses.replace(
        experiment(Runs()), runs=types.SimpleNamespace(run=run), resumes=True
    )
    with pytest.raises(KeyboardInterrupt):
        resuming.main(Arguments(output=tmp_path))
    resuming.main(Arguments(output=tmp_path))
    assert seen == [[], ["half"]]
    assert not list((tmp_path / "small" / "running").iterdir())


def test_arrays_are_stacked_by_name() -> None:
    # Oracle: the arrays themselves.
    parts = [{"a": np.array([i, 1]), "b": np.array(i)} for i in range(3)]
    stacked = frame.stacked(parts)
    np.testing.assert_array_equal(stacked["a"], [[0, 1], [1, 1], [2, 1]])
    np.testing.assert_array_equal(stacked["b"], [0, 1, 2])


def test_given_flags_come_before_quick_values() -> None:
    # Oracle: the command line itself.
    assert plan(Arguments()) == [Sweep()]
    assert plan(Arguments(quick=True, alphas=(2.0,))) == [Sweep(alphas=(2.0,), seeds=2)]
    assert plan(Arguments(quick=True, seeds=7)) == [Sweep(seeds=7)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"seeds": 0}, "--seeds must be at least 1, not 0"),
        ({"alphas": (0.0, 1.0)}, "--alphas must be positive"),
        ({"alphas": ()}, "--alphas must have at least one value"),
    ],
)
def test_values_out_of_range_are_refused(bad: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Arguments(**bad)


def help_of(
    sweeps: list[Sweep], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Returns the help of an experiment of these sweeps."""
    small = experiment(Runs())
    module = types.SimpleNamespace(Arguments=Arguments, plan=lambda arguments: sweeps)
    package = types.SimpleNamespace(__doc__="A claim.", RUN_TIME="a second")
    monkeypatch.setitem(sys.modules, small.package, package)
    monkeypatch.setattr("sys.argv", ["small", "--help"])
    with pytest.raises(SystemExit):
        dataclasses.replace(small, sweep=module).parse()
    return capsys.readouterr().out


def test_defaults_in_the_help_are_as_flags_take_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the sweep's own number, which `int` reads back, in one piece on a narrow terminal.
    for columns in (62, 68, 74, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        said = help_of([dataclasses.replace(Sweep(), seeds=100_000)], monkeypatch, capsys)
        (shown,) = re.findall(r"[0-9_]+000", said)
        assert int(shown) == 100_000


@pytest.mark.parametrize(
    ("count", "default"),
    [(2, "3 for numbers; 4 for numbers"), (9, "3 or 4, by sweep")],
)
def test_the_help_names_a_few_sweeps_beside_defaults(
    count: int, default: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the text, by hand. In an experiment of many sweeps, their names would fill the screen.
    sweeps = [dataclasses.replace(Sweep(), seeds=3 + i % 2) for i in range(count)]
    said = " ".join(help_of(sweeps, monkeypatch, capsys).replace("│", " ").split())
    assert f"(default: {default})" in said


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_helps(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the claim and the run time of its package, and the shared flags.
    package = importlib.import_module(f"experiments.{name}")
    command = importlib.import_module(f"experiments.{name}.__main__")
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit) as exit_:
        command.EXPERIMENT.parse()
    assert exit_.value.code == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert " ".join(package.__doc__.split()) in said
    assert package.RUN_TIME in said
    for flag in ("--output PATH", "--quick"):
        assert flag in said
    # Defaults are shown as numbers; those of a peer's interpreter and of threads have none.
    assert name == "mujoco" or "default: None" not in said


def test_every_quick_plan_is_smaller_than_the_full_one() -> None:
    # Oracle: identities: no sweep of a quick run is one of the full run.
    for name in NAMES:
        sweep = importlib.import_module(f"experiments.{name}.sweep")
        quick, full = (sweep.plan(sweep.Arguments(quick=q)) for q in (True, False))
        assert not [small for small in quick if small in full], name


def test_a_table_has_a_line_for_each_row() -> None:
    # Oracle: the Markdown table, by hand.
    rows = [{"a": 0.5, "a_interval": (0, 1)}, {"a": 12.0, "a_interval": (10, 14), "b": 3}]
    columns = {"a": tables.interval("a", "g"), "b": tables.where_known("{b:.1f}", "b")}
    assert tables.table(rows, columns).splitlines() == [
        "| a           | b   |",
        "|-------------|-----|",
        "| 0.5 [0, 1]  |     |",
        "| 12 [10, 14] | 3.0 |",
    ]


def test_the_list_names_every_experiment(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the packages, and a summary that one of them has.
    from experiments import __main__ as command

    (tmp_path / NAMES[0]).mkdir()
    (tmp_path / NAMES[0] / "summary.json").write_text("{}")
    rows = list(command.rows(tmp_path))
    assert [row["name"] for row in rows] == NAMES
    assert [row["stored"] for row in rows] == ["yes"] + ["no"] * (len(NAMES) - 1)
    command.main(command.Arguments(output=tmp_path))
    said = capsys.readouterr().out
    assert all(row["claim"] in said and row["run_time"] in said for row in rows)


@pytest.mark.parametrize(
    "name",
    ["distributions", "fuzz_distributions", "learners", "search", "tabular", "throughput"],
)
def test_every_benchmark_helps_instead_of_running(name: str) -> None:
    # Oracle: the status, and the module's own text.
    command = [sys.executable, "-m", f"experiments.benchmarks.{name}", "--help"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"python -m experiments.benchmarks.{name}" in " ".join(finished.stdout.split())
