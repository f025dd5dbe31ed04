"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.stats

from experiments import statistics
from experiments.sample_efficiency.runs import Arrays
from experiments.sample_efficiency.sweep import LEVELS, Sweep

Row = dict[str, Any]

NAMES = {
    "sac": "SAC",
    "discrete_sac": "discrete SAC",
    "a2c": "A2C",
    "ppo": "PPO",
}


def steps_to_level(arrays: Arrays, level: float) -> np.ndarray:
    """The steps after which an evaluation first reached the level, [factors, seeds]; else inf."""
    reached = arrays["return"] >= level
    first = arrays["steps"][np.argmax(reached, axis=0)]
    return np.where(reached.any(axis=0), first, np.inf)


def rows(sweep: Sweep, arrays: Arrays, budget: int) -> Iterator[Row]:
    """Yields a row for each learning rate.

    Args:
      sweep: the constants.
      arrays: what came of them.
      budget: the steps at which learners that take more or fewer are compared.
    """
    final = arrays["return"][-1]
    early = int(np.sum(arrays["steps"] <= budget)) - 1
    steps = steps_to_level(arrays, LEVELS[sweep.world])
    for j, factor in enumerate(sweep.factors):
        reached = int(np.sum(np.isfinite(steps[j])))
        yield {
            "world": sweep.world,
            "learner": sweep.learner,
            "factor": factor,
            "learning_rate": sweep.learning_rate * factor,
            "seeds": sweep.seeds,
            "steps": int(arrays["steps"][-1]),
            "returns": final[j].tolist(),
            "return_iqm": statistics.interquartile_mean(final[j]),
            "return_iqm_interval": list(statistics.bootstrap_interval(final[j])),
            "spread": float(np.std(final[j], ddof=1)) if sweep.seeds > 1 else 0.0,
            "early_steps": int(arrays["steps"][early]) if early >= 0 else 0,
            "early_iqm": (
                statistics.interquartile_mean(arrays["return"][early, j]) if early >= 0 else np.nan
            ),
            "reached": reached,
            "reached_interval": list(statistics.wilson_interval(reached, sweep.seeds)),
            "steps_to_level": steps[j].tolist(),
            "median_steps": float(np.median(steps[j])),
        }


def table(rows: list[Row]) -> str:
    """Returns the rows as an aligned table for people."""
    header = ("world", "learner", "learning rate", "steps", "return, IQM [95% interval]", "spread")
    lines = [(*header, "at the budget", "reached the level", "after steps, median [range]")]
    for row in rows:
        low, high = row["return_iqm_interval"]
        lines.append(
            (
                row["world"],
                NAMES[row["learner"]],
                f"{row['learning_rate']:.2g}",
                f"{row['steps']:,}",
                f"{row['return_iqm']:.3g} [{low:.3g}, {high:.3g}]",
                f"{row['spread']:.2g}",
                f"{row['early_iqm']:.3g}",
                f"{row['reached']} of {row['seeds']}",
                _steps(row),
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _steps(row: Row) -> str:
    first, last = min(row["steps_to_level"]), max(row["steps_to_level"])
    return f"{_count(row['median_steps'])} [{_count(first)}, {_count(last)}]"


def _count(steps: float) -> str:
    return f"{steps:,.0f}" if np.isfinite(steps) else "never"


def verdict(rows: list[Row]) -> str:
    """Returns, for each world, two lines: on efficiency and on stability.

    Learners from replay are compared with those from rollouts at their own learning rates: earlier
    at the level by a Mann-Whitney test at 5%, where never counts as later than ever; and steadier
    if both the spread over seeds at the end and the loss at the worst learning rate are smaller.
    """
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        groups: dict[str, list[Row]] = {}
        for row in rows:
            if row["world"] == world:
                groups.setdefault(row["learner"], []).append(row)
        replay = [name for name in groups if name not in ("a2c", "ppo")]
        rollouts = [name for name in groups if name in ("a2c", "ppo")]
        for name in replay:
            others = [groups[other] for other in rollouts]
            lines.append(f"{world}: {_efficiency(groups[name], others)}")
            lines.append(f"{world}: {_stability(groups[name], others)}")
    return "\n".join(lines)


def _own(group: list[Row]) -> Row:
    """The row at the learner's own learning rate."""
    return min(group, key=lambda row: abs(np.log(row["factor"])))


def _efficiency(group: list[Row], others: list[list[Row]]) -> str:
    row = _own(group)
    parts, earlier = [], []
    for other in map(_own, others):
        first, second = row["steps_to_level"], other["steps_to_level"]
        test = scipy.stats.mannwhitneyu(first, second, alternative="less")
        # Of all pairs of seeds, in how many this learner is there first; ties count half.
        share = 1 - test.statistic / (len(first) * len(second))
        if test.pvalue < 0.05:
            earlier.append(NAMES[other["learner"]])
        when = _count(other["median_steps"])
        parts.append(
            f"{NAMES[other['learner']]} {when if when == 'never' else f'after {when}'} "
            f"({other['reached']} of {other['seeds']} seeds; in {share:.0%} of the pairs later, "
            f"p {test.pvalue:.1g})"
        )
    return (
        f"{NAMES[row['learner']]} reached {LEVELS[row['world']]:g} after a median of "
        f"{_count(row['median_steps'])} steps ({row['reached']} of {row['seeds']} seeds), "
        f"{', '.join(parts)}: more efficient than {_listed(earlier)}."
    )


def _stability(group: list[Row], others: list[list[Row]]) -> str:
    def measures(group: list[Row]) -> tuple[float, float]:
        middles = [row["return_iqm"] for row in group]
        return _own(group)["spread"], max(middles) - min(middles)

    spread, loss = measures(group)
    parts, steadier = [], []
    for other in others:
        name = NAMES[other[0]["learner"]]
        its_spread, its_loss = measures(other)
        if spread < its_spread and loss < its_loss:
            steadier.append(name)
        parts.append(f"{name} {its_spread:.2g} and {its_loss:.2g}")
    return (
        f"{NAMES[group[0]['learner']]} ends with a spread over seeds of {spread:.2g} and loses "
        f"{loss:.2g} at the worst learning rate against the best, {', '.join(parts)}: steadier "
        f"than {_listed(steadier)}."
    )


def _listed(names: list[str]) -> str:
    return " and ".join(names) or "neither"
