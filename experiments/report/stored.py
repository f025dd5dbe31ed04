"""Stored results: each is a folder with a summary, its provenance and figures."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from experiments.literature import rows as literature_rows

_PROVENANCE = (
    "config",
    "commit",
    "dirty",
    "versions",
    "devices",
    "machine",
    "cpus",
    "wall_time_seconds",
    "finished",
)


class Stored(NamedTuple):
    """A stored result.

    Attributes:
      name: The name of its folder, such as "rates" or "reproduce/R2".
      summary: The findings, with at least the entries "rows" and "verdict".
      provenance: The provenance: versions, commit, machine and time.
      figures: The names of the figures in the folder.
    """

    name: str
    summary: Mapping[str, Any]
    provenance: Mapping[str, Any]
    figures: tuple[str, ...]

    @property
    def quick(self) -> bool:
        """Whether the run was a quick one, so that the findings say little."""
        return bool(self.provenance["config"].get("quick"))

    @property
    def verdict(self) -> list[str]:
        """The sentences of the verdict, of which the first sums up."""
        return self.summary["verdict"].splitlines()

    @property
    def finished(self) -> str:
        """The day on which the run was finished."""
        return self.provenance["finished"].partition("T")[0]

    @property
    def commit(self) -> str:
        """The commit, with a star if there were changes that were not committed."""
        commit = self.provenance["commit"]
        return f"{commit[:9]}{'*' if self.provenance['dirty'] else ''}" if commit else "unknown"

    @property
    def versions(self) -> str:
        """The versions of Python and of the packages that were installed."""
        known = self.provenance["versions"].items()
        return ", ".join(f"{name} {version}" for name, version in known if version)

    @property
    def run_time(self) -> str:
        """The time that the run took."""
        seconds = self.provenance["wall_time_seconds"]
        return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

    @property
    def flags(self) -> str:
        """The values of the flags: those that were given, or else those of the experiment."""
        given = {
            name: " ".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in self.provenance["config"].items()
            if name not in ("output", "rows") and value not in (None, False, [])
        }
        return ", ".join(f"{name}: {value}" for name, value in given.items())


def read(output: pathlib.Path, name: str) -> Stored | None:
    """Returns a stored result, or None if there is none.

    Args:
      output: The folder for results.
      name: The name of the result's folder.

    Raises:
      ValueError: If the files of the result are not what an experiment writes.
    """
    directory = output / name
    if not (directory / "summary.json").exists():
        return None
    figures = tuple(sorted(path.name for path in directory.glob("*.png")))
    summary = _load(directory / "summary.json", {"rows", "verdict"})
    provenance = _load(
        directory / "provenance.json",
        set(_PROVENANCE),
    )
    return Stored(name, summary, provenance, figures)


def read_reproduced(output: pathlib.Path) -> Iterator[Stored]:
    """Yields what `experiments.reproduce` has stored, in the order of the literature's rows."""
    for row in literature_rows():
        if found := read(output, f"reproduce/{row.number}"):
            yield found


def _load(path: pathlib.Path, expected: set[str]) -> dict[str, Any]:
    remedy = "run the experiment again, or delete the folder."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}; {remedy}") from error
    if missing := expected - set(content):
        raise ValueError(f"{path} lacks the entries {sorted(missing)}: {remedy}")
    return content
