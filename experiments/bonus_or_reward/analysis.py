"""From the arrays to rows, a table and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments import statistics
from experiments.bonus_or_reward.sweep import OBJECTIVES, STARTS, LearnerSweep

Row = dict[str, Any]
Arrays = Mapping[str, np.ndarray]

# Learners follow the exact policies where their return is this near, and P(best) as well.
NEAR = 0.05


def world_row(world: str, path: Arrays) -> Row:
    """Returns what the exact paths of one world say, in plain numbers."""
    row: Row = {"world": world}
    for name in ("optimum", "threshold", "estimate", "starts_apart"):
        row[name] = float(path[name])
    for i, objective in enumerate(OBJECTIVES):
        row[f"{objective}_bears"] = _bears(path["alpha"], path["best"][i])
    return row


def _bears(alphas: np.ndarray, best: np.ndarray) -> float | None:
    """Returns the highest temperature up to which P(best) stays at least a half, or None."""
    lost = np.flatnonzero(best < 0.5)
    if len(lost) == 0:
        return float(alphas[-1])
    return float(alphas[lost[0] - 1]) if lost[0] else None


def learner_rows(sweep: LearnerSweep, arrays: Arrays) -> list[Row]:
    """Returns a row for each start and temperature: the learners beside the exact policy."""
    found = []
    for i, start in enumerate(STARTS):
        for j, alpha in enumerate(sweep.alphas):
            row: Row = {
                "world": sweep.world,
                "objective": sweep.objective,
                "start": start,
                "alpha": alpha,
                "seeds": sweep.seeds,
                "steps": sweep.steps,
            }
            for name in ("best", "value"):
                scores = arrays[name][i, j]
                row[f"exact_{name}"] = float(arrays[f"exact_{name}"][j])
                row[name] = statistics.interquartile_mean(scores)
                row[f"{name}_interval"] = list(statistics.bootstrap_interval(scores))
            row["follows"] = all(
                abs(row[name] - row[f"exact_{name}"]) <= NEAR for name in ("best", "value")
            )
            found.append(row)
    return found


def table(found: list[Row]) -> str:
    """Returns P(best goal) and return, as a Markdown table with a line for each temperature."""
    lines = [
        "| world, objective | alpha | exact: P(best), return | fresh learners | learners from the "
        "exact policy |",
        "|---|---|---|---|---|",
    ]
    by_key = {(r["world"], r["objective"], r["start"], r["alpha"]): r for r in found}
    for (world, objective, start, alpha), row in by_key.items():
        if start != STARTS[0]:
            continue
        other = by_key[world, objective, STARTS[1], alpha]
        pairs = [(row["exact_best"], row["exact_value"])]
        pairs += [(r["best"], r["value"]) for r in (row, other)]
        cells = [f"{world}, {objective}", f"{alpha:g}", *(f"{b:.3f}, {v:.3f}" for b, v in pairs)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(worlds: list[Row], found: list[Row]) -> str:
    """Returns which objective does what, and who follows, in sentences made from the rows."""
    lines = []
    for row in worlds:
        lines.append(
            f"{row['world']}, exactly: entropy as a reward gives up the goals at alpha = "
            f"{row['threshold']:.5f} (predicted {row['estimate']:.5f}); P(best) stays at least a "
            f"half up to {_up_to(row['reward_bears'])} under the reward, up to "
            f"{_up_to(row['bonus_bears'])} under the bonus."
        )
        for objective in OBJECTIVES:
            mine = [r for r in found if (r["world"], r["objective"]) == (row["world"], objective)]
            fresh, exact = ([r for r in mine if r["start"] == start] for start in STARTS)
            surest = max(fresh, key=lambda r: r["best"])
            lines.append(
                f"{row['world']}, learners with the {objective}: near the exact policy at "
                f"{_count(fresh)} temperatures from a fresh start, at {_count(exact)} if they "
                f"begin there; from a fresh start P(best) is at most {surest['best']:.3f}, at "
                f"alpha = {surest['alpha']:g}."
            )
    return "\n".join(lines)


def _up_to(alpha: float | None) -> str:
    return "nowhere" if alpha is None else f"{alpha:.3g}"


def _count(rows: list[Row]) -> str:
    return f"{sum(r['follows'] for r in rows)} of {len(rows)}"
