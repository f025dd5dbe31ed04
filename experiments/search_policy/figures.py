"""The figure: distances over the simulations, and entropies by constant and by temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.search_policy.analysis import label
from experiments.search_policy.runs import KINDS

_COLOURS = (plots.BLUE, plots.VERMILLION, plots.GREEN)
# The sweeps whose entropies are drawn.
_SHOWN = ("nodes-8", "exact_game-9")
_KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "visits": ("visits of PUCT", {"marker": "o", "ms": 4, "ls": ""}),
    "policy": ("policy at their root", {"ls": "-", "lw": 1.2}),
    "searched": ("regularised search", {"ls": (0, (1, 1)), "lw": 2}),
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure by its file name."""
    fixed = [result for result in results if result.sweep.subject == "nodes"]
    games = [result for result in results if result.sweep.subject != "nodes"]
    shown = [result for result in results if result.sweep.name in _SHOWN]
    figure, grid = plots.panels(1 + len(shown), 2, height=3.1, sharey="row")
    for axis, group in zip(grid[0], (fixed, games), strict=True):
        _distances(axis, group)
    grid[0, 0].set_title("Values known and fixed")
    grid[0, 1].set_title("Searches, whose values change")
    for row, result in zip(grid[1:], shown, strict=True):
        for axis, name in zip(row, ("constant", "temperature"), strict=True):
            _entropies(axis, result, name)
            axis.set_title(label(result.rows[0]), fontsize=10)
        row[0].set_ylabel("mean entropy (nats)")
    _legend(grid[1, 1], shown[0].sweep.counts)
    return {"search_policy.png": figure}


def _distances(axis: Axes, results: list[Result]) -> None:
    for (sweep, arrays, rows), colour in zip(results, _COLOURS, strict=False):
        x = arrays["simulations"]
        axis.plot(x, arrays["distance"].mean(axis=-1), color=colour, label=label(rows[0]))
        axis.plot(x, arrays["bound"].mean(axis=-1), color=colour, ls="--", lw=1)
        if sweep.subject != "nodes":
            median = np.median(arrays["distance"], axis=-1)
            axis.plot(x, median, color=colour, ls=(0, (1, 1)), lw=1.5)
        if "control" in arrays:
            best = arrays["control"][0].mean(axis=-1)
            axis.plot(sweep.counts, best, "x", color=colour, ms=7, mew=2)
    axis.plot([], [], color="grey", ls="--", lw=1, label="bound")
    if any(result.sweep.subject != "nodes" for result in results):
        axis.plot([], [], color="grey", ls=(0, (1, 1)), lw=1.5, label="median instead of mean")
    if any("control" in result.arrays for result in results):
        axis.plot([], [], "x", color="grey", ms=7, mew=2, label="from the best policy of KL")
    axis.set(xscale="log", yscale="log", xlabel="simulations N", ylim=(1e-4, 1.1))
    axis.set_ylabel("distance of visits\nfrom the policy")
    axis.legend(frameon=False, fontsize=8, loc="lower left")


def _entropies(axis: Axes, result: Result, name: str) -> None:
    sweep = result.sweep
    x = sweep.constants if name == "constant" else sweep.temperatures
    entropy = result.arrays[f"entropy_by_{name}"].mean(axis=-1)
    for k, colour in zip(range(len(sweep.counts)), _COLOURS, strict=False):
        for kind, of_kind in zip(KINDS, entropy, strict=True):
            # With known values, there is no search beside the policy.
            if kind != "searched" or sweep.subject != "nodes":
                axis.plot(x, of_kind[k], color=colour, **_KINDS[kind][1])
    what = "constant c of PUCT" if name == "constant" else "temperature $c \\sqrt{n} / (A + N)$"
    axis.set(xscale="log", xlabel=what)


def _legend(axis: Axes, counts: tuple[int, ...]) -> None:
    for count, colour in zip(counts, _COLOURS, strict=False):
        axis.plot([], [], color=colour, lw=3, label=f"N = {count:,}")
    for name, style in _KINDS.values():
        axis.plot([], [], color="grey", label=name, **style)
    axis.legend(frameon=False, fontsize=8)
