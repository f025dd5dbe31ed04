"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import statistics
from experiments.temperature_control.runs import Arrays
from experiments.temperature_control.sweep import AutomaticSweep, FixedSweep

Row = dict[str, Any]

# "At the beginning" and "at the end" mean over this share of the records with updates.
_SHARE = 0.1

# A mountain car's mean return from which it counts as solved, as Gymnasium has it.
SOLVED = 90.0
MOUNTAIN_CARS = ("held", "mountain_car", "by_state")

# An automatic temperature removes the sensitivity to alpha if its worst target loses at most the
# first fraction of what the worst fixed alpha loses, both against the best fixed one; it reduces it
# up to the second.
_REMOVED, _REDUCED = 0.1, 0.5


def rows(sweep: FixedSweep | AutomaticSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each target and alpha."""
    learning = np.isfinite(arrays["alpha"]).all(axis=(1, 2, 3))  # not during the random start
    alpha, entropy = arrays["alpha"][learning], arrays["entropy"][learning]
    count = max(1, round(_SHARE * len(alpha)))
    for i, target in enumerate(sweep.targets):
        for j, start in enumerate(sweep.alphas):
            value = arrays["value"][i, j]
            first, last = (entropy[s, i, j].mean(axis=0) for s in (np.s_[:count], np.s_[-count:]))
            yield {
                "world": sweep.world,
                "temperature": "automatic" if isinstance(sweep, AutomaticSweep) else "fixed",
                "target": target,
                "alpha": start,
                "seeds": sweep.seeds,
                "steps": sweep.steps,
                "returns": value.tolist(),
                "return_mean": float(value.mean()),
                "return_interval": list(statistics.mean_interval(value)),
                "return_iqm": statistics.interquartile_mean(value),
                "solved": int(np.sum(value >= SOLVED)) if sweep.world in MOUNTAIN_CARS else None,
                "alpha_end": float(np.median(alpha[-count:, i, j].mean(axis=0))),
                "entropy_begin": float(first.mean()),
                "entropy_end": float(last.mean()),
                "entropy_fall": float((first - last).mean()),
                "entropy_fall_interval": list(statistics.bootstrap_interval(first - last)),
            }


def table(rows: list[Row]) -> str:
    """Returns the rows as an aligned table for people."""
    header = ("world", "temperature", "target", "alpha", "seeds", "return [95% interval]")
    header += ("IQM", "solved", "alpha, end", "entropy, begin", "end")
    lines = [header]
    for row in rows:
        low, high = row["return_interval"]
        lines.append(
            (
                row["world"],
                row["temperature"],
                "" if row["target"] is None else f"{row['target']:g}",
                f"{row['alpha']:g}",
                str(row["seeds"]),
                f"{row['return_mean']:.3g} [{low:.3g}, {high:.3g}]",
                f"{row['return_iqm']:.3g}",
                "" if row["solved"] is None else str(row["solved"]),
                f"{row['alpha_end']:.3g}",
                f"{row['entropy_begin']:.2f}",
                f"{row['entropy_end']:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict(rows: list[Row]) -> str:
    """Returns, for each world, what automatic temperatures do to sensitivity and exploration."""
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        fixed, automatic = (
            [r for r in rows if (r["world"], r["temperature"]) == (world, kind)]
            for kind in ("fixed", "automatic")
        )
        # Where nothing is ever learned, returns differ, but not in anything that matters.
        if world not in MOUNTAIN_CARS or any(row["solved"] for row in fixed):
            lines.append(f"{world}: {_sensitivity(fixed, automatic)}")
        lines.append(f"{world}: {_falls(fixed, automatic)}")
        if world in MOUNTAIN_CARS:
            lines.append(f"{world}: {_solved(fixed, automatic)}")
    return "\n".join(lines)


def _sensitivity(fixed: list[Row], automatic: list[Row]) -> str:
    """How much the worst choice loses against the best fixed alpha, fixed and automatic."""
    best, worst = (choose(fixed, key=lambda row: row["return_mean"]) for choose in (max, min))
    ends = [np.array(row["returns"]) for row in (best, worst)]
    fixed_loss, low, _ = statistics.mean_difference(*ends)
    if not low > 0:
        returns = [row["return_mean"] for row in automatic]
        return (
            f"the best and the worst fixed alpha, at returns of {best['return_mean']:.3g} and "
            f"{worst['return_mean']:.3g}, are not told apart; automatic temperatures return "
            f"{min(returns):.3g} to {max(returns):.3g}."
        )
    parts = []
    for start in dict.fromkeys(row["alpha"] for row in automatic):
        group = [row for row in automatic if row["alpha"] == start]
        least = min(group, key=lambda row: row["return_mean"])
        loss = best["return_mean"] - least["return_mean"]
        word = "does not reduce"
        if loss <= _REMOVED * fixed_loss:
            word = "removes"
        elif loss <= _REDUCED * fixed_loss:
            word = "reduces"
        parts.append(
            f"from {start:g} {word} this sensitivity ({loss:.3g} less at its worst target, "
            f"{least['target']:g})"
        )
    return (
        f"the best fixed alpha, {best['alpha']:g}, returns {best['return_mean']:.3g}, the worst, "
        f"{worst['alpha']:g}, {fixed_loss:.3g} less: an automatic temperature "
        f"{', '.join(parts)}."
    )


def _falls(fixed: list[Row], automatic: list[Row]) -> str:
    """In how many settings the entropy falls, or rises, with an interval that excludes 0."""
    parts = []
    for kind, group in (("automatic", automatic), ("fixed", fixed)):
        intervals = [row["entropy_fall_interval"] for row in group]
        down, up = sum(low > 0 for low, _ in intervals), sum(high < 0 for _, high in intervals)
        parts.append(f"falls in {down} and rises in {up} of {len(group)} {kind} settings")
    missed = max(abs(row["entropy_end"] - row["target"]) for row in automatic)
    return (
        f"from the first to the last tenth of the updates the entropy {', '.join(parts)}; the "
        f"automatic ones end at most {missed:.2g} nats from their targets."
    )


def _solved(fixed: list[Row], automatic: list[Row]) -> str:
    """Which temperatures solve the mountain car, and where automatic ones end."""
    solved = [f"{row['alpha']:g}" for row in fixed if 2 * row["solved"] > row["seeds"]]
    parts = []
    for start in dict.fromkeys(row["alpha"] for row in automatic):
        group = [row for row in automatic if row["alpha"] == start]
        found, total = (sum(row[name] for row in group) for name in ("solved", "seeds"))
        ends = [row["alpha_end"] for row in group]
        parts.append(
            f"by {found} of {total} learners with an automatic one from {start:g}, which ends at "
            f"{min(ends):.2g} to {max(ends):.2g}"
        )
    where = f"by most seeds at fixed alpha {', '.join(solved)}" if solved else "at no fixed alpha"
    return f"solved {where}; {'; '.join(parts)}."
