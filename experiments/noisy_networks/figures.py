"""The figure: returns, and how random actions are in different states, over training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.noisy_networks.analysis import TITLES, best, name

_STYLES: dict[str, dict[str, Any]] = {
    "epsilon_greedy": {"color": plots.VERMILLION, "ls": "--"},
    "boltzmann": {"color": plots.GREEN, "ls": (0, (1, 1))},
    "noisy": {"color": plots.BLUE, "ls": "-"},
}
_ENTRIES = {
    "return": "greedy return",
    "variance": "variance of the action,\nmean over states",
    "spread": "variance of the action,\nspread over states",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, a column for each environment, by its file name."""
    kept = best([row for result in results for row in result.rows])
    worlds = list(dict.fromkeys(world for world, _ in kept))
    figure, grid = plots.panels(len(_ENTRIES), len(worlds), height=2.6, sharex="col")
    for column, world in zip(grid.T, worlds, strict=True):
        for sweep, arrays, _ in (r for r in results if r.sweep.world == world):
            row = kept[world, sweep.method]
            at = sweep.settings.index(row["setting"])
            style = {**_STYLES[sweep.method], "label": name(row)}
            for axis, entry in zip(column, _ENTRIES, strict=True):
                plots.mean_band(axis, arrays["steps"], arrays[entry][:, at], **style)
        column[0].set_title(TITLES[world])
        column[0].legend(frameon=False, fontsize=9)
        column[-1].set_xlabel("steps of each learner")
    for axis, label in zip(grid[:, 0], _ENTRIES.values(), strict=True):
        axis.set_ylabel(label)
    return {"noisy_networks.png": figure}
