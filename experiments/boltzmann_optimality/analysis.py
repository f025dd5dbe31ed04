"""From arrays to rows, the table and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.boltzmann_optimality.runs import Arrays
from experiments.boltzmann_optimality.sweep import REGULARIZERS, Path

Row = dict[str, Any]


def rows(paths: Mapping[str, Path], arrays: Mapping[str, Arrays]) -> list[Row]:
    """Returns a row for each world, regulariser and pictured temperature."""
    found = []
    for name, path in paths.items():
        a = arrays[name]
        for i, regularizer in enumerate(REGULARIZERS):
            for j, alpha in enumerate(path.pictured):
                k = path.count + j
                difference = np.abs(a["loss"][i, j] - a["predicted"][i, j])
                found.append(
                    {
                        "world": name,
                        "regularizer": regularizer,
                        "alpha": alpha,
                        "return": float(a["return"][i, k]),
                        "objective": float(a["objective"][i, k]),
                        "entropy": float(a["entropy"][i, k]),
                        "entropy_per_step": float(a["entropy_per_step"][i, k]),
                        "zeros": float(a["zeros"][i, k]),
                        "smallest_loss": float(a["loss"][i, j].min()),
                        "largest_loss": float(a["loss"][i, j].max()),
                        "identity_error": float(difference.max()),
                    }
                )
    return found


def along(path: Path, values: np.ndarray) -> np.ndarray:
    """Returns what belongs to the path's own temperatures, ascending: [..., K] to [..., count]."""
    return values[..., : path.count]


def above_the_front(path: Path, a: Arrays) -> float:
    """The most by which an epsilon-greedy policy beats Shannon's best at some temperature.

    Each soft-optimal policy draws a line, return + alpha entropy / (1 - gamma) = constant, that no
    policy passes: what lies above one of them, in units of reward, would refute the front.
    """
    price = along(path, a["alpha"]) / (1 - path.discount)
    line = along(path, a["objective"][0])
    reached = a["epsilon_return"][:, None] + price * a["epsilon_entropy"][:, None]
    return float((reached - line).max())


def table(found: list[Row]) -> str:
    """Returns the rows as a Markdown table."""
    lines = [
        "| world | regulariser | alpha | return | entropy per step | zeros | loss of a deviation "
        "| error of the identity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        cells = [
            row["world"],
            row["regularizer"],
            f"{row['alpha']:g}",
            f"{row['return']:.3f}",
            f"{row['entropy_per_step']:.3f}",
            f"{row['zeros']:.2f}",
            f"{row['smallest_loss']:.1e} to {row['largest_loss']:.1e}",
            f"{row['identity_error']:.0e}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(found: list[Row], paths: Mapping[str, Path], arrays: Mapping[str, Arrays]) -> str:
    """Returns what the rows and the paths say."""
    deviations = sum(a["loss"].size for a in arrays.values())
    gains = sum(int((a["loss"] < -1e-12).sum()) for a in arrays.values())
    error = max(row["identity_error"] for row in found)
    falls = [_monotone(-along(p, arrays[n]["return"][0])) for n, p in paths.items()]
    rises = [_monotone(along(p, arrays[n]["entropy"][0])) for n, p in paths.items()]
    above = max(above_the_front(p, arrays[n]) for n, p in paths.items())
    zeros = {
        name: max(row["zeros"] for row in found if row["regularizer"] == name)
        for name in REGULARIZERS
    }
    passed = "no epsilon-greedy policy passes" if above < 1e-8 else f"passed by {above:.0e} is"
    return "\n".join(
        [
            f"Boltzmann: of {deviations:,} deviations from soft-optimal policies {gains} gain; "
            f"what they lose is the expected divergence to within {error:.0e}.",
            f"Trade-off: along Shannon's path the return falls throughout in {sum(falls)} and the "
            f"entropy rises throughout in {sum(rises)} of {len(paths)} worlds; {passed} the front.",
            "Exact zeros, largest share of actions: "
            + ", ".join(f"{name} {share:.2f}" for name, share in zeros.items())
            + ".",
        ]
    )


def _monotone(values: np.ndarray) -> bool:
    """Whether values never fall by more than rounding."""
    return bool(np.all(np.diff(values) >= -1e-9))
