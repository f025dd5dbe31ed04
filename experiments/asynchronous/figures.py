"""The figure: stuck fractions and returns of A3C and A2C against the number of workers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result

_STYLES = {
    "a2c": {"color": plots.BLUE, "fillstyle": "none", "label": "A2C, so many environments"},
    "a3c": {"color": plots.VERMILLION, "label": "A3C, so many workers"},
}
# Drawn a little apart, so that neither algorithm hides the other.
_BESIDE = {"a2c": 0.97, "a3c": 1.03}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, a column for each temperature, by its file name."""
    rows = [row for result in results for row in result.rows]
    alphas = sorted({row["alpha"] for row in rows})
    figure, grid = plots.panels(2, len(alphas), sharex=True, sharey="row")
    for column, alpha in zip(grid.T, alphas, strict=True):
        for algorithm, style in _STYLES.items():
            mine = [r for r in rows if (r["alpha"], r["algorithm"]) == (alpha, algorithm)]
            x = _BESIDE[algorithm] * np.array([r["workers"] for r in mine])
            plots.with_interval(column[0], x, mine, "stuck_fraction", "stuck_interval", **style)
            plots.with_interval(column[1], x, mine, "return", **style)
        column[0].set_title(f"alpha = {alpha:g}")
        column[1].set_xscale("log", base=2)
        workers = sorted({row["workers"] for row in rows})
        column[1].set_xticks(workers, [str(n) for n in workers])
        column[1].set_xlabel("workers")
    grid[0, 0].set_ylabel("fraction of learners stuck")
    grid[1, 0].set_ylabel("expected return (reward)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=2)
    return {"asynchronous.png": figure}
