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
    figure, grid = plots.panels(3, len(grouped), height=2.5, sharex=True)
    for column, (world, mine) in zip(grid.T, grouped.items(), strict=True):
        for method, group in mine.items():
            x = [row["temperature"] for row in group]
            for axis, entry in zip(column, (*_ENTRIES, "strength"), strict=True):
                plots.with_interval(axis, x, group, entry, label=LABELS[method], **_STYLES[method])
        column[0].set(title=TITLES[world].replace("against", "\nagainst").replace("by", "\nby"))
        for axis, label in zip(column, (*_ENTRIES.values(), STRENGTHS[world]), strict=True):
            axis.set(ylabel=label, xscale="log")
            axis.set_ylim(bottom=max(0, axis.get_ylim()[0]))
        column[-1].set_xlabel("temperature (value per nat)")
    plots.legend(figure, grid[0, :1], ncols=4)
    return {"search_exploration.png": figure}
