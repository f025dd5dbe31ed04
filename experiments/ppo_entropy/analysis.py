"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import statistics
from experiments.ppo_entropy.runs import Arrays
from experiments.ppo_entropy.sweep import GridSweep, Sweep

Row = dict[str, Any]

# What a row without a bonus is called.
NONE = "none"

# What a policy returns at most that has settled on what pays less: the lower hill's height, and the
# near goal's reward, discounted over the shortest way.
TRAP_RETURNS = {"trap": 0.7, "grid": 0.8 * 0.99**3}


def rows(sweep: Sweep | GridSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for no bonus, and one for each kind of bonus and coefficient.

    Without a bonus all kinds are alike, so that the first row holds the learners of them all. Every
    other row compares its return with that row's and with that of the first kind at the same
    coefficient: differences of means with Welch's 95% intervals. A learner is no better than the
    trap if its policy returns no more than one that has settled on what pays less.
    """
    none = arrays["value"][:, 0].ravel()
    yield _row(sweep, arrays, np.s_[:, 0], NONE, 0.0)
    for j, alpha in enumerate(sweep.alphas[1:], start=1):
        for i, kind in enumerate(sweep.kinds):
            value = arrays["value"][i, j]
            row = _row(sweep, arrays, np.s_[i, j], kind, alpha)
            for name, other in (("none", none), ("first", arrays["value"][0, j])):
                difference, low, high = statistics.mean_difference(value, other)
                row[f"minus_{name}"] = difference
                row[f"minus_{name}_interval"] = [low, high]
            yield row


def _row(sweep: Sweep | GridSweep, arrays: Arrays, at: Any, kind: str, alpha: float) -> Row:
    value, entropy = arrays["value"][at].ravel(), arrays["entropy"][at].ravel()
    row: Row = {
        "world": sweep.world,
        "kind": kind,
        "alpha": alpha,
        "learners": value.size,
        "steps": sweep.steps,
        "return_mean": float(value.mean()),
        "return_iqm": statistics.interquartile_mean(value),
        "return_iqm_interval": list(statistics.bootstrap_interval(value)),
        "entropy": float(entropy.mean()),
        "entropy_range": [float(entropy.min()), float(entropy.max())],
    }
    if sweep.world in TRAP_RETURNS:
        count = int((value <= TRAP_RETURNS[sweep.world]).sum())
        row["no_better_fraction"] = count / value.size
        row["no_better_interval"] = list(statistics.wilson_interval(count, value.size))
    return row


def table(rows: list[Row]) -> str:
    """Returns the rows as an aligned table for people."""
    header = ("world", "bonus", "alpha", "learners", "return", "IQM [95% interval]")
    header += (
        "minus none [95% interval]",
        "no better than trap [95% interval]",
        "true entropy [range]",
    )
    lines = [header]
    for row in rows:
        low, high = row["return_iqm_interval"]
        lowest, highest = row["entropy_range"]
        difference, trapped = "", ""
        if "minus_none" in row:
            below, above = row["minus_none_interval"]
            difference = f"{row['minus_none']:+.3g} [{below:+.3g}, {above:+.3g}]"
        if "no_better_fraction" in row:
            least, most = row["no_better_interval"]
            trapped = f"{row['no_better_fraction']:.2f} [{least:.2f}, {most:.2f}]"
        lines.append(
            (
                row["world"],
                row["kind"],
                f"{row['alpha']:g}",
                str(row["learners"]),
                f"{row['return_mean']:.3g}",
                f"{row['return_iqm']:.3g} [{low:.3g}, {high:.3g}]",
                difference,
                trapped,
                f"{row['entropy']:.2f} [{lowest:.2f}, {highest:.2f}]",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict(rows: list[Row]) -> str:
    """Returns what the data say: a line for each world and kind of bonus."""
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        none, *others = (row for row in rows if row["world"] == world)
        kinds = list(dict.fromkeys(row["kind"] for row in others))
        for kind in kinds:
            group = [row for row in others if row["kind"] == kind]
            parts = [
                f"returned {_outcomes(group, 'minus_none')} coefficients than no bonus",
                f"entropy from {group[0]['entropy']:.2g} at {group[0]['alpha']:g} to "
                f"{group[-1]['entropy']:.2g} nats at {group[-1]['alpha']:g} "
                f"({none['entropy']:.2g} without)",
            ]
            if kind != kinds[0]:
                parts.append(f"against {kinds[0]}, {_outcomes(group, 'minus_first')}")
            if "no_better_fraction" in none:
                least = min(group, key=lambda row: row["no_better_fraction"])
                parts.append(
                    f"no better than the trap {least['no_better_fraction']:.2f} at best, at "
                    f"{least['alpha']:g} ({none['no_better_fraction']:.2f} without)"
                )
            lines.append(f"{world}, {kind}: {'; '.join(parts)}.")
    return "\n".join(lines)


def _outcomes(rows: list[Row], name: str) -> str:
    """At how many coefficients the interval of a difference lies above 0, and below."""
    higher = sum(row[f"{name}_interval"][0] > 0 for row in rows)
    lower = sum(row[f"{name}_interval"][1] < 0 for row in rows)
    return f"more at {higher} and less at {lower} of {len(rows)}"
