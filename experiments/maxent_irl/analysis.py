"""From fits to a table and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.maxent_irl.demonstrator import DECOY, GOAL
from experiments.maxent_irl.runs import FITS, pearson

Row = dict[str, Any]


def rows(arrays: Mapping[str, np.ndarray]) -> list[Row]:
    """Returns a row for each fit: what every seed gave, in plain numbers.

    `largest_elsewhere` leaves out the goal: every demonstration reaches it exactly once, so that
    neither the recipe nor the non-causal dual ever moves its reward from where it starts.
    """
    found = []
    for i, fit in enumerate(FITS):
        weights = arrays["weights"][:, i]
        behind = arrays["demonstrator_log_likelihood"] - arrays["log_likelihood"][:, i]
        found.append(
            {
                "fit": fit,
                "pearson": pearson(weights).tolist(),
                "largest": weights.argmax(-1).tolist(),
                "largest_elsewhere": np.delete(weights, GOAL, -1).argmax(-1).tolist(),
                "mismatch": arrays["mismatch"][:, i].tolist(),
                "iterations": arrays["iterations"][:, i].tolist(),
                "log_likelihood": arrays["log_likelihood"][:, i].tolist(),
                "behind_demonstrator": behind.tolist(),
            }
        )
    return found


def table(found: list[Row]) -> str:
    """Returns the rows as a Markdown table: medians, ranges and counts over seeds."""
    lines = [
        "| fit | Pearson: median [range] | largest at 24 | elsewhere at 8 | largest mismatch "
        "| iterations | held-out log-likelihood | behind the demonstrator |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        values, seeds = np.array(row["pearson"]), len(row["pearson"])
        cells = [
            row["fit"],
            f"{np.median(values):.3f} [{values.min():.3f}, {values.max():.3f}]",
            f"{row['largest'].count(GOAL)} of {seeds}",
            f"{row['largest_elsewhere'].count(DECOY)} of {seeds}",
            f"{max(row['mismatch']):.1e}",
            f"{np.median(row['iterations']):.0f}",
            f"{np.mean(row['log_likelihood']):.2f}",
            f"{np.mean(row['behind_demonstrator']):.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(found: list[Row], reachable: np.ndarray) -> str:
    """Returns what the fits say: who finds the goal, who matches, who predicts."""
    by_name = {row["fit"]: row for row in found}
    lines = []
    for way in ("recipe", "dual"):
        paths, causal = (by_name[f"{model}, {way}"] for model in ("non-causal", "causal"))
        lines.append(
            f"{way}: the largest reward is at the goal, 24, in {causal['largest'].count(GOAL)} of "
            f"{len(reachable)} causal fits; leaving out the goal, it is at the decoy, 8, in "
            f"{paths['largest_elsewhere'].count(DECOY)} non-causal ones. Features are off by up to "
            f"{max(paths['mismatch']):.2g} non-causal, {max(causal['mismatch']):.2g} causal."
        )
    lines.append(
        f"Discounted averages over demonstrations are what some policy expects in "
        f"{int(reachable.sum())} of {len(reachable)} sets."
    )
    return "\n".join(lines)
