"""From the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.deep_sea_exact import paths

Row = dict[str, Any]
# In units of the threshold, where the table looks.
FACTORS = (0.5, 1.0, 2.0)


def rows(arrays: Mapping[str, np.ndarray]) -> list[Row]:
    """Returns a row for each size, in plain numbers."""
    found = []
    for i, size in enumerate(arrays["size"].tolist()):
        threshold = float(arrays["threshold"][i])
        at = paths.path_sum(size, threshold * np.array(FACTORS))
        found.append(
            {
                "size": size,
                "threshold": threshold,
                "approximate_threshold": float(arrays["approximate_threshold"][i]),
                "goal_at": at.goal.tolist(),
                "value_at": at.value.tolist(),
                "uniform": 2.0**-size,
                "approximation_error": _largest(arrays["approximation"] - arrays["goal"], i),
                "solver_error": max(
                    _largest(arrays["solved_goal"] - arrays["goal"], i),
                    _largest(arrays["solved_unaware"] - arrays["unaware"], i),
                ),
                "falls": bool((np.diff(arrays["goal"][i]) <= 0).all()),
                "value_falls": bool((np.diff(arrays["value"][i]) <= 0).all()),
                "least_over_uniform": float(arrays["goal"][i].min() * 2.0**size),
                "unaware_over_uniform": float(arrays["unaware"][i].max() * 2.0**size),
            }
        )
    return found


def _largest(difference: np.ndarray, i: int) -> float:
    return float(np.abs(difference[i]).max())


def table(found: list[Row]) -> str:
    """Returns the rows as a Markdown table."""
    at = " | ".join(f"P(goal), return at {factor:g} threshold" for factor in FACTORS)
    lines = [
        f"| N | threshold | .99/(N log 2) | {at} | uniform | unaware, at most "
        "| approximation off by | solver off by |",
        "|" + "---|" * (7 + len(FACTORS)),
    ]
    for row in found:
        reached = zip(row["goal_at"], row["value_at"], strict=True)
        cells = [
            str(row["size"]),
            f"{row['threshold']:.5f}",
            f"{row['approximate_threshold']:.5f}",
            *(f"{goal:.3g}, {value:.3f}" for goal, value in reached),
            f"{row['uniform']:.1e}",
            f"{row['unaware_over_uniform'] * row['uniform']:.1e}",
            f"{row['approximation_error']:.1e}",
            f"{row['solver_error']:.0e}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(found: list[Row]) -> str:
    """Returns what entropy does here and what it does not, in sentences made from the rows."""
    falling = sum(row["falls"] and row["value_falls"] for row in found)
    kept = sum(row["least_over_uniform"] >= 1 for row in found)
    helped = sum(row["unaware_over_uniform"] > 1 for row in found)
    apart = max(abs(row["threshold"] / row["approximate_threshold"] - 1) for row in found)
    largest = found[-1]
    return "\n".join(
        [
            f"Once the treasure is known: P(goal) and return fall with alpha throughout in "
            f"{falling} of {len(found)} worlds, and P(goal) stays above the uniform policy's in "
            f"{kept}. It is one half within {apart:.1%} of .99/(N log 2): the longer the dive, the "
            f"less entropy it bears, at N = {largest['size']} alpha = {largest['threshold']:.4f}.",
            f"Before it is found: entropy makes the treasure likelier than uniform moves do in "
            f"{helped} of {len(found)} worlds, at any alpha; at best it takes "
            f"{1 / (largest['unaware_over_uniform'] * largest['uniform']):.1e} episodes of "
            f"N = {largest['size']} to find it.",
        ]
    )
