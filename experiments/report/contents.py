"""The contents of the page: every claim and row of the literature, with its stored results."""

from __future__ import annotations

import collections
import os
import pathlib
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from experiments import check
from experiments.__main__ import rows as experiment_rows
from experiments.claims import DOCS, ExperimentClaim, MainClaim, further_claims, main_claims
from experiments.literature import Row
from experiments.literature import rows as literature_rows
from experiments.report.comparisons import checks
from experiments.report.stored import Stored, read, read_reproduced


class Missing(NamedTuple):
    """The part that the results lack, and the command that adds it; no command if there is none."""

    what: str
    command: str = ""


class Experiment(NamedTuple):
    """An experiment, with its stored result if there is one.

    Attributes:
      name: The name.
      claim: The claim that the experiment tests.
      page: The address of its page in the documentation, relative to the report, or None.
      stored: The result, or None.
      missing: The part that the result lacks, or None.
    """

    name: str
    claim: str
    page: str | None
    stored: Stored | None
    missing: Missing | None


class Claimed(NamedTuple):
    """A claim of the project, with the experiments that test it, the main one first.

    Attributes:
      row: The claim and the verdict.
      experiments: The experiments.
      figure: The address of the main experiment's figure, or None if it is not stored.
      missing: The part that no result can tell, and the part that the stored results lack.
    """

    row: MainClaim
    experiments: list[Experiment]
    figure: str | None
    missing: list[Missing]

    @property
    def stored(self) -> bool:
        """Whether a result of any of the experiments is stored."""
        return any(experiment.stored for experiment in self.experiments)


class Further(NamedTuple):
    """The claim of an experiment that tests none of the project's."""

    row: ExperimentClaim
    experiment: Experiment


class Compared(NamedTuple):
    """A row of the literature, with its checks as texts, and the part of it that is missing."""

    row: Row
    checks: list[dict[str, str]]
    held: int
    missing: list[Missing]


class Contents(NamedTuple):
    """All that the page shows.

    Attributes:
      claims: The claims of the project.
      further: The claims of other experiments.
      literature: The rows of the literature.
      experiments: All experiments.
      stored: All stored results.
      versions: The versions of packages, with the number of results that have them.
    """

    claims: list[Claimed]
    further: list[Further]
    literature: list[Compared]
    experiments: list[Experiment]
    stored: list[Stored]
    versions: Mapping[str, int]

    @property
    def held(self) -> int:
        """The number of checks of the literature that hold."""
        return sum(row.held for row in self.literature)

    @property
    def checked(self) -> int:
        """The number of checks of the literature."""
        return sum(len(row.checks) for row in self.literature)

    @property
    def missing(self) -> dict[str, list[tuple[str, Missing]]]:
        """The missing parts, by kind: pairs of a name and of what its bearer lacks."""
        kinds = {
            "Experiments": [(x.name, x.missing) for x in self.experiments if x.missing],
            "Claims": [(x.row.number, lack) for x in self.claims for lack in x.missing],
            "Documentation": [
                (x.name, Missing("no page in the documentation."))
                for x in self.experiments
                if x.page is None
            ],
            "Literature": [(x.row.number, lack) for x in self.literature for lack in x.missing],
        }
        return {kind: found for kind, found in kinds.items() if found}


def contents(output: pathlib.Path) -> Contents:
    """Returns what a report on a folder of results says.

    Args:
      output: The folder for results, in which the report will stand.

    Raises:
      ValueError: If a stored result is not what an experiment writes.
    """
    experiments = {found.name: found for found in _experiments(output)}
    reproduced = {found.name: found for found in read_reproduced(output)}
    stored = [found.stored for found in experiments.values() if found.stored]
    stored += reproduced.values()
    return Contents(
        claims=[_claimed(row, experiments) for row in main_claims()],
        further=[Further(row, experiments[row.experiment]) for row in further_claims()],
        literature=[_compared(row, experiments, reproduced) for row in literature_rows()],
        experiments=list(experiments.values()),
        stored=stored,
        versions=collections.Counter(result.versions for result in stored),
    )


def _experiments(output: pathlib.Path) -> Iterator[Experiment]:
    for row in experiment_rows(output):
        name = row["name"]
        stored = read(output, name)
        missing = None
        if stored is None or stored.quick:
            what = "only a quick run is stored" if stored else "not stored"
            command = f"python -m experiments.{name}"
            missing = Missing(f"{what}; a full run takes {row['run_time']}:", command)
        yield Experiment(name, row["claim"], _page(output, name), stored, missing)


def _page(output: pathlib.Path, name: str) -> str | None:
    """Returns the address of an experiment's page, on the built site or its source, or None."""
    built = DOCS / "_build" / "html" / "experiments" / f"{name}.html"
    for page in (built, DOCS / "experiments" / f"{name}.md"):
        if page.exists():
            relative = os.path.relpath(page, output.resolve())
            return urllib.parse.quote(pathlib.Path(relative).as_posix())
    return None


def _claimed(row: MainClaim, experiments: Mapping[str, Experiment]) -> Claimed:
    tests = [experiments[name] for name in row.experiments]
    missing = [Missing(row.missing)] if row.missing else []
    stored = tests[0].stored
    if stored and row.figure in stored.figures:
        return Claimed(row, tests, f"{stored.name}/{row.figure}", missing)
    if stored:
        missing.append(Missing(f"{stored.name} is stored without the figure {row.figure}."))
    return Claimed(row, tests, None, missing)


def _compared(
    row: Row, experiments: Mapping[str, Experiment], reproduced: Mapping[str, Stored]
) -> Compared:
    found: list[Mapping] = []
    missing: list[Missing] = []
    for name in row.measured_by:
        if name == "reproduce":
            stored = reproduced.get(f"reproduce/{row.number}")
            lack = Missing("not stored:", f"python -m experiments.reproduce --rows {row.number}")
        else:
            stored = experiments[name].stored
            lack = experiments[name].missing or Missing(
                "the stored run has other settings than the literature; run",
                f"python -m experiments.{name}",
            )
        mine = [x for x in checks(stored) if x["row"] == row.number] if stored else []
        found += mine
        if not mine:
            missing.append(lack._replace(what=f"{name}: {lack.what}"))
    if row.missing:
        missing.append(Missing(row.missing))
    held = sum(x["holds"] for x in found)
    return Compared(row, [check.texts(x) for x in found], held, missing)
