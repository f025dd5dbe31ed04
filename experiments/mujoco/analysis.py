"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Findings, Result, Row
from experiments.mujoco.sweep import OURS, PEER, Run
from maxent_tf import statistics

MEASURES = {"final": "final return", "average": "return over all evaluations"}


def rows(run: Run, arrays: Arrays) -> list[Row]:
    """Returns the row of a run: its returns and the time that it took.

    A return is the mean over the episodes of an evaluation. "average" is the mean of the returns
    over evaluations, which rewards learning early.
    """
    returns = arrays["returns"].mean(axis=-1)
    return [
        {
            "implementation": run.implementation,
            "env": run.env,
            "steps": run.steps,
            "seed": run.seed,
            "final": float(returns[-1]),
            "average": float(returns.mean()),
            "wall_time_seconds": float(arrays["wall_time"].sum()),
            "cpu_time_seconds": float(arrays["cpu_time"].sum()),
            "versions": arrays["versions"].tolist(),
        }
    ]


def summaries(found: list[Row]) -> list[Row]:
    """Returns a row for each implementation: mean, interquartile mean and interval over seeds."""
    lines = []
    for implementation, mine in tables.by(found, "implementation").items():
        row: Row = {"implementation": implementation, "seeds": len(mine)}
        for measure in MEASURES:
            values = _values(mine, measure)
            row[f"{measure}_mean"] = float(values.mean())
            row[f"{measure}_iqm"] = statistics.interquartile_mean(values)
            row[f"{measure}_iqm_interval"] = list(statistics.bootstrap_interval(values))
        for measure in ("wall_time_seconds", "cpu_time_seconds"):
            row[measure] = float(_values(mine, measure).mean())
        lines.append(row)
    return lines


def table(found: list[Row]) -> str:
    """Returns the rows, and the summary of each implementation, as a table."""
    groups = tables.by(found, "implementation").values()
    lines: list[Row] = []
    for group, summary in zip(groups, summaries(found), strict=True):
        lines += [*group, {**summary, "seed": "mean"}]

    def returned(measure: str) -> Callable[[Row], str]:
        mean = f"{{{measure}_mean:.0f}}, IQM " + tables.interval(f"{measure}_iqm", ".0f")
        single = f"{{{measure}:.0f}}"
        return lambda row: (mean if row["seed"] == "mean" else single).format(**row)

    return tables.table(
        lines,
        {
            "implementation": "{implementation}",
            "seed": "{seed}",
            **{name: returned(measure) for measure, name in MEASURES.items()},
            "wall time, min": lambda row: f"{row['wall_time_seconds'] / 60:.1f}",
            "CPU/wall": lambda row: f"{row['cpu_time_seconds'] / row['wall_time_seconds']:.2f}",
        },
    )


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    rows = [row for result in results for row in result.rows]
    return Findings(verdict(rows), table(rows), more={"summaries": summaries(rows)})


def verdict(found: list[Row]) -> str:
    """Returns whether ours is worse than the peer, by Welch's 95% interval of the difference.

    Ours is "worse" where the interval lies below 0, and "better" where the interval lies above 0.
    Else ours is "no worse", with the deficit that the interval leaves possible: with few seeds the
    interval is wide.
    """
    env, steps = found[0]["env"], found[0]["steps"]
    groups = tables.by(found, "implementation")
    if set(groups) != {OURS, PEER}:
        only = found[0]["implementation"]
        mean = _values(groups[only], "final").mean()
        return (
            f"After {steps:,} steps on {env}, {only} returned {mean:.0f}; it was run alone, and "
            "--peers names the other implementation."
        )
    lines = []
    for measure, name in MEASURES.items():
        ours, peer = (_values(groups[who], measure) for who in (OURS, PEER))
        difference, low, high = student.mean_difference(ours, peer)
        word = "better" if low > 0 else "worse" if high < 0 else "no worse"
        line = (
            f"After {steps:,} steps on {env}, the {name} of ours is {word} than that of {PEER}: "
            f"{ours.mean():.0f} and {peer.mean():.0f}, a difference of {difference:+.0f} "
            f"[{low:+.0f}, {high:+.0f}] (Welch's 95% interval, {ours.size} and {peer.size} seeds)."
        )
        if word == "no worse":
            line += f" A deficit of up to {-low:.0f} is not excluded."
        lines.append(line)
    wall, cpu = (
        _values(groups[OURS], measure).mean() / _values(groups[PEER], measure).mean()
        for measure in ("wall_time_seconds", "cpu_time_seconds")
    )
    lines.append(
        f"Training ours took {wall:.2f} times the peer's wall time and {cpu:.2f} times its CPU "
        "time."
    )
    return "\n".join(lines)


def _values(found: list[Row], measure: str) -> np.ndarray:
    """Returns a measure of some runs, [runs]."""
    return np.array([row[measure] for row in found])
