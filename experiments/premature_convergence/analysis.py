"""From stored arrays to rows of the summary, and to the printed table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import statistics
from experiments.premature_convergence.runs import Arrays
from experiments.premature_convergence.sweep import (
    AutomaticTrapSweep,
    GymnasiumSweep,
    NeuralSweep,
    TabularSweep,
    TrapSweep,
)

Row = dict[str, Any]


def _row(
    stuck: np.ndarray, returns: np.ndarray, entropy: np.ndarray, steps: int, **labels: Any
) -> Row:
    """Returns the statistics of one group of learners, each array [seeds], under its labels."""
    count, seeds = int(stuck.sum()), len(stuck)
    return {
        **labels,
        "seeds": seeds,
        "steps": steps,
        "stuck_fraction": count / seeds,
        "stuck_interval": list(statistics.wilson_interval(count, seeds)),
        "return_mean": float(returns.mean()),
        "return_standard_error": float(returns.std(ddof=1) / np.sqrt(seeds)) if seeds > 1 else None,
        "return_iqm": statistics.interquartile_mean(returns),
        "return_iqm_interval": list(statistics.bootstrap_interval(returns)),
        "policy_entropy": float(entropy.mean()),
    }


def _goals(best: np.ndarray, trap: np.ndarray) -> dict[str, float]:
    """Returns where the learners of one group end up: [seeds] each."""
    share = best / np.maximum(best + trap, np.finfo(float).tiny)
    return {
        "p_best": float(best.mean()),
        "p_trap": float(trap.mean()),
        "best_share": float(share.mean()),
    }


def scheduled_rows(
    part: str,
    algorithm: str,
    control: str,
    sweep: TabularSweep | NeuralSweep | TrapSweep,
    arrays: Arrays,
) -> Iterator[Row]:
    """Yields a row for each schedule and temperature; stuck is P(best) of at most a half."""
    for i, schedule in enumerate(sweep.schedules):
        for j, alpha in enumerate(sweep.alphas):
            best = arrays["best"][i, j]
            yield {
                **_row(
                    best <= 0.5,
                    arrays["value"][i, j],
                    arrays["entropy"][i, j],
                    sweep.steps,
                    part=part,
                    control=control,
                    algorithm=algorithm,
                    alpha=alpha,
                    schedule=schedule,
                ),
                **_goals(best, arrays["trap"][i, j]),
            }


def automatic_rows(control: str, sweep: AutomaticTrapSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each start of the automatic temperature."""
    for i, (initial_alpha, target) in enumerate(sweep.starts):
        best = arrays["best"][i]
        yield {
            **_row(
                best <= 0.5,
                arrays["value"][i],
                arrays["entropy"][i],
                sweep.steps,
                part="trap",
                control=control,
                algorithm="sac",
                alpha="auto",
                schedule=f"target {target:g} from {initial_alpha:g}",
            ),
            **_goals(best, arrays["trap"][i]),
            "initial_alpha": initial_alpha,
            "target_entropy": target,
            "final_alpha": float(arrays["alpha"][i].mean()),
        }


def gymnasium_rows(sweep: GymnasiumSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature; stuck is a final mean return below `solved_at`."""
    for i, alpha in enumerate(sweep.alphas or ("auto",)):
        returns = arrays["value"][i]
        yield {
            **_row(
                returns < sweep.solved_at,
                returns,
                arrays["entropy"][i],
                sweep.steps,
                part="gymnasium",
                control="",
                algorithm=sweep.algorithm,
                alpha=alpha,
                schedule="automatic" if alpha == "auto" else "constant",
            ),
            "world": sweep.world,
            "solved_at": sweep.solved_at,
            "final_alpha": float(arrays["alpha"][i].mean()),
        }


def table(rows: list[Row]) -> str:
    """Returns the rows as an aligned table for people."""
    header = ("part", "algorithm", "alpha", "schedule", "seeds", "stuck", "95% interval")
    header += ("return", "IQM", "P(best)", "share", "entropy")
    lines = [header]
    for row in rows:
        low, high = row["stuck_interval"]
        where = row.get("world") or row["part"]
        lines.append(
            (
                f"{where}: {row['control']}" if row["control"] else where,
                row["algorithm"],
                str(row["alpha"]),
                row["schedule"],
                str(row["seeds"]),
                f"{row['stuck_fraction']:.2f}",
                f"[{low:.2f}, {high:.2f}]",
                f"{row['return_mean']:.3f}",
                f"{row['return_iqm']:.3f}",
                f"{row['p_best']:.3f}" if "p_best" in row else "",
                f"{row['best_share']:.3f}" if "best_share" in row else "",
                f"{row['policy_entropy']:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
