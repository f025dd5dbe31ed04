"""The frame of all experiments: flags, help, loading and saving, tables, and the final report.

An experiment is a package `experiments.NAME`. Its docstring is the claim that it tests, and its
`RUN_TIME` says how long a full run takes on two cores. Its `__main__` holds an `Experiment`, which
names the modules of the package: flags and a plan of sweeps, a function that runs one sweep, one
that makes rows of a sweep's arrays, a table and a verdict of all rows, and figures.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from experiments import project

Row = dict[str, Any]
Arrays = Mapping[str, np.ndarray]
_Sweep = TypeVar("_Sweep", bound="Sweep")
_Item = TypeVar("_Item")

# The help names so many sweeps beside the defaults of a flag, at most.
_MOST_NAMES = 8
# Dots per inch: a figure of 9 inches has twice the 736 pixels at which the site shows it.
_DPI = 160


class Sweep:
    """The base of sweeps, each of which is a frozen dataclass of plain values.

    Attributes:
      files: The name of the sweep's files: a format string of its fields.
    """

    files: ClassVar[str]

    @property
    def name(self) -> str:
        """The name of the sweep's files."""
        return self.files.format(**vars(self))


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The flags that every experiment has; an experiment adds its own in a subclass.

    A flag of an experiment that is None leaves every sweep its own value.

    Attributes:
      output: The folder for results, in which each experiment has a folder of its own name.
      quick: Run everything small, for a first look and for continuous integration.
      ray: Run the sweeps in parallel processes of Ray: on this machine if it is "local", else on
        the cluster of that address.
    """

    output: pathlib.Path | None = None
    quick: bool = False
    ray: str | None = None

    # The least value that each flag allows, and the flags whose values must be above 0.
    least: ClassVar[Mapping[str, float]] = {"seeds": 1, "steps": 1}
    positive: ClassVar[Sequence[str]] = ()
    # The fields of sweeps that a flag sets, where they do not have the flag's name.
    sets: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __post_init__(self) -> None:
        for name in (field.name for field in dataclasses.fields(self)):
            value = getattr(self, name)
            if value is None or isinstance(value, str | pathlib.Path):
                continue
            values = value if isinstance(value, tuple) else (value,)
            flag = f"--{name.replace('_', '-')}"
            if not values:
                raise ValueError(f"{flag} must have at least one value.")
            if name in self.positive and not min(values) > 0:
                raise ValueError(f"{flag} must be positive, not {value}.")
            if name in self.least and min(values) < self.least[name]:
                raise ValueError(f"{flag} must be at least {self.least[name]:g}, not {value}.")

    @property
    def folder(self) -> pathlib.Path:
        """The folder for results; a quick run has one of its own unless --output names another."""
        default = project.RESULTS / "quick" if self.quick else project.RESULTS
        return self.output or default

    def apply(self, sweep: _Sweep, quick: Mapping[str, Any]) -> _Sweep:
        """Returns a sweep with the small values of a quick run, and with those of given flags.

        Args:
          sweep: A frozen dataclass.
          quick: The values of fields that replace those of the sweep if --quick was given.
        """
        changes = dict(quick) if self.quick else {}
        fields = {field.name for field in dataclasses.fields(sweep)}  # type: ignore[arg-type]
        for flag in (field.name for field in dataclasses.fields(self)):
            value = getattr(self, flag)
            if value is not None:
                changes |= {name: value for name in self.sets.get(flag, (flag,)) if name in fields}
        return dataclasses.replace(sweep, **changes)  # type: ignore[type-var]


@dataclass(frozen=True, kw_only=True)
class LearnerArguments(Arguments):
    """The flags of an experiment that trains learners.

    Attributes:
      seeds: The number of learners for each setting.
      steps: The environment steps of each learner.
    """

    seeds: int | None = None
    steps: int | None = None


class Result(NamedTuple):
    """One sweep, the arrays that it gave, and the rows made of them."""

    sweep: Any
    arrays: Arrays
    rows: list[Row]


class Findings(NamedTuple):
    """The conclusions of an experiment from all of its results.

    Attributes:
      verdict: Sentences that say what was found, one a line.
      tables: The rows as text.
      rows: The rows of the summary, perhaps by part; None means those of all results in a row.
      more: Further entries of the summary.
    """

    verdict: str
    tables: str
    rows: list[Row] | Mapping[str, list[Row]] | None = None
    more: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Experiment:
    """An experiment, made of the modules of its package.

    Attributes:
      package: The name of the package, `experiments.NAME`.
      sweep: The module whose `Arguments` are the flags, and whose `plan` returns the sweeps that
        the flags ask for.
      runs: The module whose `run` takes a sweep and whether to show progress, runs the sweep, and
        returns arrays.
      analysis: The module whose `rows` makes rows of a sweep and its arrays. Either its `table` and
        `verdict` make text of all rows, or its `conclude` makes findings of all results.
      figures: The module whose `draw` makes figures, by file name, of all results.
      resumes: Whether `run` has a third argument: a folder of the sweep's own, in which it keeps
        what it needs to go on if it is killed. The folder goes when all sweeps are stored.
    """

    package: str
    sweep: Any
    runs: Any
    analysis: Any
    figures: Any
    resumes: bool = False

    @property
    def name(self) -> str:
        """The name of the experiment's folder of results."""
        return self.package.rpartition(".")[2]

    def main(self, arguments: Any) -> dict[str, Any]:
        """Runs the sweeps or loads them, writes summary and figures, and prints what was found.

        Args:
          arguments: The command line.

        Returns:
          The summary, with at least "rows" and "verdict".

        Raises:
          ValueError: If a quick run would replace the summary of a full one.
        """
        started = time.perf_counter()
        directory = arguments.folder / self.name
        _protect(directory, arguments)
        sweeps = self.sweep.plan(arguments)
        if arguments.ray is not None:
            self._run_on_ray(directory, sweeps, arguments.ray)
        results = list(self._results(directory, sweeps))
        rows: Any = [row for result in results for row in result.rows]
        if hasattr(self.analysis, "conclude"):
            findings = self.analysis.conclude(results)
            rows = rows if findings.rows is None else findings.rows
        else:
            findings = Findings(self.analysis.verdict(rows), self.analysis.table(rows))
        summary = {"rows": rows, "verdict": findings.verdict, **findings.more}
        wall_time = time.perf_counter() - started
        if self.resumes:
            for sweep in sweeps:
                shutil.rmtree(_running(directory, sweep), ignore_errors=True)
        project.write_json(directory / "summary.json", summary)
        project.write_json(directory / "provenance.json", project.provenance(arguments, wall_time))
        paths = [directory / "summary.json"]
        # Last, so that a figure that fails loses nothing.
        for name, figure in self.figures.draw(results).items():
            paths.append(directory / name)
            figure.savefig(paths[-1], dpi=_DPI)
        print(findings.tables, f"{wall_time:.0f} s; wrote", sep="\n\n")
        print(*(f"  {path}" for path in paths), "", findings.verdict, sep="\n")
        return summary

    def _results(self, directory: pathlib.Path, sweeps: Sequence[Sweep]) -> Iterator[Result]:
        shown = sys.stderr.isatty()
        for i, sweep in enumerate(sweeps, start=1):
            if shown:
                stored = project.target(directory, sweep.name, sweep).exists()
                state = "is stored" if stored else "runs"
                print(f"{i} of {len(sweeps)}: {sweep.name} {state}", file=sys.stderr)
            run = self._job(directory, sweep, shown)
            arrays = project.produce_or_load(directory, sweep.name, sweep, run)
            yield Result(sweep, arrays, list(self.analysis.rows(sweep, arrays)))

    def _job(self, directory: pathlib.Path, sweep: Sweep, shown: bool) -> Callable[[], Arrays]:
        folders = [_running(directory, sweep)] if self.resumes else []
        return functools.partial(self.runs.run, sweep, shown, *folders)

    def _run_on_ray(self, directory: pathlib.Path, sweeps: Sequence[Sweep], address: str) -> None:
        """Runs and stores the sweeps that are not stored yet."""
        # This import is not at the top: only this method needs Ray.
        from maxent_tf import distributed

        missing = [s for s in sweeps if not project.target(directory, s.name, s).exists()]
        jobs = [
            functools.partial(project.produced, sweep, self._job(directory.resolve(), sweep, False))
            for sweep in missing
        ]
        done = distributed.sweep(jobs, address=None if address == "local" else address)
        for i, result in track(done, sys.stderr.isatty(), "sweeps", len(jobs)):
            project.store(directory, missing[i].name, missing[i], *result)

    def parse(self) -> Any:
        """Returns the arguments of the command line; `--help` prints them and exits."""
        # This import is not at the top: TF-Agents pins a typing-extensions too old for tyro, and
        # only this method needs tyro.
        import tyro

        shown = self._with_defaults()
        return tyro.cli(shown, prog=f"python -m {self.package}", description=self.help())

    def help(self) -> str:
        """Returns the help text: the claim, the run time, and what is written where."""
        package = sys.modules[self.package]
        names = ", ".join(sweep.name for sweep in self.sweep.plan(self.sweep.Arguments()))
        return (
            f"{package.__doc__}\n\n"
            f"A full run takes {package.RUN_TIME} on two cores. It writes to OUTPUT/{self.name}: "
            "summary.json has the rows and the verdict, provenance.json the versions and the run "
            "time, and PNG files the figures. Each sweep also has a folder of arrays, which a "
            f"later run loads instead of running the sweep again: {names}."
        )

    def _with_defaults(self) -> type[Arguments]:
        """Returns the flags; a flag that is None shows the values of the sweeps in the help."""
        import tyro

        sweeps = self.sweep.plan(self.sweep.Arguments())
        kind = self.sweep.Arguments
        types = get_type_hints(kind)
        described: list[tuple[str, Any, Any]] = []
        for field in dataclasses.fields(kind):
            if field.default is not None:
                continue
            if field.name == "output":
                hint = f"{project.RESULTS}, with --quick {project.RESULTS / 'quick'}"
            elif field.name == "ray":
                hint = "one sweep after another, without Ray"
            else:
                names = kind.sets.get(field.name, (field.name,))
                hint = _own_values(sweeps, names) or "None"
            value = types[field.name]
            option = tyro.conf.arg(metavar=_metavar(value), help_behavior_hint=f"(default: {hint})")
            annotated = Annotated[value, option]
            described.append((field.name, annotated, dataclasses.field(default=None)))
        return dataclasses.make_dataclass(
            kind.__name__, described, bases=(kind,), frozen=True, kw_only=True
        )


def _running(directory: pathlib.Path, sweep: Sweep) -> pathlib.Path:
    """Returns the folder of a sweep that is under way, in an experiment that resumes."""
    return directory / "running" / project.target(directory, sweep.name, sweep).name


def stacked(parts: Iterable[Arrays]) -> dict[str, np.ndarray]:
    """Returns the arrays of equal names on top of one another, along a new first axis."""
    parts = list(parts)
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def track(
    items: Iterable[_Item], shown: bool, what: str, count: int | None = None
) -> Iterable[_Item]:
    """Returns the items, with a progress bar and the time left where it is to be shown.

    Args:
      items: The items that a loop goes over.
      shown: Whether to show the bar, as an experiment's function `run` is told.
      what: The name of the items, for the bar.
      count: The number of items, if they come one by one; None makes a list of the items first.
    """
    import tqdm

    items = list(items) if count is None else items
    return tqdm.tqdm(items, desc=what, total=count, disable=not shown, leave=False)


def _metavar(kind: Any) -> str:
    """Returns what the help shows for the value of a flag that may be None."""
    inner, _ = get_args(kind)  # T | None
    if get_origin(inner) is tuple:
        item = get_args(inner)[0]
        name = f"{{{','.join(get_args(item))}}}" if get_args(item) else item.__name__.upper()
        return f"{name} [{name} ...]"
    return "PATH" if inner is pathlib.Path else inner.__name__.upper()


def _own_values(sweeps: Sequence[Sweep], names: Sequence[str]) -> str:
    """Returns the values of a field in all sweeps, as text.

    If there are many values, each is followed by the names of its sweeps, unless these are many.
    """
    found: dict[str, list[str]] = {}
    for sweep in sweeps:
        fields = {field.name for field in dataclasses.fields(sweep)}
        for name in fields.intersection(names):
            value = getattr(sweep, name)
            values = value if isinstance(value, tuple) else (value,)
            if values:
                text = " ".join(map(_number, values))
                found.setdefault(text, []).append(sweep.name)
    if len(found) == 1:
        return next(iter(found))
    if sum(map(len, found.values())) > _MOST_NAMES:
        return f"{' or '.join(found)}, by sweep"
    return "; ".join(f"{text} for {', '.join(where)}" for text, where in found.items())


def _number(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:_}"  # as the flag takes it; a line may not break within
    return f"{value:g}" if isinstance(value, float) else str(value)


def _protect(directory: pathlib.Path, arguments: Arguments) -> None:
    """Refuses to replace the summary of a full run by that of a quick one."""
    stored = directory / "provenance.json"
    if not (arguments.quick and stored.exists()):
        return
    if not json.loads(stored.read_text())["config"].get("quick"):
        raise ValueError(
            f"--quick would replace the summary of a full run in {directory}: pass another folder "
            "as --output, or none."
        )
