"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.stats

from experiments import reaching, tables
from experiments.frame import Arrays, Row
from experiments.sample_efficiency.sweep import LEVELS, Sweep, budget
from maxent_tf import statistics

NAMES = {"sac": "SAC", "discrete_sac": "discrete SAC", "a2c": "A2C", "ppo": "PPO"}


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each learning rate; "early" is at the `budget` of the environment."""
    final = arrays["return"][-1]
    early = int(np.sum(arrays["steps"] <= budget(sweep))) - 1
    steps = reaching.first(arrays["return"] >= LEVELS[sweep.world], arrays["steps"])
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
    """Returns the rows as a table for people."""
    return tables.table(
        rows,
        {
            "env": "{world}",
            "learner": lambda row: NAMES[row["learner"]],
            "learning rate": "{learning_rate:.2g}",
            "steps": "{steps:,}",
            "return, IQM [95% interval]": tables.interval("return_iqm", ".3g"),
            "spread": "{spread:.2g}",
            "at the budget": "{early_iqm:.3g}",
            "reached the level": "{reached} of {seeds}",
            "after steps, median [range]": _steps,
        },
    )


def _steps(row: Row) -> str:
    first, last = min(row["steps_to_level"]), max(row["steps_to_level"])
    return f"{_count(row['median_steps'])} [{_count(first)}, {_count(last)}]"


def _count(steps: float) -> str:
    return f"{steps:,.0f}" if np.isfinite(steps) else "never"


def verdict(rows: list[Row]) -> str:
    """Returns a sentence for all environments, then on efficiency and on stability for each.

    Learners from replay are compared with those from rollouts at their own learning rates. A
    learner counts as earlier at the level by a Mann-Whitney test at 5%, where never is later than
    any step. It counts as steadier if both the spread over seeds at the end and the loss at the
    worst learning rate are smaller.
    """
    found, lines = [], []
    for world, mine in tables.by(rows, "world").items():
        groups = tables.by(mine, "learner")
        others = [groups.pop(name) for name in ("a2c", "ppo") if name in groups]
        peers = [NAMES[other[0]["learner"]] for other in others]
        for name, group in groups.items():
            earlier, said = _efficiency(group, others)
            steadier, also = _stability(group, others)
            found.append(
                f"On {world}, {NAMES[name]} learned in {_than('fewer steps', earlier, peers)} and "
                f"was {_than('steadier', steadier, peers)}."
            )
            lines += [f"{world}: {said}", f"{world}: {also}"]
    return "\n".join([" ".join(found), *lines])


def _own(group: list[Row]) -> Row:
    """Returns the row at the learner's own learning rate."""
    return min(group, key=lambda row: abs(np.log(row["factor"])))


def _efficiency(group: list[Row], others: list[list[Row]]) -> tuple[list[str], str]:
    row = _own(group)
    parts, earlier = [], []
    for other in map(_own, others):
        first, second = row["steps_to_level"], other["steps_to_level"]
        test = scipy.stats.mannwhitneyu(first, second, alternative="less")
        # The share of all pairs of seeds in which this learner is there first; ties count half.
        share = 1 - test.statistic / (len(first) * len(second))
        if test.pvalue < 0.05:
            earlier.append(NAMES[other["learner"]])
        parts.append(
            f"that of {NAMES[other['learner']]} {_when(other)} "
            f"({other['reached']} of {other['seeds']} seeds; later in {share:.0%} of the pairs of "
            f"seeds, p {test.pvalue:.1g})"
        )
    return earlier, (
        f"The median seed of {NAMES[row['learner']]} reached a return of "
        f"{LEVELS[row['world']]:g} {_when(row)} ({row['reached']} of {row['seeds']} seeds did), "
        f"{' and '.join(parts)}."
    )


def _when(row: Row) -> str:
    count = _count(row["median_steps"])
    return count if count == "never" else f"after {count} steps"


def _stability(group: list[Row], others: list[list[Row]]) -> tuple[list[str], str]:
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
        parts.append(f"{name} with {its_spread:.2g} and {its_loss:.2g}")
    return steadier, (
        f"{NAMES[group[0]['learner']]} ends with a spread over seeds of {spread:.2g} and loses "
        f"{loss:.2g} at the worst learning rate against the best, {' and '.join(parts)}."
    )


def _than(word: str, beaten: list[str], peers: list[str]) -> str:
    """Says which of the peers a comparison holds for."""
    no = "" if beaten else "no "
    return f"{no}{word} than {' and '.join(beaten or peers)}"
