"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.deep_sea_exact import paths
from experiments.deep_sea_exact.sweep import Sweep
from experiments.frame import Arrays, Row

# The temperatures of the table, in units of the threshold.
FACTORS = (0.5, 1.0, 2.0)


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each size, in plain numbers."""
    for i, size in enumerate(sweep.sizes):
        threshold = float(arrays["threshold"][i])
        at = paths.path_sum(size, threshold * np.array(FACTORS))
        goal, unaware = arrays["goal"][i], arrays["unaware"][i]
        yield {
            "size": size,
            "threshold": threshold,
            "approximate_threshold": float(arrays["approximate_threshold"][i]),
            "goal_at": at.goal.tolist(),
            "value_at": at.value.tolist(),
            "uniform": 2.0**-size,
            "approximation_error": _distance(arrays["approximation"][i], goal),
            "solver_error": max(
                _distance(arrays["solved_goal"][i], goal),
                _distance(arrays["solved_unaware"][i], unaware),
            ),
            "falls": bool((np.diff(goal) <= 0).all()),
            "value_falls": bool((np.diff(arrays["value"][i]) <= 0).all()),
            "least_over_uniform": float(goal.min() * 2.0**size),
            "unaware_over_uniform": float(unaware.max() * 2.0**size),
        }


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max())


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    at = {
        f"P(goal), return at {factor:g} threshold": f"{{goal_at[{i}]:.3g}}, {{value_at[{i}]:.3f}}"
        for i, factor in enumerate(FACTORS)
    }
    return tables.table(
        found,
        {
            "N": "{size}",
            "threshold": "{threshold:.5f}",
            ".99/(N log 2)": "{approximate_threshold:.5f}",
            **at,
            "uniform": "{uniform:.1e}",
            "unaware, at most": lambda row: f"{row['unaware_over_uniform'] * row['uniform']:.1e}",
            "approximation off by": "{approximation_error:.1e}",
            "solver off by": "{solver_error:.0e}",
        },
    )


def verdict(found: list[Row]) -> str:
    """Returns what entropy does here and what it does not, in sentences made from the rows."""
    falling = sum(row["falls"] and row["value_falls"] for row in found)
    kept = sum(row["least_over_uniform"] >= 1 for row in found)
    helped = sum(row["unaware_over_uniform"] > 1 for row in found)
    apart = max(abs(row["threshold"] / row["approximate_threshold"] - 1) for row in found)
    largest = found[-1]
    episodes = 1 / (largest["unaware_over_uniform"] * largest["uniform"])
    headline = (
        "Entropy does not help to find the treasure: no alpha makes it likelier than uniform moves "
        "do."
        if not helped
        else f"Entropy makes the treasure likelier than uniform moves do in {helped} of "
        f"{len(found)} environments."
    )
    return "\n".join(
        [
            headline,
            f"Before the treasure is found, even the best alpha takes {episodes:.1e} episodes to "
            f"find it at N = {largest['size']}.",
            f"Once the treasure is known, entropy only costs: P(goal) and return fall with alpha "
            f"throughout in {falling} of {len(found)} environments, and P(goal) stays above the "
            f"uniform policy's in {kept}.",
            f"P(goal) is one half at an alpha within {apart:.1%} of .99 / (N log 2), which is "
            f"{largest['threshold']:.4f} at N = {largest['size']}: the longer the dive, the less "
            "entropy it bears.",
        ]
    )
