"""The analysis: from fits to a table and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Findings, Result, Row
from experiments.maxent_irl import controls
from experiments.maxent_irl.demonstrator import DECOY, GOAL
from experiments.maxent_irl.fits import FITS, pearson
from experiments.maxent_irl.sweep import Controls, Sweep


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Returns the rows of a sweep, of the experiment or of its controls."""
    if isinstance(sweep, Controls):
        return controls.rows(sweep, arrays)
    return fit_rows(arrays)


def fit_rows(arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each fit, with the results of every seed in plain numbers.

    `largest_elsewhere` leaves out the goal. Every demonstration reaches the goal exactly once, so
    that neither the recipe nor the non-causal dual ever moves its reward from the initial value.
    """
    for i, fit in enumerate(FITS):
        weights = arrays["weights"][:, i]
        behind = arrays["demonstrator_log_likelihood"] - arrays["log_likelihood"][:, i]
        yield {
            "fit": fit,
            "pearson": pearson(weights).tolist(),
            "largest": weights.argmax(-1).tolist(),
            "largest_elsewhere": np.delete(weights, GOAL, -1).argmax(-1).tolist(),
            "mismatch": arrays["mismatch"][:, i].tolist(),
            "iterations": arrays["iterations"][:, i].tolist(),
            "log_likelihood": arrays["log_likelihood"][:, i].tolist(),
            "behind_demonstrator": behind.tolist(),
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table: medians, ranges and counts over seeds."""

    def counted(name: str, state: int) -> Callable[[Row], str]:
        return lambda row: f"{row[name].count(state)} of {len(row[name])}"

    def correlation(row: Row) -> str:
        values = np.array(row["pearson"])
        return f"{np.median(values):.3f} [{values.min():.3f}, {values.max():.3f}]"

    return tables.table(
        found,
        {
            "fit": "{fit}",
            "Pearson: median [range]": correlation,
            "largest at 24": counted("largest", GOAL),
            "elsewhere at 8": counted("largest_elsewhere", DECOY),
            "largest mismatch": lambda row: f"{max(row['mismatch']):.1e}",
            "iterations": lambda row: f"{np.median(row['iterations']):.0f}",
            "held-out log-likelihood": lambda row: f"{np.mean(row['log_likelihood']):.2f}",
            "behind the demonstrator": lambda row: f"{np.mean(row['behind_demonstrator']):.2f}",
        },
    )


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    fits, *controlled = results
    text, more = table(fits.rows), {}
    for result in controlled:
        more = {"controls": result.rows}
        text += f"\n\n{controls.table(result.rows)}"
    return Findings(verdict(fits.rows, fits.arrays["averages_reachable"]), text, fits.rows, more)


def verdict(found: list[Row], reachable: np.ndarray) -> str:
    """Returns what the fits say: which fits find the goal, which match, and which predict."""
    by_name = {row["fit"]: row for row in found}
    sets = len(reachable)
    best = by_name["causal, dual"]
    lines = [
        f"The exact causal fit finds the goal in {best['largest'].count(GOAL)} of {sets} sets of "
        f"demonstrations; its reward correlates with the true one by "
        f"{np.median(best['pearson']):.2f} in the median."
    ]
    for way, name in (("recipe", "the public recipe"), ("dual", "the exact dual")):
        paths, causal = (by_name[f"{model}, {way}"] for model in ("non-causal", "causal"))
        lines.append(
            f"By {name}, the causal model has its largest reward at the goal in "
            f"{causal['largest'].count(GOAL)} of {sets} fits, and the non-causal model, leaving "
            f"out the goal, at the decoy in {paths['largest_elsewhere'].count(DECOY)}. Features "
            f"are off by up to {max(causal['mismatch']):.2g} in the causal model and by up to "
            f"{max(paths['mismatch']):.2g} in the non-causal one."
        )
    lines.append(
        f"In {int(reachable.sum())} of {sets} sets some policy has the discounted averages over "
        "the demonstrations."
    )
    return "\n".join(lines)
