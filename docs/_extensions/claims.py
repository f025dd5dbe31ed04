"""The table of claims and the lists of findings, from `main_claims.yml` and `claims.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from experiments.claims import (
    DOCS,
    MAIN_SOURCE,
    SOURCE,
    Claim,
    experiment_claims,
    further_claims,
    main_claims,
)

_log = logging.getLogger(__name__)


class _Claims(SphinxDirective):
    """A table of the claims of the project, then of the experiments that test none of them."""

    def run(self) -> list[nodes.Node]:
        lines = ["| Claim | Verdict | What was found |", "|---|---|---|"]
        lines += [_line(row, row.experiments) for row in main_claims()]
        lines += [_line(row, [row.experiment]) for row in further_claims()]
        return _parsed(self, lines)


def _line(row: Claim, experiments: Sequence[str]) -> str:
    pages = (f"{{doc}}`{name.replace('_', ' ')} </experiments/{name}>`" for name in experiments)
    return f"| {row.claim} | {row.verdict} | {row.finding} See {', '.join(pages)}. |"


class _Findings(SphinxDirective):
    """A list with the finding of each experiment on the question that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        chosen = [row for row in experiment_claims() if row.question == self.arguments[0]]
        if not chosen:
            raise self.error(f"{SOURCE.name} has no row with the question {self.arguments[0]!r}.")
        return _parsed(
            self,
            [
                f"- {{doc}}`/experiments/{row.experiment}`: *{row.verdict}*. {row.finding}"
                for row in chosen
            ],
        )


def _parsed(directive: SphinxDirective, lines: list[str]) -> list[nodes.Node]:
    for source in (MAIN_SOURCE, SOURCE):
        directive.env.note_dependency(str(source))
    parent = nodes.Element()
    directive.state.nested_parse(StringList(lines, str(SOURCE)), directive.content_offset, parent)
    return parent.children


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    pages = {path.stem for path in (DOCS / "experiments").glob("*.md")} - {"index"}
    named = {row.experiment for row in experiment_claims()}
    for name in sorted(pages ^ named):
        _log.warning(f"{name} has either a page or a row of {SOURCE.name}, not both")
    for row in main_claims():
        for name in sorted(set(row.experiments) - named):
            _log.warning(f"{row.number} in {MAIN_SOURCE.name} names no experiment by {name}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Adds the two directives, and the check that every experiment has its row."""
    app.add_directive("claims", _Claims)
    app.add_directive("findings", _Findings)
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
