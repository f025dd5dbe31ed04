"""Claims and verdicts: those of the project, and those of each experiment, from files of docs."""

from __future__ import annotations

import functools
import pathlib
from dataclasses import dataclass

DOCS = pathlib.Path(__file__).resolve().parents[1] / "docs"
MAIN_SOURCE = DOCS / "main_claims.yml"
SOURCE = DOCS / "claims.yml"

_VERDICTS = ("holds", "holds in part", "does not hold")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim that was tested.

    Attributes:
      claim: The claim.
      verdict: "holds", "holds in part" or "does not hold".
      finding: The finding: what was measured.
    """

    claim: str
    verdict: str
    finding: str

    def __post_init__(self) -> None:
        if self.verdict not in _VERDICTS:
            raise ValueError(f"a verdict is one of {_VERDICTS}, not {self.verdict!r}.")


@dataclass(frozen=True, kw_only=True)
class ExperimentClaim(Claim):
    """A claim that one experiment tests.

    Attributes:
      experiment: The name of the experiment, and of its page.
      question: The key of the heading under which the experiment stands.
      source: The source of the verdict.
    """

    experiment: str
    question: str
    source: str


@dataclass(frozen=True, kw_only=True)
class MainClaim(Claim):
    """A claim of the project.

    Attributes:
      number: The number of the claim, C1 ..
      experiments: The experiments that test it, the main one first.
      figure: The file of the main experiment's figure that shows it best.
      shows: The finding that the figure shows.
      literature: The rows of the literature that bear on it.
      missing: The part of the claim that no experiment has measured; empty if there is none.
    """

    number: str
    experiments: list[str]
    figure: str
    shows: str
    literature: list[str]
    missing: str = ""


def main_claims() -> tuple[MainClaim, ...]:
    """Returns the claims of the project, in the order of their numbers.

    Raises:
      TypeError: If a row lacks a field, or has one that is unknown.
      ValueError: If a verdict is unknown.
    """
    return _rows(MainClaim, MAIN_SOURCE)


def experiment_claims() -> tuple[ExperimentClaim, ...]:
    """Returns the experiments' claims, in the order of the file; raises as `main_claims` does."""
    return _rows(ExperimentClaim, SOURCE)


def further_claims() -> tuple[ExperimentClaim, ...]:
    """Returns the claims of those experiments that test no claim of the project."""
    tested = {name for row in main_claims() for name in row.experiments}
    return tuple(row for row in experiment_claims() if row.experiment not in tested)


@functools.cache
def _rows(kind: type, source: pathlib.Path) -> tuple:
    # This import is not at the top: an experiment that reads no claims does not need it.
    import yaml

    return tuple(kind(**row) for row in yaml.safe_load(source.read_text(encoding="utf-8")))
