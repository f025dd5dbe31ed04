"""The figures: what is known over the simulations, and the errors in trees of every shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.colors
import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result, Row
from experiments.search_trees.analysis import SMALL
from experiments.search_trees.sweep import LABELS

_STYLES: Mapping[str, dict[str, Any]] = {
    "uct": {"color": plots.BLACK, "ls": "-"},
    "uct_textbook": {"color": plots.BLACK, "ls": (0, (1, 1))},
    "ments": {"color": plots.VERMILLION, "ls": "-"},
    "rents": {"color": plots.BLUE, "ls": "-"},
    "rents_oracle": {"color": plots.BLUE, "ls": (0, (1, 1))},
    "tents": {"color": plots.GREEN, "ls": "-"},
    "dents": {"color": plots.PURPLE, "ls": (0, (4, 1.5))},
}
_WHAT = {
    "error": "error of the root's value",
    "true_error": "distance from the true value",
    "regret": "regret of a simulation",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by their file names."""
    return {"search_trees.png": _curves(results), "search_trees_grid.png": _grid(results)}


def _curves(results: list[Result]) -> Figure:
    """Draws the means over trees, with intervals, in the largest small tree and in the largest."""
    shapes = {(row["branching"], row["depth"]): row["leaves"] for r in results for row in r.rows}
    small = {shape: leaves for shape, leaves in shapes.items() if leaves <= SMALL}
    shown = dict.fromkeys(max(group, key=lambda x: group[x]) for group in (small, shapes) if group)
    figure, grid = plots.panels(len(_WHAT), len(shown), height=2.9, sharex=True, sharey="row")
    for column, (branching, depth) in zip(grid.T, shown, strict=True):
        sweep, arrays, _ = next(r for r in results if r.sweep.branching == branching)
        j = sweep.depths.index(depth)
        for i, method in enumerate(sweep.methods):
            value, exact = arrays["value"][i, j], arrays["exact"][i, j][:, np.newaxis, np.newaxis]
            found = {
                "error": np.abs(value - exact),
                "true_error": np.abs(value - 1),
                "regret": arrays["regret"][i, j],
            }
            style = {"label": LABELS[method], "lowest": 0.2, **_STYLES[method]}
            for axis, name in zip(column, _WHAT, strict=True):
                by_tree = found[name].mean(axis=1).T
                plots.mean_band(axis, arrays["simulations"], by_tree, **style)
        column[0].set_title(f"{branching} actions, depth {depth}: {branching**depth:,} leaves")
        column[-1].set_xlabel("simulations")
    for axes, what in zip(grid, _WHAT.values(), strict=True):
        axes[0].set_ylabel(what)
        axes[0].set(xscale="log", yscale="log")
    plots.legend(figure, grid[0, :1], ncols=4)
    return figure


def _grid(results: list[Result]) -> Figure:
    """Draws the error of each method in trees of every shape, after all simulations."""
    rows: list[Row] = [row for result in results for row in result.rows]
    methods = [method for method in LABELS if any(row["method"] == method for row in rows)]
    branchings = sorted({row["branching"] for row in rows})
    depths = sorted({row["depth"] for row in rows})
    columns = 4
    figure, axes = plots.wrapped(len(methods), columns, height=2.4)
    scale = matplotlib.colors.LogNorm(1e-4, 1)
    for axis, method in zip(axes, methods, strict=True):
        errors = np.full([len(depths), len(branchings)], np.nan)
        for row in (row for row in rows if row["method"] == method):
            place = depths.index(row["depth"]), branchings.index(row["branching"])
            errors[place] = row["error"]
            if row["leaves"] > SMALL:
                axis.plot(place[1], place[0], ".", color="white", ms=3)
        image = axis.imshow(errors, norm=scale, cmap="viridis", origin="lower", aspect="auto")
        axis.grid(visible=False)
        axis.set_title(LABELS[method], fontsize=10)
        axis.set_xticks(range(len(branchings)), [str(k) for k in branchings], fontsize=8)
        axis.set_yticks(range(len(depths)), [str(d) for d in depths], fontsize=8)
        axis.set_xlabel("actions", fontsize=9)
    for axis in axes[::columns]:
        axis.set_ylabel("depth", fontsize=9)
    figure.colorbar(image, ax=axes, shrink=0.8, label=_WHAT["error"])
    return figure
