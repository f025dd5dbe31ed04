"""The figures: episodes to solve DeepSea against its size, and learning curves elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.exploration.sweep import LABELS, LEVELS
from experiments.frame import Result

_STYLES: dict[str, dict[str, Any]] = {
    "entropy": {"color": plots.VERMILLION, "ls": "-"},
    "boltzmann": {"color": plots.VERMILLION, "ls": "--"},
    "epsilon_greedy": {"color": plots.ORANGE, "ls": "-"},
    "noisy": {"color": plots.ORANGE, "ls": "--"},
    "counts": {"color": plots.BLUE, "ls": "-"},
    "rnd": {"color": plots.BLUE, "ls": "--"},
    "icm": {"color": plots.BLUE, "ls": ":"},
    "bootstrapped": {"color": plots.GREEN, "ls": "--"},
    "optimistic": {"color": plots.GREEN, "ls": "-"},
}
_TITLES = {
    "chain": "Chain of 20 states",
    "river_swim": "RiverSwim",
    "mountain_car": "MountainCar, sparse reward",
    "door_key": "DoorKey, 5 x 5",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    deep = [r for r in results if r.sweep.world == "deep_sea"]
    others = [r for r in results if r.sweep.world != "deep_sea"]
    figures = {}
    if deep:
        figures["deep_sea.png"] = _deep_sea(deep)
    if others:
        figures["learning_curves.png"] = _curves(others)
    return figures


def _deep_sea(results: list[Result]) -> Figure:
    figure, ((axis,),) = plots.panels(1, 1, height=5.2)
    sizes = np.array(sorted({r.sweep.size for r in results}))
    fine = np.linspace(sizes[0], sizes[-1], 100)
    most = max(r.rows[0]["limit"] for r in results)
    axis.plot(fine, 2.0**fine, color="grey", lw=1, ls="--", label="$2^N$: uniform moves")
    axis.plot(fine, fine**3 / 10, color="grey", lw=1, ls=":", label="$N^3 / 10$")
    for method, label in LABELS.items():
        mine = [r.rows[0] for r in results if r.sweep.method == method]
        if not mine:
            continue
        style = _STYLES[method]
        solved = [row for row in mine if row["median"] is not None]
        missed = [row for row in mine if row["median"] is None]
        axis.plot(
            [row["size"] for row in solved],
            [row["median"] for row in solved],
            marker="o",
            lw=1.8,
            label=label,
            **style,
        )
        axis.plot(
            [row["size"] for row in missed],
            [row["limit"] for row in missed],
            ls="none",
            marker="x",
            ms=8,
            color=style["color"],
        )
    axis.plot([], [], "x", color="black", ms=8, label="not solved within so many")
    axis.set(xlabel="N, rows of DeepSea", ylabel="episodes to solve, median", yscale="log")
    axis.set_ylim(1, 2 * most)
    axis.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _curves(results: list[Result]) -> Figure:
    worlds = [world for world in LEVELS if any(r.sweep.world == world for r in results)]
    columns = min(2, len(worlds))
    figure, axes = plots.panels(-(-len(worlds) // columns), columns, height=3.4)
    for axis, world in zip(axes.ravel(), worlds, strict=False):
        for r in results:
            if r.sweep.world == world:
                steps = r.arrays["steps"] / 1000
                style = _STYLES[r.sweep.method]
                with np.errstate(all="ignore"):
                    mean = np.nanmean(r.arrays["return"], axis=-1)
                axis.plot(steps, mean, lw=1.6, label=LABELS[r.sweep.method], **style)
                if len(steps) == 1 or np.isfinite(r.arrays["solved"]).all():
                    axis.plot(steps[-1], mean[-1], "o", color=style["color"])
        axis.axhline(LEVELS[world], color="grey", lw=1, ls="--")
        axis.set(title=_TITLES[world], xlabel="thousand steps", ylabel="mean return")
    handles, labels = axes.ravel()[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
