"""The figure: both objectives' exact curves, and the learners on or off them."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments.bonus_or_reward.analysis import Row
from experiments.bonus_or_reward.sweep import OBJECTIVES

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"bonus": "#0072B2", "reward": "#D55E00"}
_MARKERS = {"fresh": ("o", True, "begun at 0"), "exact": ("D", False, "begun on the curve")}
# Drawn a little apart, so that neither objective hides the other.
_BESIDE = {"bonus": 0.94, "reward": 1.06}
_LABELS = {"best": "P(best goal)", "value": "expected return (reward)"}


def draw(
    paths: Mapping[str, Mapping[str, np.ndarray]], found: list[Row], directory: pathlib.Path
) -> pathlib.Path:
    """Draws a column for each world into `directory` and returns the path."""
    figure = Figure(figsize=(5.6 * len(paths) + 1.4, 7.4), layout="constrained")
    grid = figure.subplots(2, len(paths), squeeze=False, sharex=True)
    for column, (world, path) in enumerate(paths.items()):
        rows = [row for row in found if row["world"] == world]
        for axis, name in zip(grid[:, column], ("best", "value"), strict=True):
            _panel(axis, path, rows, name)
            axis.set_ylabel(_LABELS[name])
        grid[0, column].set_title(world)
        grid[1, column].set_xlabel("alpha (reward per nat)")
    grid[0, -1].legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    path_of_figure = directory / "bonus_or_reward.png"
    figure.savefig(path_of_figure, dpi=110)
    return path_of_figure


def _panel(axis: Any, path: Mapping[str, np.ndarray], rows: list[Row], name: str) -> None:
    for objective, curve in zip(OBJECTIVES, path[name], strict=True):
        colour = _COLOURS[objective]
        axis.plot(path["alpha"], curve, color=colour, lw=2, label=f"{objective}, exact")
        for start, (marker, filled, label) in _MARKERS.items():
            mine = [r for r in rows if (r["objective"], r["start"]) == (objective, start)]
            middle = np.array([r[name] for r in mine])
            low, high = np.array([r[f"{name}_interval"] for r in mine]).T
            axis.errorbar(
                _BESIDE[objective] * np.array([r["alpha"] for r in mine]),
                middle,
                yerr=np.maximum([middle - low, high - middle], 0),
                color=colour,
                marker=marker,
                fillstyle="full" if filled else "none",
                markersize=5 if filled else 8,
                linestyle="none",
                capsize=2,
                label=f"{objective}, learners {label}",
            )
    axis.axvline(path["threshold"], color="black", lw=1, label="threshold of the reward")
    axis.axvline(path["estimate"], color="black", lw=2, ls=":", label="V* (1 - gamma) / log A")
    axis.set(xscale="log")
    axis.grid(alpha=0.3)
