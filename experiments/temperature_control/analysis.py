"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.frame import Arrays, Row
from experiments.temperature_control.sweep import AutomaticSweep, FixedSweep
from maxent_tf import statistics

# "At the beginning" and "at the end" mean over this share of the records with updates.
_SHARE = 0.1

# The mean return from which a mountain car counts as solved, as Gymnasium has it.
SOLVED = 90.0
MOUNTAIN_CARS = ("held", "mountain_car", "by_state")

# An automatic temperature removes the sensitivity to alpha if its worst target loses at most the
# first fraction of the loss of the worst fixed alpha, where both losses are against the best fixed
# alpha. It reduces the sensitivity up to the second fraction.
_REMOVED, _REDUCED = 0.1, 0.5


def rows(sweep: FixedSweep | AutomaticSweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each target and alpha."""
    learning = np.isfinite(arrays["alpha"]).all(axis=(1, 2, 3))  # not during the random start
    alpha, entropy = arrays["alpha"][learning], arrays["entropy"][learning]
    count = max(1, round(_SHARE * len(alpha)))
    for i, target in enumerate(sweep.targets):
        for j, start in enumerate(sweep.alphas):
            value = arrays["value"][i, j]
            first, last = (entropy[s, i, j].mean(axis=0) for s in (np.s_[:count], np.s_[-count:]))
            yield {
                "world": sweep.world,
                "temperature": "automatic" if isinstance(sweep, AutomaticSweep) else "fixed",
                "target": target,
                "alpha": start,
                "seeds": sweep.seeds,
                "steps": sweep.steps,
                "returns": value.tolist(),
                "return_mean": float(value.mean()),
                "return_interval": list(student.mean_interval(value)),
                "return_iqm": statistics.interquartile_mean(value),
                "solved": int(np.sum(value >= SOLVED)) if sweep.world in MOUNTAIN_CARS else None,
                "alpha_end": float(np.median(alpha[-count:, i, j].mean(axis=0))),
                "entropy_begin": float(first.mean()),
                "entropy_end": float(last.mean()),
                "entropy_fall": float((first - last).mean()),
                "entropy_fall_interval": list(statistics.bootstrap_interval(first - last)),
            }


def table(rows: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        rows,
        {
            "env": "{world}",
            "temperature": "{temperature}",
            "target": tables.where_known("{target:g}", "target"),
            "alpha": "{alpha:g}",
            "seeds": "{seeds}",
            "return [95% interval]": tables.interval("return_mean", ".3g", "return_interval"),
            "IQM": "{return_iqm:.3g}",
            "solved": tables.where_known("{solved}", "solved"),
            "alpha, end": "{alpha_end:.3g}",
            "entropy, begin": "{entropy_begin:.2f}",
            "end": "{entropy_end:.2f}",
        },
    )


def verdict(rows: list[Row]) -> str:
    """Returns a sentence for all environments, then what automatic temperatures do on each."""
    lines, told = [], []
    for world, mine in tables.by(rows, "world").items():
        groups = tables.by(mine, "temperature")
        fixed, automatic = groups["fixed"], groups["automatic"]
        # Where nothing is ever learned, returns differ, but the differences do not matter.
        if world not in MOUNTAIN_CARS or any(row["solved"] for row in fixed):
            words, said = _sensitivity(fixed, automatic)
            told += [words] if words else []
            lines.append(f"{world}: {said}")
        lines.append(f"{world}: {_falls(fixed, automatic)}")
        if world in MOUNTAIN_CARS:
            lines.append(f"{world}: {_solved(fixed, automatic)}")
    return "\n".join([_headline(told), *lines])


def _headline(told: list[dict[float, str]]) -> str:
    """Returns where automatic temperatures spare the choice of alpha, by their initial value."""
    if not told:
        return "No environment was sensitive to the choice of a fixed alpha."
    parts = []
    for start in told[0]:
        count = sum(words[start] == "removes" for words in told)
        parts.append(f"in {count} of {len(told)} environments if it starts from {start:g}")
    return f"An automatic temperature spares the choice of alpha {' and '.join(parts)}."


def _sensitivity(fixed: list[Row], automatic: list[Row]) -> tuple[dict[float, str], str]:
    """Returns how much the worst choice loses against the best fixed alpha.

    The loss is computed for fixed and for automatic temperatures.

    Returns:
      By the initial value of an automatic temperature, whether it "removes", "reduces" or "does not
      reduce" the sensitivity to a fixed alpha, empty if there is none; and a sentence.
    """
    best, worst = (choose(fixed, key=lambda row: row["return_mean"]) for choose in (max, min))
    ends = [np.array(row["returns"]) for row in (best, worst)]
    fixed_loss, low, _ = student.mean_difference(*ends)
    if not low > 0:
        returns = [row["return_mean"] for row in automatic]
        return {}, (
            f"The best and the worst fixed alpha return {best['return_mean']:.3g} and "
            f"{worst['return_mean']:.3g}, which the data do not tell apart. Automatic temperatures "
            f"return {min(returns):.3g} to {max(returns):.3g}."
        )
    words, parts = {}, []
    for start, group in tables.by(automatic, "alpha").items():
        least = min(group, key=lambda row: row["return_mean"])
        loss = best["return_mean"] - least["return_mean"]
        words[start] = "does not reduce"
        if loss <= _REMOVED * fixed_loss:
            words[start] = "removes"
        elif loss <= _REDUCED * fixed_loss:
            words[start] = "reduces"
        parts.append(
            f"An automatic temperature that starts from {start:g} {words[start]} this sensitivity: "
            f"at its worst target, {least['target']:g}, it returns {loss:.3g} less than the best "
            "fixed alpha."
        )
    return words, (
        f"The best fixed alpha, {best['alpha']:g}, returns {best['return_mean']:.3g}, and the "
        f"worst, {worst['alpha']:g}, returns {fixed_loss:.3g} less. {' '.join(parts)}"
    )


def _falls(fixed: list[Row], automatic: list[Row]) -> str:
    """Returns in how many settings the entropy falls, or rises, with an interval without 0."""
    parts = []
    for kind, group in (("automatic", automatic), ("fixed", fixed)):
        intervals = [row["entropy_fall_interval"] for row in group]
        down, up = sum(low > 0 for low, _ in intervals), sum(high < 0 for _, high in intervals)
        parts.append(f"falls in {down} and rises in {up} of {len(group)} {kind} settings")
    missed = max(abs(row["entropy_end"] - row["target"]) for row in automatic)
    return (
        f"From the first to the last tenth of the updates the entropy {' and '.join(parts)}. "
        f"Automatic temperatures end at most {missed:.2g} nats from their target entropies."
    )


def _solved(fixed: list[Row], automatic: list[Row]) -> str:
    """Returns which temperatures solve the mountain car, and where automatic ones end."""
    solved = [f"{row['alpha']:g}" for row in fixed if 2 * row["solved"] > row["seeds"]]
    parts = []
    for start, group in tables.by(automatic, "alpha").items():
        found, total = (sum(row[name] for row in group) for name in ("solved", "seeds"))
        ends = [row["alpha_end"] for row in group]
        parts.append(
            f"With an automatic temperature from {start:g}, {found} of {total} learners solve it, "
            f"and alpha ends at {min(ends):.2g} to {max(ends):.2g}."
        )
    where = f"at a fixed alpha of {', '.join(solved)}" if solved else "at no fixed alpha"
    return f"Most seeds solve it {where}. {' '.join(parts)}"
