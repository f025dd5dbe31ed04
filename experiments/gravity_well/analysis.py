"""The analysis: from arrays to rows, checks and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import check, tables
from experiments.bandit_ascent import REWARDS, STEP_SIZE
from experiments.check import Check
from experiments.frame import Arrays, Findings, Result, Row
from experiments.gravity_well.sweep import Sweep
from maxent_tf.tabular import bounds

# The numbers of steps to escape from pi0(a*) = 0.001 with one worse arm, by temperature, from an
# independent computation.
KNOWN_START = 1e-3
KNOWN = {0.0: 341_238, 0.1: 3_706}


def limits(sweep: Sweep, worse: int) -> np.ndarray:
    """Returns the escape times without entropy that small starts approach, [starts]."""
    best, second, worst = REWARDS
    stakes = [(second - worst) * sweep.worse_probability] * worse
    return bounds.gravity_well_escape_time(STEP_SIZE, best - second, sweep.starts, stakes)


def lower_bounds(sweep: Sweep, worse: int) -> np.ndarray:
    """Returns the fewest steps in which an escape without entropy is possible, [starts]."""
    given = [sweep.bandit(worse, start) for start in sweep.starts]
    rewards, starts = (np.array(x) for x in zip(*given, strict=True))
    return bounds.gravity_well_lower_bound(STEP_SIZE, rewards, starts)


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each curve.

    `exponent` is the slope of log steps in log pi0 between the two smallest starts that escaped.
    `steps_at_known_start` is NaN where the escape takes too long, or where the known start is not
    among the starts.
    """
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
        yield row


def checks(sweep: Sweep, found: list[Row]) -> Iterator[Check]:
    """Compares the rows with what is known."""
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
            # The remaining difference is of the order of pi0 over the share of the worse arms.
            left = 0.01 if arms == 2 else 0.2
            what = f"{arms} arms, steps over their limit at pi0 = {start:.1g}"
            yield Check("asymptote", what, 1, row["over_limit"], left, "relative")
            what = f"{arms} arms, lower bound over steps, largest"
            yield Check("lower bound", what, 1, row["bound_over_steps"], 0, "at most")


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""

    def known(row: Row) -> str:
        steps = row["steps_at_known_start"]
        return f"{steps:,.0f}" if np.isfinite(steps) else "longer"

    return tables.table(
        found,
        {
            "arms": "{arms}",
            "alpha": "{alpha:g}",
            "smallest pi0(a*)": "{smallest_start:.1e}",
            "steps": "{steps:,.0f}",
            "exponent there": "{exponent:.2f}",
            "steps over limit": tables.where_known("{over_limit:.3f}", "over_limit"),
            "least pi(a*) over pi0": "{least_over_start:.3g}",
            "steps from 0.001": known,
        },
    )


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    ((sweep, _, found),) = results
    held = [each.as_row() for each in checks(sweep, found)]
    text = f"{table(found)}\n\n{check.table(held)}"
    return Findings(verdict(found, held), text, more={"checks": held})


def verdict(found: list[Row], held: list[Row]) -> str:
    """Returns what the escapes say, with and without entropy."""
    count = sum(row["holds"] for row in held)
    without = [row for row in found if row["alpha"] == 0]
    plain = next((row for row in without if row["arms"] == 3), None)
    gains, lines = [], []
    for row in (row for row in found if row["alpha"] > 0):
        line = (
            f"At alpha {row['alpha']:g} the exponent is {row['exponent']:.2f} at pi0 = "
            f"{row['smallest_start']:.1e}."
        )
        gain = plain["steps_at_known_start"] / row["steps_at_known_start"] if plain else np.nan
        if np.isfinite(gain):
            gains.append((gain, row["alpha"]))
            line += f" From pi0 = {KNOWN_START:g} the escape is {gain:.3g} times as fast."
        lines.append(line)
    headline = f"{count} of {len(held)} checks against known escape times and bounds hold."
    if gains:
        gain, alpha = max(gains)
        said = f"Entropy shortens the escape from a bad start {gain:.3g} times, at alpha {alpha:g}."
        headline = f"{said} {headline}"
    exponents = ", ".join(f"{row['exponent']:.2f} with {row['arms']} arms" for row in without)
    slow = (
        "Without entropy, the steps to escape grow as a power of the first probability of the best "
        f"arm, pi0, with the exponent {exponents}."
    )
    return "\n".join([headline, slow, *lines])
