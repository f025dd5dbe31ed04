"""The analysis: from stored arrays to rows of the summary, the printed tables and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.stats

from experiments import student, tables
from experiments.exact_entropy.runs import PLACES
from experiments.exact_entropy.sweep import ESTIMATORS, Sweep
from experiments.frame import Arrays, Findings, Result, Row
from maxent_tf import statistics


def geometric_mean(ratios: np.ndarray) -> tuple[float, float, float]:
    """Returns the geometric mean of ratios, with a 95% interval.

    The interval is the one that Student's t gives the logarithms of the ratios.

    Args:
      ratios: [runs], the ratios, positive.

    Returns:
      The mean and its bounds; with one run, the bounds are infinitely wide.
    """
    logs = np.log(np.asarray(ratios, np.float64))
    middle, half = logs.mean(), np.inf
    if logs.size > 1:
        half = scipy.stats.t.ppf(0.975, logs.size - 1) * scipy.stats.sem(logs)
    return float(np.exp(middle)), float(np.exp(middle - half)), float(np.exp(middle + half))


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields the rows on gradients, which have a "place", and then those on learning."""
    yield from gradient_rows(sweep, arrays)
    yield from learning_rows(sweep, arrays)


def gradient_rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each place and temperature, with variances over the single sample's."""
    for i, place in enumerate(PLACES):
        for j, alpha in enumerate(sweep.alphas):
            variance, squared = arrays["variance"][i, :, j], arrays["mean_squared"][i, 0, j]
            row: Row = {
                "world": sweep.world,
                "place": place,
                "alpha": alpha,
                "seeds": sweep.seeds,
                "states": sweep.states,
                "draws": sweep.draws,
                # The distance from equilibrium: the size of the mean beside the size of the noise.
                "signal": float(np.sqrt(max(squared.mean(), 0) / variance[0].mean())),
            }
            for k, estimator in enumerate(ESTIMATORS[1:], start=1):
                ratio, *bounds = geometric_mean(variance[k] / variance[0])
                row |= {f"{estimator}_ratio": ratio, f"{estimator}_interval": bounds}
            yield row


def learning_rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature and estimator.

    Every row compares its return with that of the single sample at the same temperature: it has the
    difference of means with Welch's 95% interval. On the trap, a learner is stuck if P(best) is at
    most a half.
    """
    for j, alpha in enumerate(sweep.alphas):
        for i, estimator in enumerate(ESTIMATORS):
            returns = arrays["value"][i, j]
            difference, *bounds = student.mean_difference(returns, arrays["value"][0, j])
            row: Row = {
                "world": sweep.world,
                "alpha": alpha,
                "estimator": estimator,
                "seeds": sweep.seeds,
                "steps": sweep.steps,
                "return_mean": float(returns.mean()),
                "return_iqm": statistics.interquartile_mean(returns),
                "return_iqm_interval": list(statistics.bootstrap_interval(returns)),
                "policy_entropy": float(arrays["entropy"][i, j].mean()),
                "difference": difference,
                "difference_interval": bounds,
            }
            if "best" in arrays:
                count = int((arrays["best"][i, j] <= 0.5).sum())
                row["stuck_fraction"] = count / sweep.seeds
                row["stuck_interval"] = list(statistics.wilson_interval(count, sweep.seeds))
            yield row


def gradient_table(rows: list[Row]) -> str:
    """Returns the gradient's rows as a table for people."""
    ratios = {
        f"{estimator}/sample": tables.interval(f"{estimator}_ratio", ".3g", f"{estimator}_interval")
        for estimator in ESTIMATORS[1:]
    }
    columns = {"env": "{world}", "place": "{place}", "alpha": "{alpha:g}"}
    return tables.table(rows, {**columns, "signal/noise": "{signal:.2g}", **ratios})


def learning_table(rows: list[Row]) -> str:
    """Returns the learners' rows as a table for people."""
    difference = tables.interval("difference", "+.3g")
    return tables.table(
        rows,
        {
            "env": "{world}",
            "alpha": "{alpha:g}",
            "estimator": "{estimator}",
            "return": "{return_mean:.4g}",
            "IQM [95% interval]": tables.interval("return_iqm", ".4g"),
            "minus sample [95% interval]": lambda row: (
                "" if row["estimator"] == ESTIMATORS[0] else difference.format(**row)
            ),
            "stuck [95% interval]": tables.where_known(
                tables.interval("stuck_fraction", ".2f", "stuck_interval"), "stuck_fraction"
            ),
            "entropy": "{policy_entropy:.2f}",
        },
    )


_NAMES = {"exact": "The exact entropy", "path": "The path-wise estimate"}
_PLACES = {"near": "with trained actors", "away": "with fresh actors"}


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    rows = [row for result in results for row in result.rows]
    parts = {
        "gradients": [row for row in rows if "place" in row],
        "learning": [row for row in rows if "place" not in row],
    }
    text = f"{gradient_table(parts['gradients'])}\n\n{learning_table(parts['learning'])}"
    return Findings(verdict(**parts), text, parts)


def verdict(gradients: list[Row], learning: list[Row]) -> str:
    """Returns what the data say: a sentence for all environments, then some for each of them."""
    ratios = [row["exact_ratio"] for row in gradients]
    total, higher, lower = _outcomes([r for r in learning if r["estimator"] == "exact"])
    lines = [
        f"The exact entropy leaves {min(ratios):.1%} to {max(ratios):.0%} of the variance that a "
        f"single sample leaves in the actor's gradient, and learners return more with it at "
        f"{higher} and less at {lower} of {total} temperatures."
    ]
    for world, mine in tables.by(gradients, "world").items():
        places = tables.by(sorted(mine, key=lambda row: row["alpha"]), "place")
        for estimator, name in _NAMES.items():
            parts = []
            for place, where in _PLACES.items():
                here = places[place]
                ratios = [row[f"{estimator}_ratio"] for row in here]
                parts.append(
                    f"{ratios[0]:.2g} at alpha {here[0]['alpha']:g} to {ratios[-1]:.2g} at "
                    f"{here[-1]['alpha']:g} {where} (at most {max(ratios):.2g})"
                )
            total, higher, lower = _outcomes(
                [r for r in learning if (r["world"], r["estimator"]) == (world, estimator)]
            )
            lines.append(
                f"On {world}: {name} leaves a variance, over that of the single sample, of "
                f"{' and of '.join(parts)}. It returned more than the single sample at {higher} "
                f"and less at {lower} of {total} temperatures, by 95% intervals of which chance "
                "alone misses one in twenty."
            )
    return "\n".join(lines)


def _outcomes(rows: list[Row]) -> tuple[int, int, int]:
    """Returns the number of rows, and in how many the difference lies above 0, and below."""
    higher = sum(row["difference_interval"][0] > 0 for row in rows)
    return len(rows), higher, sum(row["difference_interval"][1] < 0 for row in rows)
