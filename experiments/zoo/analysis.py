"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Row
from experiments.zoo.published import PUBLISHED, Published
from experiments.zoo.sweep import Sweep
from maxent_tf import statistics

_EXACT = "exact optimum"


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields the row of a preset.

    Its reference is the published return, or else the exact optimum. It is "below" if its
    interquartile mean is less than the reference by more than the spread of the reference. The
    spread of an optimum is 0, but a mean of episodes may be below it by chance: what counts for it
    is 1.96 standard errors of the mean over all episodes.
    """
    returns = arrays["returns"].mean(axis=-1)
    iqm = statistics.interquartile_mean(returns)
    reference = _reference(sweep, arrays)
    row: Row = {
        "algo": sweep.algo,
        "env": sweep.environment,
        "in_graph": bool(sweep.in_graph),
        "steps": int(arrays["steps"][-1]),
        "seeds": sweep.seeds,
        "episodes": sweep.episodes,
        "returns": returns.tolist(),
        "iqm": iqm,
        "iqm_interval": list(statistics.bootstrap_interval(returns)),
        "wall_time_seconds": float(arrays["wall_time"]),
        "cpu_time_seconds": float(arrays["cpu_time"]),
    }
    if reference is not None:
        row |= {
            "reference": reference.mean,
            "reference_spread": reference.spread,
            "reference_steps": reference.steps,
            "source": reference.source,
            "source_name": reference.name,
            "below": bool(reference.mean - iqm > reference.spread),
        }
    yield row


def _reference(sweep: Sweep, arrays: Arrays) -> Published | None:
    published = PUBLISHED.get((sweep.algo, sweep.environment))
    optimum = float(arrays["optimum"])
    if published is not None or np.isnan(optimum):
        return published
    episodes = arrays["returns"]
    error = np.sqrt(episodes.var(axis=-1).mean() / episodes.size)
    return Published(optimum, 1.96 * float(error), 0, _EXACT)


def table(rows: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        rows,
        {
            "environment": "{env}",
            "learner": "{algo}",
            "steps": "{steps:,}",
            "learners": "{seeds}",
            "return, IQM [95% interval]": lambda row: return_cell(row["iqm"], row["iqm_interval"]),
            "published": _published,
            "after steps": _published_steps,
            "source": _source,
            "below by more than the spread": _below,
            "minutes (CPU)": _minutes,
        },
    )


def return_cell(iqm: float, interval: tuple[float, float] | list[float]) -> str:
    """Returns an interquartile mean and its interval as text."""
    form = ".3f" if abs(iqm) < 10 else ".1f"
    return f"{iqm:{form}} [{interval[0]:{form}}, {interval[1]:{form}}]"


def _published(row: Row) -> str:
    if "reference" not in row:
        return "none"
    form = ".3f" if abs(row["reference"]) < 10 else ".1f"
    text = f"{row['reference']:{form}}"
    return text if row["source"] == _EXACT else f"{text} ± {row['reference_spread']:{form}}"


def _published_steps(row: Row) -> str:
    return f"{row['reference_steps']:,}" if row.get("reference_steps") else ""


def _source(row: Row) -> str:
    name = row.get("source_name")
    return row.get("source", "") + (f", {name}" if name else "")


def _below(row: Row) -> str:
    return {True: "yes", False: "no", None: ""}[row.get("below")]


def _minutes(row: Row) -> str:
    return f"{row['wall_time_seconds'] / 60:.1f} ({row['cpu_time_seconds'] / 60:.1f})"


def verdict(rows: list[Row]) -> str:
    """Returns how many presets reach their reference, and names the others."""
    known = [row for row in rows if "below" in row]
    below = [f"{row['algo']} on {row['env']}" for row in known if row["below"]]
    lines = [
        f"{len(known) - len(below)} of {len(known)} presets reach the published return, or the "
        "exact optimum, up to its spread."
    ]
    if below:
        lines.append(f"Below it by more than its spread: {', '.join(below)}.")
    others = [f"{row['algo']} on {row['env']}" for row in rows if "below" not in row]
    if others:
        lines.append(f"Without a published return: {', '.join(others)}.")
    return "\n".join(lines)
