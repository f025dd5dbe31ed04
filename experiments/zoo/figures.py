"""The figure: the learning curve of each preset, with the published return."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result

_COLUMNS = 3


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure: a panel for each preset."""
    figure, panels = plots.panels(math.ceil(len(results) / _COLUMNS), _COLUMNS, height=2.3)
    for axis, result in zip(panels.ravel(), results, strict=False):
        _draw_preset(axis, result)
    for axis in panels.ravel()[len(results) :]:
        axis.set_axis_off()
    panels[0, 0].legend(frameon=False, fontsize=8)
    return {"zoo.png": figure}


def _draw_preset(axis: Axes, result: Result) -> None:
    arrays, (row,) = result.arrays, result.rows
    steps, returns = arrays["steps"] / 1000, arrays["episode_return"]
    with warnings.catch_warnings():  # a record in which no episode ended has no return
        warnings.simplefilter("ignore", RuntimeWarning)
        low, middle, high = (f(returns, axis=-1) for f in (np.nanmin, np.nanmedian, np.nanmax))
    known = np.isfinite(middle)
    curves = [curve[known] for curve in (low, middle, high)]
    plots.band(axis, steps[known], *curves, shade=0.2, color=plots.BLUE, label="training")
    error = np.abs(np.array(row["iqm_interval"])[:, None] - row["iqm"])
    style: dict[str, Any] = {"color": plots.BLUE, "marker": "o", "capsize": 3, "clip_on": False}
    axis.errorbar(steps[-1:], [row["iqm"]], yerr=error, label="greedy, at the end", **style)
    if "reference" in row:
        level, spread = row["reference"], row["reference_spread"]
        axis.axhline(level, color=plots.VERMILLION, linestyle="--", lw=1, label="published")
        axis.axhspan(level - spread, level + spread, color=plots.VERMILLION, alpha=0.1, lw=0)
    axis.set_title(f"{row['algo']}, {row['env']}", fontsize=9)
    axis.set(xlabel="thousand steps", ylabel="return", xlim=(0, None))
