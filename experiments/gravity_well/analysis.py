"""From arrays to rows, checks and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from experiments.bandit_ascent import REWARDS, STEP_SIZE
from experiments.check import Check
from experiments.gravity_well.sweep import Sweep
from maxent_tf.tabular import bounds

Row = dict[str, Any]
Arrays = Mapping[str, np.ndarray]

# Steps to escape from pi0(a*) = 0.001 with one worse arm, by temperature, from an independent
# computation.
KNOWN_START = 1e-3
KNOWN = {0.0: 341_238, 0.1: 3_706}


def limits(sweep: Sweep, worse: int) -> np.ndarray:
    """The escape times without entropy that small starts approach, [starts]."""
    best, second, worst = REWARDS
    stakes = [(second - worst) * sweep.worse_probability] * worse
    return bounds.gravity_well_escape_time(STEP_SIZE, best - second, sweep.starts, stakes)


def lower_bounds(sweep: Sweep, worse: int) -> np.ndarray:
    """The fewest steps in which an escape without entropy is possible, [starts]."""
    given = [sweep.bandit(worse, start) for start in sweep.starts]
    rewards, starts = (np.array(x) for x in zip(*given, strict=True))
    return bounds.gravity_well_lower_bound(STEP_SIZE, rewards, starts)


def rows(sweep: Sweep, arrays: Arrays) -> list[Row]:
    """Returns a row for each curve.

    `exponent` is the slope of log steps in log pi0 between the two smallest starts that escaped;
    `steps_at_known_start` is NaN where that takes too long, or is not among the starts.
    """
    found = []
    for i, (worse, alpha) in enumerate(sweep.curves):
        steps, least = arrays["steps"][i], arrays["least"][i]
        last = int(np.isfinite(steps).sum()) - 1
        slope = np.log(steps[last] / steps[last - 1]) * sweep.per_decade / np.log(10)
        known = steps[np.isclose(sweep.starts, KNOWN_START)]
        row: Row = {
            "arms": worse + 2,
            "alpha": alpha,
            "smallest_start": float(sweep.starts[last]),
            "steps": float(steps[last]),
            "steps_at_known_start": float(known[0]) if known.size else float("nan"),
            "exponent": float(-slope),
            "least_over_start": float(least[last] / sweep.starts[last]),
        }
        if alpha == 0:
            row["over_limit"] = float(steps[last] / limits(sweep, worse)[last])
            bound = lower_bounds(sweep, worse)[: last + 1]
            row["bound_over_steps"] = float((bound / steps[: last + 1]).max())
        found.append(row)
    return found


def checks(sweep: Sweep, found: list[Row]) -> Iterator[Check]:
    """Holds the rows against what is known."""
    for row in found:
        alpha, steps = row["alpha"], row["steps_at_known_start"]
        if row["arms"] == 3 and alpha in KNOWN and np.isfinite(steps):
            what = f"steps from pi0 = {KNOWN_START:g} at alpha = {alpha:g}"
            yield Check("escape", what, KNOWN[alpha], steps, 0.01, "relative")
    for row in found:
        if row["alpha"] == 0:
            arms, start = row["arms"], row["smallest_start"]
            what = f"{arms} arms, exponent at pi0 = {start:.1g}"
            yield Check("asymptote", what, 1 - arms, row["exponent"], 0.1, "relative")
            # What is left is of the order of pi0 over the worse arms' share.
            left = 0.01 if arms == 2 else 0.2
            what = f"{arms} arms, steps over their limit at pi0 = {start:.1g}"
            yield Check("asymptote", what, 1, row["over_limit"], left, "relative")
            what = f"{arms} arms, lower bound over steps, largest"
            yield Check("lower bound", what, 1, row["bound_over_steps"], 0, "at most")


def table(found: list[Row]) -> str:
    """Returns the rows as a Markdown table."""
    lines = [
        "| arms | alpha | smallest pi0(a*) | steps | exponent there | steps over limit "
        "| least pi(a*) over pi0 | steps from 0.001 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        known = row["steps_at_known_start"]
        cells = [
            f"{row['arms']}",
            f"{row['alpha']:g}",
            f"{row['smallest_start']:.1e}",
            f"{row['steps']:,.0f}",
            f"{row['exponent']:.2f}",
            f"{row['over_limit']:.3f}" if "over_limit" in row else "",
            f"{row['least_over_start']:.3g}",
            f"{known:,.0f}" if np.isfinite(known) else "longer",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(found: list[Row], held: list[Check]) -> str:
    """Returns what the escapes say, with and without entropy."""
    count = sum(check.holds for check in held)
    lines = [f"{count} of {len(held)} checks hold."]
    without = [row for row in found if row["alpha"] == 0]
    exponents = ", ".join(f"{row['exponent']:.2f} with {row['arms']} arms" for row in without)
    lines.append(f"Without entropy, exponents of pi0 in the steps to escape: {exponents}.")
    plain = next((row for row in without if row["arms"] == 3), None)
    for row in found:
        if row["alpha"] > 0:
            line = f"exponent {row['exponent']:.2f} at pi0 = {row['smallest_start']:.1e}"
            gain = plain["steps_at_known_start"] / row["steps_at_known_start"] if plain else np.nan
            if np.isfinite(gain):
                line = f"{gain:.3g} times as fast from pi0 = {KNOWN_START:g}, {line}"
            lines.append(f"alpha = {row['alpha']:g}: {line}.")
    return "\n".join(lines)
