"""Reads the page of all stored results, and stores results to show there."""

from __future__ import annotations

import html.parser
import json
import pathlib
from typing import Any

from experiments.deep_sea_exact import __main__ as deep_sea_exact
from experiments.deep_sea_exact.sweep import Arguments as DeepSeaArguments
from experiments.maxent_irl import __main__ as maxent_irl
from experiments.maxent_irl.sweep import Arguments as IrlArguments
from experiments.report import __main__ as command
from experiments.reproduce import __main__ as reproduce

# Elements that load what their attribute names, without being clicked.
LOADING = {"src", "srcset", "data", "poster", "background"}


class Page(html.parser.HTMLParser):
    """What a page holds: its texts by the elements with an id, its addresses, its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "a":
            self.links.append(values["href"] or "")
        elif tag == "link":
            self.loaded.append(values["href"] or "")
        self.loaded += [value or "" for name, value in attrs if name in LOADING]
        if tag not in ("img", "link", "meta"):
            self._open.append((tag, values.get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag  # every element is closed in its turn

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.texts[name] = " ".join((self.texts.get(name, "") + " " + data).split())


def run(output: pathlib.Path) -> None:
    """Stores results of real runs: two quick experiments, and two rows of the literature."""
    deep_sea_exact.EXPERIMENT.main(DeepSeaArguments(quick=True, output=output))
    maxent_irl.EXPERIMENT.main(IrlArguments(quick=True, output=output))
    reproduce.main(reproduce.Arguments(("R5", "R18"), output))


def write(output: pathlib.Path, name: str, summary: Any, *, quick: bool = False) -> None:
    """Stores a result by hand, with one figure."""
    directory = output / name
    directory.mkdir(parents=True)
    provenance = {
        "config": {"output": None, "quick": quick, "seeds": 7},
        "commit": "0123456789abcdef",
        "dirty": True,
        "versions": {"python": "3.99.0", "mujoco": None},
        "devices": ["/device:CPU:0"],
        "machine": "abacus",
        "cpus": 3,
        "wall_time_seconds": 200.0,
        "finished": "2031-02-03T04:05:06+00:00",
    }
    (directory / "summary.json").write_text(json.dumps(summary))
    (directory / "provenance.json").write_text(json.dumps(provenance))
    (directory / "a b#1.png").write_bytes(b"")


def report(output: pathlib.Path) -> Page:
    """Writes the page and reads it."""
    return Page(command.main(command.Arguments(output)).read_text(encoding="utf-8"))
