"""One comparison of a measurement with its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from experiments import tables


class Check(NamedTuple):
    """A measurement, its target, and how far the two may differ.

    Attributes:
      row: The result of the literature that the check belongs to, R2 ..
      what: The quantity that is measured.
      target: The value that the measurement should have, or its bound.
      measured: The measured value.
      tolerance: The largest admissible difference; relative to the target for "relative".
      kind: "absolute" or "relative" if the measurement should be near the target; "at most" or "at
        least" if it should keep to the bound, up to the tolerance.
    """

    row: str
    what: str
    target: float
    measured: float
    tolerance: float
    kind: Literal["absolute", "relative", "at most", "at least"] = "absolute"

    @property
    def holds(self) -> bool:
        """Whether the measurement is where it should be; NaN never is."""
        difference = self.measured - self.target
        if self.kind == "at most":
            return bool(difference <= self.tolerance)
        if self.kind == "at least":
            return bool(difference >= -self.tolerance)
        scale = abs(self.target) if self.kind == "relative" else 1.0
        return bool(np.abs(difference) <= self.tolerance * scale)

    def as_row(self) -> dict[str, Any]:
        """Returns the check as a row of a summary."""
        return {**self._asdict(), "holds": self.holds}


def texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Returns a check, by `Check.as_row` or read from a summary, as the texts of its columns."""
    sign = {"at most": "<= ", "at least": ">= "}.get(row["kind"], "")
    relative = " relative" if row["kind"] == "relative" else ""
    return {
        "row": row["row"],
        "what": row["what"],
        "target": f"{sign}{_number(row['target'])}",
        "measured": _number(row["measured"]),
        "tolerance": f"{row['tolerance']:g}{relative}",
        "verdict": "holds" if row["holds"] else "FALLS SHORT",
    }


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Returns checks, each by `Check.as_row`, as a Markdown table."""
    columns = ("row", "what", "target", "measured", "tolerance", "verdict")
    return tables.table(map(texts, rows), {name: f"{{{name}}}" for name in columns})


def _number(value: float | None) -> str:
    # A summary holds null for a number that is not finite, because JSON has no infinity.
    return "not finite" if value is None else f"{value:.7g}"
