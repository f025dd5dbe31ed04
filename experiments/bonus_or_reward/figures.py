"""The figure: both objectives' exact curves, and the learners on or off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.bonus_or_reward.sweep import OBJECTIVES, PathSweep
from experiments.frame import Arrays, Result, Row

_COLOURS = {"bonus": plots.BLUE, "reward": plots.VERMILLION}
_MARKERS = {"fresh": ("o", True, "begun at 0"), "exact": ("D", False, "begun on the curve")}
# The curves are drawn a little apart, so that neither objective hides the other.
_BESIDE = {"bonus": 0.94, "reward": 1.06}
_LABELS = {"best": "P(best goal)", "value": "expected return (reward)"}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, a column for each environment, by its file name."""
    paths = {r.sweep.world: r.arrays for r in results if isinstance(r.sweep, PathSweep)}
    found = [r for x in results if not isinstance(x.sweep, PathSweep) for r in x.rows]
    figure, grid = plots.panels(2, len(paths), height=3.4, sharex=True)
    for column, (world, path) in zip(grid.T, paths.items(), strict=True):
        rows = [row for row in found if row["world"] == world]
        for axis, name in zip(column, ("best", "value"), strict=True):
            _panel(axis, path, rows, name)
        column[0].set_title(world)
        column[1].set_xlabel("alpha (reward per nat)")
    plots.legend(figure, grid[0, :1], ncols=1 + len(paths))
    return {"bonus_or_reward.png": figure}


def _panel(axis: Any, path: Arrays, rows: list[Row], name: str) -> None:
    for objective, curve in zip(OBJECTIVES, path[name], strict=True):
        colour = _COLOURS[objective]
        axis.plot(path["alpha"], curve, color=colour, lw=2, label=f"{objective}, exact")
        for start, (marker, filled, label) in _MARKERS.items():
            mine = [r for r in rows if (r["objective"], r["start"]) == (objective, start)]
            plots.with_interval(
                axis,
                _BESIDE[objective] * np.array([r["alpha"] for r in mine]),
                mine,
                name,
                color=colour,
                marker=marker,
                fillstyle="full" if filled else "none",
                markersize=5 if filled else 8,
                linestyle="none",
                label=f"{objective}, learners {label}",
            )
    axis.axvline(path["threshold"], color="black", lw=1, label="threshold of the reward")
    axis.axvline(path["estimate"], color="black", lw=2, ls=":", label="V* (1 - gamma) / log A")
    axis.set(xscale="log", ylabel=_LABELS[name])
