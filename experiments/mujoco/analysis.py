"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments import statistics
from experiments.mujoco.runs import Arrays
from experiments.mujoco.sweep import OURS, PEER, Run

Row = dict[str, Any]

MEASURES = {"final": "final return", "average": "return over all evaluations"}


def rows(runs: Sequence[Run], results: Sequence[Arrays]) -> list[Row]:
    """Returns a row for each run: what it returned and what it took.

    A return is the mean over the episodes of an evaluation; "average" is its mean over evaluations,
    which rewards learning early.
    """
    found = []
    for run, arrays in zip(runs, results, strict=True):
        returns = arrays["returns"].mean(axis=-1)
        wall, cpu = arrays["wall_time"].sum(), arrays["cpu_time"].sum()
        found.append(
            {
                "implementation": run.implementation,
                "env": run.env,
                "steps": run.steps,
                "seed": run.seed,
                "final": float(returns[-1]),
                "average": float(returns.mean()),
                "wall_time_seconds": float(wall),
                "cpu_time_seconds": float(cpu),
                "versions": arrays["versions"].tolist(),
            }
        )
    return found


def summaries(found: list[Row]) -> list[Row]:
    """Returns a row for each implementation: mean, interquartile mean and interval over seeds."""
    lines = []
    for implementation in dict.fromkeys(row["implementation"] for row in found):
        row: Row = {"implementation": implementation, "seeds": 0}
        for measure in MEASURES:
            values = _values(found, implementation, measure)
            row["seeds"] = values.size
            row[f"{measure}_mean"] = float(values.mean())
            row[f"{measure}_iqm"] = statistics.interquartile_mean(values)
            row[f"{measure}_iqm_interval"] = list(statistics.bootstrap_interval(values))
        for measure in ("wall_time_seconds", "cpu_time_seconds"):
            row[measure] = float(_values(found, implementation, measure).mean())
        lines.append(row)
    return lines


def table(found: list[Row]) -> str:
    """Returns the rows, and the summary of each implementation, as a Markdown table."""
    lines = [
        "| implementation | seed | final return | return over all evaluations | wall time, min "
        "| CPU/wall |",
        "|---|---|---|---|---|---|",
    ]
    for summary in summaries(found):
        implementation = summary["implementation"]
        for row in found:
            if row["implementation"] == implementation:
                returns = [f"{row[measure]:.0f}" for measure in MEASURES]
                lines.append(_line(implementation, str(row["seed"]), returns, row))
        returns = []
        for measure in MEASURES:
            low, high = summary[f"{measure}_iqm_interval"]
            iqm = f"IQM {summary[f'{measure}_iqm']:.0f} [{low:.0f}, {high:.0f}]"
            returns.append(f"{summary[f'{measure}_mean']:.0f}, {iqm}")
        lines.append(_line(implementation, "mean", returns, summary))
    return "\n".join(lines)


def verdict(found: list[Row]) -> str:
    """Returns whether ours is worse than the peer, by Welch's 95% interval of the difference.

    "Worse" where the interval lies below 0, "better" where it lies above. Else "no worse", with the
    deficit that the interval leaves possible: with few seeds it is wide.
    """
    env, steps = found[0]["env"], found[0]["steps"]
    if {row["implementation"] for row in found} != {OURS, PEER}:
        only = found[0]["implementation"]
        return f"{env} after {steps:,} steps: {only} alone was run; --peers names the other."
    lines = []
    for measure, name in MEASURES.items():
        ours, peer = (_values(found, who, measure) for who in (OURS, PEER))
        difference, low, high = statistics.mean_difference(ours, peer)
        word = "better" if low > 0 else "worse" if high < 0 else "no worse"
        left = f"; a deficit of up to {-low:.0f} is not excluded" if word == "no worse" else ""
        lines.append(
            f"{env} after {steps:,} steps, {name}: ours {ours.mean():.0f}, {PEER} "
            f"{peer.mean():.0f}; ours is {word}: the difference is {difference:+.0f} "
            f"[{low:+.0f}, {high:+.0f}] (Welch's 95% interval, {ours.size} and {peer.size} "
            f"seeds){left}."
        )
    wall, cpu = (
        _values(found, OURS, measure).mean() / _values(found, PEER, measure).mean()
        for measure in ("wall_time_seconds", "cpu_time_seconds")
    )
    lines.append(
        f"Training took ours {wall:.2f} times the peer's wall time, {cpu:.2f} times its CPU time."
    )
    return "\n".join(lines)


def _values(found: list[Row], implementation: str, measure: str) -> np.ndarray:
    """[seeds]."""
    return np.array([row[measure] for row in found if row["implementation"] == implementation])


def _line(implementation: str, seed: str, returns: list[str], row: Row) -> str:
    wall, cpu = row["wall_time_seconds"], row["cpu_time_seconds"]
    cells = (implementation, seed, *returns, f"{wall / 60:.1f}", f"{cpu / wall:.2f}")
    return f"| {' | '.join(cells)} |"
