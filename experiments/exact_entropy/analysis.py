"""From stored arrays to rows of the summary, the printed tables and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.stats

from experiments import statistics
from experiments.exact_entropy.runs import PLACES, Arrays
from experiments.exact_entropy.sweep import ESTIMATORS, Sweep

Row = dict[str, Any]


def geometric_mean(ratios: np.ndarray) -> tuple[float, float, float]:
    """The geometric mean of ratios, with the 95% interval that Student's t gives their logarithms.

    Args:
      ratios: [runs], positive.

    Returns:
      The mean and its bounds; with one run, infinitely wide ones.
    """
    logs = np.log(np.asarray(ratios, np.float64))
    if logs.size < 2:
        return float(np.exp(logs.mean())), 0.0, float("inf")
    half = scipy.stats.t.ppf(0.975, logs.size - 1) * scipy.stats.sem(logs)
    middle = logs.mean()
    return float(np.exp(middle)), float(np.exp(middle - half)), float(np.exp(middle + half))


def gradient_rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each place and temperature: variances over the single sample's."""
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
                # How far from equilibrium: the size of the mean beside that of the noise.
                "signal": float(np.sqrt(max(squared.mean(), 0) / variance[0].mean())),
            }
            for k, estimator in enumerate(ESTIMATORS[1:], start=1):
                ratio, low, high = geometric_mean(variance[k] / variance[0])
                row[f"{estimator}_ratio"] = ratio
                row[f"{estimator}_interval"] = [low, high]
            yield row


def learning_rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature and estimator.

    Every row compares its return with that of the single sample at the same temperature: the
    difference of means with Welch's 95% interval. On the trap, stuck is P(best) of at most a half.
    """
    for j, alpha in enumerate(sweep.alphas):
        for i, estimator in enumerate(ESTIMATORS):
            returns = arrays["value"][i, j]
            difference, low, high = statistics.mean_difference(returns, arrays["value"][0, j])
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
                "difference_interval": [low, high],
            }
            if "best" in arrays:
                count = int((arrays["best"][i, j] <= 0.5).sum())
                row["stuck_fraction"] = count / sweep.seeds
                row["stuck_interval"] = list(statistics.wilson_interval(count, sweep.seeds))
            yield row


def gradient_table(rows: list[Row]) -> str:
    """Returns the gradient's rows as an aligned table for people."""
    lines = [("world", "place", "alpha", "signal/noise", "exact/sample", "path/sample")]
    for row in rows:
        ratios = []
        for estimator in ESTIMATORS[1:]:
            low, high = row[f"{estimator}_interval"]
            ratios.append(f"{row[f'{estimator}_ratio']:.3g} [{low:.3g}, {high:.3g}]")
        where = (row["world"], row["place"], f"{row['alpha']:g}", f"{row['signal']:.2g}")
        lines.append((*where, *ratios))
    return _aligned(lines)


def learning_table(rows: list[Row]) -> str:
    """Returns the learners' rows as an aligned table for people."""
    header = ("world", "alpha", "estimator", "return", "IQM [95% interval]")
    lines = [(*header, "minus sample [95% interval]", "stuck [95% interval]", "entropy")]
    for row in rows:
        low, high = row["return_iqm_interval"]
        below, above = row["difference_interval"]
        difference = f"{row['difference']:+.3g} [{below:+.3g}, {above:+.3g}]"
        stuck = ""
        if "stuck_fraction" in row:
            least, most = row["stuck_interval"]
            stuck = f"{row['stuck_fraction']:.2f} [{least:.2f}, {most:.2f}]"
        lines.append(
            (
                row["world"],
                f"{row['alpha']:g}",
                row["estimator"],
                f"{row['return_mean']:.4g}",
                f"{row['return_iqm']:.4g} [{low:.4g}, {high:.4g}]",
                "" if row["estimator"] == ESTIMATORS[0] else difference,
                stuck,
                f"{row['policy_entropy']:.2f}",
            )
        )
    return _aligned(lines)


def verdict(gradients: list[Row], learning: list[Row]) -> str:
    """Returns what the data say, two lines for each world."""
    lines = []
    for world in dict.fromkeys(row["world"] for row in gradients):
        parts = []
        for place in PLACES:
            here = [row for row in gradients if (row["world"], row["place"]) == (world, place)]
            here.sort(key=lambda row: row["alpha"])
            for estimator in ESTIMATORS[1:]:
                first, last = (row[f"{estimator}_ratio"] for row in (here[0], here[-1]))
                worst = max(row[f"{estimator}_ratio"] for row in here)
                parts.append(
                    f"{estimator}, {place}: {first:.2g} to {last:.2g} (at most {worst:.2g})"
                )
        alphas = [row["alpha"] for row in gradients if row["world"] == world]
        lines.append(
            f"{world}: variance of the actor's gradient over the single sample's, from alpha "
            f"{min(alphas):g} to {max(alphas):g}: " + "; ".join(parts) + "."
        )
        parts = []
        for estimator in ESTIMATORS[1:]:
            rows = [r for r in learning if (r["world"], r["estimator"]) == (world, estimator)]
            higher = sum(row["difference_interval"][0] > 0 for row in rows)
            lower = sum(row["difference_interval"][1] < 0 for row in rows)
            parts.append(
                f"{estimator} returned more than the single sample at {higher} and less at {lower}"
                f" of {len(rows)} temperatures"
            )
        lines.append(
            f"{world}: {'; '.join(parts)} (95% intervals; chance alone gives one in twenty)."
        )
    return "\n".join(lines)


def _aligned(lines: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
