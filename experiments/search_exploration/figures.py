"""The figure: entropy, positions and strength against the temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.search_exploration.analysis import LABELS, STRENGTHS, TITLES, groups

_STYLES: dict[str, dict[str, Any]] = {
    "search": {"color": plots.BLUE, "marker": "o", "ls": "-"},
    "noise": {"color": plots.SKY, "marker": "s", "ls": "--"},
    "bonus": {"color": plots.VERMILLION, "marker": "^", "ls": "-"},
    "longer": {"color": plots.ORANGE, "marker": "v", "ls": "--"},
}
_ENTRIES = {
    "entropy": "entropy of the policy\n(nats)",
    "positions": "positions visited\nin 64 episodes",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, a column for each environment, by its file name."""
    grouped = groups([row for result in results for row in result.rows])
    worlds = [world for world in TITLES if any(world == key[0] for key in grouped)]
    figure, grid = plots.panels(3, len(worlds), height=2.5, sharex=True)
    for column, world in zip(grid.T, worlds, strict=True):
        for method in (m for m in LABELS if (world, m) in grouped):
            group = grouped[world, method]
            x = [row["temperature"] for row in group]
            for axis, entry in zip(column, (*_ENTRIES, "strength"), strict=True):
                style = {**_STYLES[method], "label": LABELS[method]}
                plots.with_interval(axis, x, group, entry, **style)
        column[0].set(title=TITLES[world].replace("against", "\nagainst").replace("by", "\nby"))
        for axis, label in zip(column, (*_ENTRIES.values(), STRENGTHS[world]), strict=True):
            axis.set(ylabel=label, xscale="log")
            axis.set_ylim(bottom=max(0, axis.get_ylim()[0]))
        column[-1].set_xlabel("temperature (value per nat)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return {"search_exploration.png": figure}
