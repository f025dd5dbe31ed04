"""The analysis: from the arrays to tables and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.asynchronous import scaling
from experiments.asynchronous.sweep import LABELS, Costs, Method, Sweep
from experiments.frame import Arrays, Findings, Result, Row
from maxent_tf import statistics

# The numbers of workers for which the table predicts the speed.
WORKERS = (1, 4, 64, 1024)


def rows(sweep: Sweep | Costs, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each learning rate and temperature, or one of costs."""
    return _costs(sweep, arrays) if isinstance(sweep, Costs) else _learners(sweep, arrays)


def _learners(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each learning rate and temperature.

    A learner is stuck if it ends in the best goal with a probability of at most a half.
    """
    # The first record includes the start of the workers, one after the other.
    known = arrays["staleness"][1:] if len(arrays["staleness"]) > 1 else arrays["staleness"]
    for i, rate in enumerate(sweep.learning_rates):
        for j, alpha in enumerate(sweep.alphas):
            best, trap = arrays["best"][i, j], arrays["trap"][i, j]
            count = int((best <= 0.5).sum())
            share = best / np.maximum(best + trap, np.finfo(float).tiny)
            yield {
                "method": sweep.method,
                "workers": sweep.workers,
                "learning_rate": rate,
                "alpha": alpha,
                "seeds": sweep.seeds,
                "steps": int(arrays["steps"][-1]),
                "updates": int(arrays["updates"]),
                "stuck": count,
                "stuck_fraction": count / sweep.seeds,
                "stuck_interval": list(statistics.wilson_interval(count, sweep.seeds)),
                "return": float(arrays["value"][i, j].mean()),
                "best_share": float(share.mean()),
                "entropy": float(arrays["entropy"][i, j].mean()),
                "staleness": float(known.mean()),
                "largest_staleness": float(arrays["largest_staleness"].max()),
                "seconds": float(arrays["seconds"][-1]),
            }


def _costs(sweep: Costs, arrays: Arrays) -> Iterator[Row]:
    """Yields a row of costs.

    An update keeps the server busy for at least the seconds of `server`, and at most for those of
    all messages, too.
    """
    worker, server = (float(np.median(arrays[name])) for name in ("worker", "server"))
    message = max(float(arrays["cycle"]) - worker - server, 0.0)
    size = float(arrays["bytes"])
    bounds = [(worker, server + message), (worker + message, server)]
    rates = {str(n): [float(scaling.rate(np.array(n), *b)) for b in bounds] for n in WORKERS}
    yield {
        "learner": sweep.learner,
        "rollout_length": sweep.rollout_length,
        "worker_seconds": worker,
        "server_seconds": server,
        "message_seconds": message,
        "bytes": size,
        "saturation": [scaling.saturation(*b) for b in bounds],
        "updates_per_second": rates,
        "megabytes_per_second": {n: [size * r / 1e6 for r in pair] for n, pair in rates.items()},
    }


def equal_time(results: list[Result]) -> list[Row]:
    """Returns how far A3C is when A2C with as many environments has taken all its steps."""
    by_kind = {(r.sweep.method, r.sweep.workers): r for r in results if isinstance(r.sweep, Sweep)}
    found = []
    for (method, workers), result in by_kind.items():
        other = by_kind.get(("a2c", workers))
        if method == "a2c" or other is None:
            continue
        seconds = float(other.arrays["seconds"][-1])
        reached = np.interp(seconds, result.arrays["seconds"], result.arrays["steps"])
        found.append(
            {
                "workers": workers,
                "seconds": seconds,
                "steps": int(other.arrays["steps"][-1]),
                "a3c_seconds": float(result.arrays["seconds"][-1]),
                "a3c_steps": float(reached),
            }
        )
    return found


def table(found: list[Row]) -> str:
    """Returns the rows of learners as a table for people."""
    return tables.table(
        found,
        {
            "method": lambda row: LABELS[row["method"]],
            "workers": "{workers}",
            "learning rate": "{learning_rate:g}",
            "alpha": "{alpha:g}",
            "stuck": "{stuck} of {seeds}",
            "95% interval": "[{stuck_interval[0]:.2f}, {stuck_interval[1]:.2f}]",
            "return": "{return:.3f}",
            "share of the best goal": "{best_share:.2f}",
            "entropy": "{entropy:.2f}",
            "updates": "{updates:,}",
            "staleness, mean and largest": "{staleness:.2f}, {largest_staleness:.0f}",
            "seconds": "{seconds:.1f}",
        },
    )


def costs_table(found: list[Row]) -> str:
    """Returns the rows of costs as a table for people."""
    return tables.table(
        found,
        {
            "learner": "{learner}",
            "worker, ms": lambda row: f"{1e3 * row['worker_seconds']:.2f}",
            "server, ms": lambda row: f"{1e3 * row['server_seconds']:.2f}",
            "messages, ms": lambda row: f"{1e3 * row['message_seconds']:.2f}",
            "kilobytes": lambda row: f"{row['bytes'] / 1e3:,.0f}",
            "saturated from": "{saturation[0]:.1f} to {saturation[1]:.1f} workers",
            **{
                f"updates a second, {_count(n, 'worker')}": _between("updates_per_second", str(n))
                for n in WORKERS
            },
            f"megabytes a second, {WORKERS[-1]:,} workers": _between(
                "megabytes_per_second", str(WORKERS[-1])
            ),
        },
    )


def _between(name: str, key: str) -> tables.Cell:
    return lambda row: " to ".join(f"{value:,.0f}" for value in row[name][key])


def verdict(learners: list[Row], costs: list[Row], times: list[Row]) -> str:
    """Returns how entropy and staleness change what learners settle on, and what limits A3C."""
    lines = []
    for (rate, alpha), mine in tables.by(learners, "learning_rate", "alpha").items():
        parts = [_stuck(method, rows) for method, rows in tables.by(mine, "method").items()]
        lines.append(
            f"At learning rate {rate:g} and alpha {alpha:g}, of {mine[0]['seeds']} learners "
            f"settle on the near goal: {'; '.join(parts)}."
        )
    for row in {r["workers"]: r for r in learners if r["method"] == "a3c"}.values():
        lines.append(
            f"With {_count(row['workers'], 'worker')}, the mean staleness is "
            f"{row['staleness']:.2f} updates, and the largest {row['largest_staleness']:.0f}."
        )
    for row in times:
        lines.append(
            f"When A2C with {_count(row['workers'], 'environment')} has taken "
            f"{row['steps']:,} steps, after {row['seconds']:.1f} s, A3C with as many workers has "
            f"taken {row['a3c_steps']:,.0f}; it needs {row['a3c_seconds']:.0f} s for all."
        )
    for row in costs:
        low, high = row["saturation"]
        lines.append(
            f"For the learner {row['learner']!r}, the server is saturated from {low:.1f} to "
            f"{high:.1f} workers on."
        )
    return "\n".join(lines)


def _stuck(method: Method, mine: list[Row]) -> str:
    """Returns "1, 5 and 9 of A2C with 1, 2 and 4 environments"."""
    what = "worker" if method == "a3c" else "environment"
    numbers = _listed([str(row["workers"]) for row in mine])
    plural = "" if numbers == "1" else "s"
    stuck = _listed([str(row["stuck"]) for row in mine])
    return f"{stuck} of {LABELS[method]} with {numbers} {what}{plural}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all sweeps."""
    learners = [row for r in results if isinstance(r.sweep, Sweep) for row in r.rows]
    costs = [row for r in results if isinstance(r.sweep, Costs) for row in r.rows]
    times = equal_time(results)
    return Findings(
        verdict(learners, costs, times),
        f"{table(learners)}\n\n{costs_table(costs)}",
        {"learners": learners, "costs": costs, "equal_time": times},
    )
