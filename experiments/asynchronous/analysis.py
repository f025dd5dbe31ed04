"""From the arrays to rows, a table and a verdict."""

from __future__ import annotations

import numpy as np

from experiments import statistics, tables
from experiments.asynchronous.sweep import Sweep
from experiments.frame import Arrays, Row

# The numbers of workers for which the server's load is computed from what was measured.
ON_PAPER = (64, 1024)


def rows(sweep: Sweep, arrays: Arrays) -> list[Row]:
    """Returns a row for each temperature; stuck is P(best goal) of at most a half."""
    found = []
    for i, alpha in enumerate(sweep.alphas):
        stuck = arrays["best"][i] <= 0.5
        row: Row = {
            "algorithm": sweep.algorithm,
            "workers": sweep.workers,
            "alpha": alpha,
            "seeds": sweep.seeds,
            "steps": sweep.steps,
            "stuck": int(stuck.sum()),
            "stuck_fraction": float(stuck.mean()),
            "stuck_interval": list(statistics.wilson_interval(int(stuck.sum()), sweep.seeds)),
            "return": statistics.interquartile_mean(arrays["value"][i]),
            "return_interval": list(statistics.bootstrap_interval(arrays["value"][i])),
            "entropy": float(arrays["entropy"][i].mean()),
            "seconds": float(arrays["seconds"]),
        }
        for name in ("staleness", "largest_staleness", "bytes_per_update", "server_seconds"):
            if name in arrays:
                row[name] = float(arrays[name])
        if "server_seconds" in arrays:
            row |= on_paper(sweep, arrays)
        found.append(row)
    return found


def on_paper(sweep: Sweep, arrays: Arrays) -> Row:
    """Returns how many workers keep the server busy, and the bytes per second of more workers.

    One worker alone makes an update in the measured time of its run over the number of its updates,
    of which the server needs `server_seconds`. Workers beyond the quotient of the two wait for the
    server. Up to there, traffic grows with the number of workers.
    """
    updates = sweep.steps / sweep.rollout_length
    cycle = sweep.workers * float(arrays["seconds"]) / updates
    server = float(arrays["server_seconds"])
    saturated = cycle / server
    row: Row = {"cycle_seconds": cycle, "saturated_at": saturated}
    for workers in ON_PAPER:
        rate = min(workers, saturated) / cycle
        row[f"updates_per_second_{workers}"] = rate
        row[f"bytes_per_second_{workers}"] = rate * float(arrays["bytes_per_update"])
    return row


def table(found: list[Row]) -> str:
    """Returns the learners, a line for each algorithm, number of workers and temperature."""
    return tables.table(
        found,
        {
            "algorithm": "{algorithm}",
            "workers": "{workers}",
            "alpha": "{alpha:g}",
            "stuck": "{stuck} of {seeds}",
            "95% interval": "{stuck_interval[0]:.2f} to {stuck_interval[1]:.2f}",
            "return": tables.interval("return", ".3f"),
            "staleness, mean and largest": tables.where_known(
                "{staleness:.2f}, {largest_staleness:.0f}", "staleness"
            ),
            "seconds": "{seconds:.0f}",
        },
    )


def verdict(found: list[Row]) -> str:
    """Returns who is stuck, and what the server bears, in sentences made from the rows."""
    lines = []
    for alpha in sorted({row["alpha"] for row in found}):
        mine = [row for row in found if row["alpha"] == alpha]
        counts = {a: _counts([r for r in mine if r["algorithm"] == a]) for a in ("a2c", "a3c")}
        lines.append(
            f"At alpha {alpha:g}, with {_listed([r['workers'] for r in mine[: len(mine) // 2]])} "
            f"workers, {counts['a3c']} learners are stuck under A3C and {counts['a2c']} under A2C."
        )
    apart = [_apart(found, row) for row in found if row["algorithm"] == "a3c"]
    lines.append(
        f"The 95% intervals of the two algorithms' stuck fractions are disjoint in {sum(apart)} of "
        f"{len(apart)} pairs."
    )
    most = max((r for r in found if r["algorithm"] == "a3c"), key=lambda r: r["workers"])
    lines.append(
        f"With {most['workers']} workers, gradients are {most['staleness']:.2f} updates old on "
        f"average. The server takes {1e3 * most['server_seconds']:.1f} ms for an update, so that "
        f"it is busy from {most['saturated_at']:.0f} workers on."
    )
    return "\n".join(lines)


def _counts(rows: list[Row]) -> str:
    return _listed([row["stuck"] for row in rows])


def _listed(values: list[int]) -> str:
    return ", ".join(map(str, values))


def _apart(found: list[Row], row: Row) -> bool:
    """Whether the stuck fraction of A3C differs from that of A2C beyond both intervals."""
    other = next(
        r
        for r in found
        if r["algorithm"] == "a2c" and (r["workers"], r["alpha"]) == (row["workers"], row["alpha"])
    )
    low, high = np.array([row["stuck_interval"], other["stuck_interval"]]).T
    return bool(low.max() > high.min())
