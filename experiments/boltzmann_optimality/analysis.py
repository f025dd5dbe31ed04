"""The analysis: from arrays to rows, the table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.boltzmann_optimality.sweep import REGULARIZERS, Path
from experiments.frame import Arrays, Findings, Result, Row


def rows(path: Path, a: Arrays) -> Iterator[Row]:
    """Yields a row for each regulariser and pictured temperature of an environment."""
    for i, regularizer in enumerate(REGULARIZERS):
        for j, alpha in enumerate(path.pictured):
            k = path.count + j
            difference = np.abs(a["loss"][i, j] - a["predicted"][i, j])
            measured = ("return", "objective", "entropy", "entropy_per_step", "zeros")
            yield {
                "world": path.world,
                "regularizer": regularizer,
                "alpha": alpha,
                **{name: float(a[name][i, k]) for name in measured},
                "smallest_loss": float(a["loss"][i, j].min()),
                "largest_loss": float(a["loss"][i, j].max()),
                "identity_error": float(difference.max()),
            }


def along(path: Path, values: np.ndarray) -> np.ndarray:
    """Returns the part of the values that belongs to the temperatures of the path, ascending.

    The shape [..., K] becomes [..., count].
    """
    return values[..., : path.count]


def above_the_front(path: Path, a: Arrays) -> float:
    """Returns how far an epsilon-greedy policy beats Shannon's best at some temperature, at most.

    Each soft-optimal policy draws a line, return + alpha entropy / (1 - gamma) = constant, that no
    policy passes. A point above one of these lines, in units of reward, would refute the front.
    """
    price = along(path, a["alpha"]) / (1 - path.discount)
    line = along(path, a["objective"][0])
    reached = a["epsilon_return"][:, None] + price * a["epsilon_entropy"][:, None]
    return float((reached - line).max())


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        found,
        {
            "env": "{world}",
            "regulariser": "{regularizer}",
            "alpha": "{alpha:g}",
            "return": "{return:.3f}",
            "entropy per step": "{entropy_per_step:.3f}",
            "zeros": "{zeros:.2f}",
            "loss of a deviation": "{smallest_loss:.1e} to {largest_loss:.1e}",
            "error of the identity": "{identity_error:.0e}",
        },
    )


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    rows = [row for result in results for row in result.rows]
    return Findings(verdict(results), table(rows))


def verdict(results: list[Result]) -> str:
    """Returns what the rows and the paths say."""
    found = [row for result in results for row in result.rows]
    deviations = sum(a["loss"].size for _, a, _ in results)
    gains = sum(int((a["loss"] < -1e-12).sum()) for _, a, _ in results)
    error = max(row["identity_error"] for row in found)
    falls = sum(_monotone(-along(path, a["return"][0])) for path, a, _ in results)
    rises = sum(_monotone(along(path, a["entropy"][0])) for path, a, _ in results)
    above = max(above_the_front(path, a) for path, a, _ in results)
    zeros = ", ".join(
        f"{max(row['zeros'] for row in mine):.2f} with {name}"
        for name, mine in tables.by(found, "regularizer").items()
    )
    passed = "No" if above < 1e-8 else f"By up to {above:.0e}, an"
    return "\n".join(
        [
            f"Of {deviations:,} random deviations from soft-optimal policies, {gains} gain.",
            f"What a deviation loses is the expected divergence, to within {error:.0e}.",
            f"As alpha rises, the return falls throughout in {falls} and the entropy rises "
            f"throughout in {rises} of {len(results)} environments. {passed} epsilon-greedy policy "
            "passes this front.",
            f"The largest share of actions of probability 0 is {zeros}.",
        ]
    )


def _monotone(values: np.ndarray) -> bool:
    """Returns whether values never fall by more than rounding."""
    return bool(np.all(np.diff(values) >= -1e-9))
