"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Row
from experiments.premature_convergence.sweep import (
    AutomaticTrapSweep,
    GymnasiumSweep,
    NeuralSweep,
    Sweep,
    TabularSweep,
    TrapSweep,
)
from maxent_tf import statistics


def _row(
    sweep: Sweep, arrays: Arrays, at: Any, stuck: np.ndarray, alpha: float | str, schedule: str
) -> Row:
    """Returns the statistics of the learners at an index, of which [seeds], bool, are stuck."""
    returns, count, seeds = arrays["value"][at], int(stuck.sum()), len(stuck)
    return {
        "part": sweep.part,
        "control": sweep.control,
        "algorithm": sweep.algorithm,
        "alpha": alpha,
        "schedule": schedule,
        "seeds": seeds,
        "steps": sweep.steps,
        "stuck_fraction": count / seeds,
        "stuck_interval": list(statistics.wilson_interval(count, seeds)),
        "return_mean": float(returns.mean()),
        "return_standard_error": float(returns.std(ddof=1) / np.sqrt(seeds)) if seeds > 1 else None,
        "return_iqm": statistics.interquartile_mean(returns),
        "return_iqm_interval": list(statistics.bootstrap_interval(returns)),
        "policy_entropy": float(arrays["entropy"][at].mean()),
    }


def _goal_row(sweep: Sweep, arrays: Arrays, at: Any, alpha: float | str, schedule: str) -> Row:
    """Returns a row that says, too, where the learners end up.

    A learner is stuck if P(best) is at most a half.
    """
    best, trap = arrays["best"][at], arrays["trap"][at]
    share = best / np.maximum(best + trap, np.finfo(float).tiny)
    return {
        **_row(sweep, arrays, at, best <= 0.5, alpha, schedule),
        "p_best": float(best.mean()),
        "p_trap": float(trap.mean()),
        "best_share": float(share.mean()),
    }


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields the rows of a sweep."""
    if isinstance(sweep, AutomaticTrapSweep):
        return automatic_rows(sweep, arrays)
    if isinstance(sweep, GymnasiumSweep):
        return gymnasium_rows(sweep, arrays)
    return scheduled_rows(sweep, arrays)


def scheduled_rows(sweep: TabularSweep | NeuralSweep | TrapSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each schedule and temperature."""
    for i, schedule in enumerate(sweep.schedules):
        for j, alpha in enumerate(sweep.alphas):
            yield _goal_row(sweep, arrays, (i, j), alpha, schedule)


def automatic_rows(sweep: AutomaticTrapSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each start of the automatic temperature."""
    for i, (initial_alpha, target) in enumerate(sweep.starts):
        schedule = f"target {target:g} from {initial_alpha:g}"
        yield {
            **_goal_row(sweep, arrays, i, "auto", schedule),
            "initial_alpha": initial_alpha,
            "target_entropy": target,
            "final_alpha": float(arrays["alpha"][i].mean()),
        }


def gymnasium_rows(sweep: GymnasiumSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature.

    A learner is stuck if its final mean return is below `solved_at`.
    """
    for i, alpha in enumerate(sweep.alphas or ("auto",)):
        stuck = arrays["value"][i] < sweep.solved_at
        schedule = "automatic" if alpha == "auto" else "constant"
        yield {
            **_row(sweep, arrays, i, stuck, alpha, schedule),
            "world": sweep.world,
            "solved_at": sweep.solved_at,
            "final_alpha": float(arrays["alpha"][i].mean()),
        }


def table(rows: list[Row]) -> str:
    """Returns the rows as a table for people."""

    def where(row: Row) -> str:
        place = row.get("world") or row["part"]
        return f"{place}: {row['control']}" if row["control"] else place

    return tables.table(
        rows,
        {
            "part": where,
            "algorithm": "{algorithm}",
            "alpha": "{alpha}",
            "schedule": "{schedule}",
            "seeds": "{seeds}",
            "stuck [95% interval]": tables.interval("stuck_fraction", ".2f", "stuck_interval"),
            "return": "{return_mean:.3f}",
            "IQM": "{return_iqm:.3f}",
            "P(best)": tables.where_known("{p_best:.3f}", "p_best"),
            "share": tables.where_known("{best_share:.3f}", "best_share"),
            "entropy": "{policy_entropy:.2f}",
        },
    )


def title(row: Row) -> str:
    """Returns the name of the learners of a row, for people."""
    world = row.get("world") or {"grid": "the grid", "trap": "the trap"}[row["part"]]
    kind = {"a2c_tabular": "tabular actor-critics", "a2c": "A2C", "sac": "SAC"}[row["algorithm"]]
    automatic = " with an automatic alpha" if row["alpha"] == "auto" else ""
    control = f" ({row['control']})" if row["control"] else ""
    return f"{kind} on {world}{automatic}{control}"


def verdict(rows: list[Row]) -> str:
    """Returns what the data say: a sentence for all studies, then one for each."""
    studies = tables.by([{**row, "title": title(row)} for row in rows], "title")
    sentences, without, best = [], [], []
    for name, study in studies.items():
        least = min(study, key=lambda row: (row["stuck_fraction"], -row["return_iqm"]))
        parts = [f"{least['stuck_fraction']:.0%} are stuck at best, {_setting(least)}"]
        none = [row for row in study if row["alpha"] == 0]
        if none:
            parts.insert(0, f"{none[0]['stuck_fraction']:.0%} are stuck without entropy")
            if study[0]["part"] != "gymnasium" and not study[0]["control"]:
                without.append(none[0]["stuck_fraction"])
                best.append(least["stuck_fraction"])
        most = max(study, key=lambda row: row["stuck_fraction"])
        if not none and most["stuck_fraction"] > least["stuck_fraction"]:
            parts.append(f"{most['stuck_fraction']:.0%} at worst, {_setting(most)}")
        sentences.append(f"Of {name}, {', and '.join(parts)}.")
    if without:
        sentences.insert(
            0,
            f"Without entropy, {_span(without)} of the learners settle on what pays less; "
            f"at the best temperature, {_span(best)} do.",
        )
    return "\n".join(sentences)


def _setting(row: Row) -> str:
    if "target_entropy" in row:
        return f"from alpha {row['initial_alpha']:g} to a target of {row['target_entropy']:g} nats"
    if row["alpha"] == "auto":
        return "with the usual target"
    return f"with {row['schedule']} alpha {row['alpha']:g}"


def _span(shares: list[float]) -> str:
    low, high = (f"{share:.0%}" for share in (min(shares), max(shares)))
    return low if low == high else f"{low} to {high}"
