"""The table of claims and the list of findings, from `docs/claims.yml`."""

from __future__ import annotations

import functools
import pathlib
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

_DOCS = pathlib.Path(__file__).parents[1]
_SOURCE = _DOCS / "claims.yml"
_FIELDS = {"experiment", "question", "claim", "verdict", "finding", "source"}
_VERDICTS = {"holds", "holds in part", "does not hold"}
_log = logging.getLogger(__name__)


@functools.cache
def rows() -> tuple[dict[str, str], ...]:
    """Returns the rows, in the order of the file.

    Raises:
      ValueError: if a row lacks a field or has another verdict than the three.
    """
    found = yaml.safe_load(_SOURCE.read_text(encoding="utf-8"))
    for row in found:
        if set(row) != _FIELDS or row["verdict"] not in _VERDICTS:
            raise ValueError(f"{_SOURCE.name}: each row has the fields {_FIELDS}, not {row}.")
    return tuple(found)


class _Claims(SphinxDirective):
    """A table with a row for each claim: the claim, its verdict, and what was found."""

    def run(self) -> list[nodes.Node]:
        lines = ["| Claim | Verdict | What was found |", "|---|---|---|"]
        for row in rows():
            page = f"/experiments/{row['experiment']}"
            verdict = f"{{doc}}`{row['verdict']} <{page}>`"
            lines.append(f"| {row['claim']} | {verdict} | {row['finding']} |")
        return _parsed(self, lines)


class _Findings(SphinxDirective):
    """A list with the finding of each experiment on the question that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        chosen = [row for row in rows() if row["question"] == self.arguments[0]]
        if not chosen:
            raise self.error(f"{_SOURCE.name} has no row with the question {self.arguments[0]!r}.")
        return _parsed(
            self,
            [f"- {{doc}}`/experiments/{r['experiment']}`. {r['finding']}" for r in chosen],
        )


def _parsed(directive: SphinxDirective, lines: list[str]) -> list[nodes.Node]:
    directive.env.note_dependency(str(_SOURCE))
    parent = nodes.Element()
    directive.state.nested_parse(StringList(lines, str(_SOURCE)), directive.content_offset, parent)
    return parent.children


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    pages = {path.stem for path in (_DOCS / "experiments").glob("*.md")} - {"index"}
    named = {row["experiment"] for row in rows()}
    for name in sorted(pages ^ named):
        _log.warning(f"{name} has either a page or a row of {_SOURCE.name}, not both")


def setup(app: Sphinx) -> dict[str, Any]:
    """Adds the two directives, and the check that every experiment has its row."""
    app.add_directive("claims", _Claims)
    app.add_directive("findings", _Findings)
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
