"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.ppo_entropy.sweep import GridSweep, Sweep
from maxent_tf import statistics

# The name of a row without a bonus.
NONE = "none"

# The largest return of a policy that has settled on what pays less: the height of the lower hill,
# and the reward of the near goal, discounted over the shortest way.
TRAP_RETURNS = {"trap": 0.7, "grid": 0.8 * 0.99**3}


def rows(sweep: Sweep | GridSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for no bonus, and one for each kind of bonus and coefficient.

    Without a bonus all kinds are alike, so that the first row holds the learners of all kinds.
    Every other row compares its return with that of the first row, and with that of the first kind
    at the same coefficient: these are differences of means with Welch's 95% intervals. A learner is
    no better than the trap if its policy returns no more than a policy that has settled on what
    pays less.
    """
    none = arrays["value"][:, 0].ravel()
    yield _row(sweep, arrays, np.s_[:, 0], NONE, 0.0)
    for j, alpha in enumerate(sweep.alphas[1:], start=1):
        for i, kind in enumerate(sweep.kinds):
            value = arrays["value"][i, j]
            row = _row(sweep, arrays, np.s_[i, j], kind, alpha)
            for name, other in (("none", none), ("first", arrays["value"][0, j])):
                difference, *interval = student.mean_difference(value, other)
                row |= {f"minus_{name}": difference, f"minus_{name}_interval": interval}
            yield row


def _row(sweep: Sweep | GridSweep, arrays: Arrays, at: Any, kind: str, alpha: float) -> Row:
    value, entropy = arrays["value"][at].ravel(), arrays["entropy"][at].ravel()
    row: Row = {
        "world": sweep.world,
        "kind": kind,
        "alpha": alpha,
        "learners": value.size,
        "steps": sweep.steps,
        "return_mean": float(value.mean()),
        "return_iqm": statistics.interquartile_mean(value),
        "return_iqm_interval": list(statistics.bootstrap_interval(value)),
        "entropy": float(entropy.mean()),
        "entropy_range": [float(entropy.min()), float(entropy.max())],
    }
    if sweep.world in TRAP_RETURNS:
        count = int((value <= TRAP_RETURNS[sweep.world]).sum())
        row["no_better_fraction"] = count / value.size
        row["no_better_interval"] = list(statistics.wilson_interval(count, value.size))
    return row


def table(rows: list[Row]) -> str:
    """Returns the rows as a table for people."""
    difference = tables.interval("minus_none", "+.3g")
    return tables.table(
        rows,
        {
            "env": "{world}",
            "bonus": "{kind}",
            "alpha": "{alpha:g}",
            "learners": "{learners}",
            "return": "{return_mean:.3g}",
            "IQM [95% interval]": tables.interval("return_iqm", ".3g"),
            "minus none [95% interval]": tables.where_known(difference, "minus_none"),
            "no better than trap [95% interval]": tables.where_known(
                tables.interval("no_better_fraction", ".2f", "no_better_interval"),
                "no_better_fraction",
            ),
            "true entropy [range]": tables.interval("entropy", ".2f", "entropy_range"),
        },
    )


# The name of each kind of bonus in a sentence.
_BONUSES = {
    "exact": "the bonus with the exact entropy",
    "base": "the bonus with the entropy before tanh",
    "sample": "the bonus with a sampled entropy",
    "stored": "the bonus with the surprise of the stored action",
    "bonus": "the entropy as a bonus",
    "reward": "the entropy as a reward",
}


def verdict(rows: list[Row]) -> str:
    """Returns what the data say: a sentence for all, then some for each environment and bonus."""
    lines, own = [], []
    for world, (none, *others) in tables.by(rows, "world").items():
        groups = tables.by(others, "kind")
        own_kind = next(iter(groups))
        own += groups[own_kind]
        for kind, group in groups.items():
            first, last = group[0], group[-1]
            line = (
                f"On the {world}, {_BONUSES[kind]} returned {_outcomes(group, 'minus_none')} "
                f"alphas than no bonus. The true entropy went from {first['entropy']:.2g} nats at "
                f"alpha {first['alpha']:g} to {last['entropy']:.2g} at {last['alpha']:g}; without "
                f"a bonus it is {none['entropy']:.2g}."
            )
            if kind != own_kind:
                compared = _outcomes(group, "minus_first")
                line += f" It returned {compared} alphas than {_BONUSES[own_kind]}."
            if "no_better_fraction" in none:
                least = min(group, key=lambda row: row["no_better_fraction"])
                line += (
                    f" At best, at alpha {least['alpha']:g}, {least['no_better_fraction']:.0%} of "
                    f"the learners did no better than the trap, against "
                    f"{none['no_better_fraction']:.0%} without a bonus."
                )
            lines.append(line)
    headline = f"A bonus with the policy's own entropy returned {_outcomes(own, 'minus_none')}"
    return "\n".join([f"{headline} settings than no bonus.", *lines])


def _outcomes(rows: list[Row], name: str) -> str:
    """Returns at how many coefficients the interval of a difference lies above 0, and below."""
    higher = sum(row[f"{name}_interval"][0] > 0 for row in rows)
    lower = sum(row[f"{name}_interval"][1] < 0 for row in rows)
    return f"more at {higher} and less at {lower} of {len(rows)}"
