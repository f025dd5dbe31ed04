"""One comparison of a measurement with its target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np


class Check(NamedTuple):
    """A measurement, what it should be, and how far it may be off.

    Attributes:
      row: the result it belongs to, R2 ..
      what: is measured.
      target: the value, or the bound.
      measured: here.
      tolerance: what it may be off; relative to the target for "relative".
      kind: "absolute" or "relative": near the target; "at most", "at least": up to the tolerance.
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


def table(checks: Iterable[Check]) -> str:
    """Returns the checks as a Markdown table."""
    sign = {"at most": "<= ", "at least": ">= "}
    lines = [
        "| row | what | target | measured | tolerance | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for check in checks:
        tolerance = f"{check.tolerance:g}" + (" relative" if check.kind == "relative" else "")
        cells = [
            check.row,
            check.what,
            f"{sign.get(check.kind, '')}{check.target:.7g}",
            f"{check.measured:.7g}",
            tolerance,
            "holds" if check.holds else "FALLS SHORT",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
