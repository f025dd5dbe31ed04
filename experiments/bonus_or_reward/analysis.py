"""The analysis: from the arrays to rows, a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from experiments import tables
from experiments.bonus_or_reward.sweep import OBJECTIVES, STARTS, LearnerSweep, PathSweep
from experiments.frame import Arrays, Findings, Result, Row
from maxent_tf import statistics

# The differences of return and of P(best) up to which learners count as following the exact
# policies.
NEAR = 0.05


def rows(sweep: PathSweep | LearnerSweep, arrays: Arrays) -> Iterable[Row]:
    """Returns the row of a path, or the rows of learners."""
    if isinstance(sweep, PathSweep):
        return [world_row(sweep.world, arrays)]
    return learner_rows(sweep, arrays)


def world_row(world: str, path: Arrays) -> Row:
    """Returns what the exact paths of one environment say, in plain numbers."""
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


def learner_rows(sweep: LearnerSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each start and temperature: the learners beside the exact policy."""
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
            yield row


def table(found: list[Row]) -> str:
    """Returns P(best goal) and return as a table with a line for each temperature."""
    fresh, exact = tables.by(found, "start").values()
    lines = [
        {**row, "other_best": other["best"], "other_value": other["value"]}
        for row, other in zip(fresh, exact, strict=True)
    ]
    return tables.table(
        lines,
        {
            "env, objective": "{world}, {objective}",
            "alpha": "{alpha:g}",
            "exact: P(best), return": "{exact_best:.3f}, {exact_value:.3f}",
            "fresh learners": "{best:.3f}, {value:.3f}",
            "learners from the exact policy": "{other_best:.3f}, {other_value:.3f}",
        },
    )


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    worlds, rows = [], []
    for result in results:
        (worlds if isinstance(result.sweep, PathSweep) else rows).extend(result.rows)
    return Findings(verdict(worlds, rows), table(rows), rows, {"worlds": worlds})


def verdict(worlds: list[Row], found: list[Row]) -> str:
    """Returns which objective does what, and which learners follow, in sentences from the rows."""
    wider = sum((row["bonus_bears"] or 0.0) > (row["reward_bears"] or 0.0) for row in worlds)
    lines = [
        f"The bonus still prefers the best goal at temperatures at which the reward has given it up"
        f", in {wider} of {len(worlds)} environments."
    ]
    groups = tables.by(found, "world", "objective")
    for row in worlds:
        lines.append(
            f"On {row['world']}, exactly, entropy as a reward gives up the goals at alpha "
            f"{row['threshold']:.5f} (predicted {row['estimate']:.5f}). P(best) stays at least a "
            f"half {_up_to(row['reward_bears'])} under the reward and "
            f"{_up_to(row['bonus_bears'])} under the bonus."
        )
        for objective in OBJECTIVES:
            fresh, exact = tables.by(groups[row["world"], objective], "start").values()
            surest = max(fresh, key=lambda r: r["best"])
            lines.append(
                f"On {row['world']}, learners with the {objective} end near the exact policy at "
                f"{_count(fresh)} temperatures from a fresh start and at {_count(exact)} if they "
                f"begin there. From a fresh start P(best) is at most {surest['best']:.3f}, at "
                f"alpha {surest['alpha']:g}."
            )
    return "\n".join(lines)


def _up_to(alpha: float | None) -> str:
    return "at no alpha" if alpha is None else f"up to alpha {alpha:.3g}"


def _count(rows: list[Row]) -> str:
    return f"{sum(r['follows'] for r in rows)} of {len(rows)}"
