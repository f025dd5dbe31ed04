"""The rates by CPU time, the limits beside them, and the turn of each curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments import tables
from experiments.benchmarks.scaling import cases
from experiments.benchmarks.timing import Timing

Row = dict[str, Any]


class Limits(NamedTuple):
    """The work that a core of the machine can do in a second of CPU time.

    Attributes:
      operations: The floating-point operations in matrix products of 256^3.
      bytes: The bytes that a triad moves between the processor and the memory.
    """

    operations: float
    bytes: float

    def of(self, axis: str) -> dict[str, float]:
        """Returns the highest rates that an axis can reach in a second of CPU time, by name."""
        if axis == cases.STATES:
            return {"memory bandwidth": self.bytes / cases.bytes_per_state()}
        limits = {"matrix products": self.operations / cases.operations_per_step()}
        if axis == cases.LEARNERS:
            limits["memory bandwidth"] = self.bytes / cases.bytes_per_step()
        return limits


class Curve(NamedTuple):
    """The measurements of one axis.

    Attributes:
      rows: The rows, see `rows_of`.
      limits: The limits, from the same run.
    """

    rows: list[Row]
    limits: Limits


def rows_of(
    axis: str, amounts: Mapping[int, int], timings: Mapping[tuple[int, int], Timing]
) -> list[Row]:
    """Returns a row for each size of an axis.

    Args:
      axis: The axis, which is the quantity that grows.
      amounts: The work in one call, by size, ascending.
      timings: The timings, by size and number of cores.

    Returns:
      For each size and number n of cores, "rate_n" is the work in a second of CPU time, and
      "busy_n" the number of cores that were busy. "gain" is the speed with the largest number of
      cores over the speed with one core, by wall time.
    """
    cores = sorted({n for _, n in timings})
    rows = []
    for size, amount in amounts.items():
        row: Row = {"axis": axis, "size": size}
        for n in cores:
            timing = timings[size, n]
            row[f"rate_{n}"] = amount / float(np.median(timing.cpu))
            row[f"busy_{n}"] = timing.cpu_per_wall
        first, last = timings[size, cores[0]], timings[size, cores[-1]]
        row["gain"] = float(np.median(first.wall / last.wall))
        rows.append(row)
    return rows


def turn(rows: Sequence[Row]) -> float:
    """Returns the size at which the fixed cost of a call is as large as the cost of its work.

    There, the curve of one core turns: the line through the smallest size, on which a call costs
    the same whatever its size, meets the highest rate.
    """
    first = rows[0]
    return first["size"] * max(row["rate_1"] for row in rows) / first["rate_1"]


def table(curve: Curve) -> str:
    """Returns a table of all sizes; the limit in it is the lowest one of the axis."""
    rows, limits = curve
    cores = sorted(int(name.removeprefix("rate_")) for name in rows[0] if name.startswith("rate_"))
    columns: dict[str, tables.Cell] = {"what grows": "{axis}", "size": "{size:,}"}
    for n in cores:
        name = "1 core" if n == 1 else f"{n} cores"
        columns[f"in a second of CPU time, {name}"] = f"{{rate_{n}:,.0f}}"
        columns[f"busy, {name}"] = f"{{busy_{n}:.2f}}"
    columns["gain by wall time"] = "{gain:.2f}"
    columns["of the limit"] = lambda row: (
        f"{row['rate_1'] / min(limits.of(row['axis']).values()):.0%}"
    )
    return tables.table(rows, columns)
