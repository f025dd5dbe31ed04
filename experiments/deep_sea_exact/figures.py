"""The figure: the chance of the treasure, and the return, against the temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure by its file name."""
    arrays = results[0].arrays
    figure, ((goal, rare), (value, legend)) = plots.panels(2, 2, height=3.6)
    alphas, sizes = arrays["alpha"], arrays["size"]
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(sizes)))
    for i, (size, colour) in enumerate(zip(sizes, colours, strict=True)):
        style: dict[str, Any] = {"color": colour, "lw": 1.8}
        goal.plot(alphas, arrays["goal"][i], label=f"N = {size}", **style)
        goal.plot(alphas, arrays["approximation"][i], color="black", lw=1, ls=(0, (1, 2)))
        goal.plot(arrays["approximate_threshold"][i], 0.5, "v", color=colour, ms=8, mec="black")
        rare.plot(alphas, arrays["goal"][i], **style)
        rare.plot(alphas, arrays["unaware"][i], color=colour, lw=1.4, ls="--")
        rare.plot(alphas[-1], 2.0**-size, ">", color=colour, ms=8, mec="black", clip_on=False)
        value.plot(alphas, arrays["value"][i], **style)
    goal.plot([], [], color="black", lw=1, ls=(0, (1, 2)), label="approximation")
    goal.plot([], [], "v", color="white", mec="black", ms=8, label=".99 / (N log 2)")
    goal.set(ylabel="P(goal)", title="The soft-optimal policy finds the treasure\nif alpha is low")
    rare.plot([], [], color="grey", lw=1.8, label="treasure known")
    rare.plot([], [], color="grey", lw=1.4, ls="--", label="treasure not found yet")
    rare.plot([], [], ">", color="white", mec="black", ms=8, label="uniform, $2^{-N}$")
    rare.set(ylabel="P(goal)", yscale="log", ylim=(arrays["unaware"].min() / 10, 3))
    rare.set_title("Before the treasure is found,\nno alpha beats uniform moves")
    value.set(ylabel="expected return (reward)", title="Return of the soft-optimal policy")
    for axis in (goal, rare, value):
        axis.set(xscale="log", xlabel="alpha (reward per nat)", xlim=(alphas[0], alphas[-1]))
    legend.axis("off")
    handles, labels = goal.get_legend_handles_labels()
    more, names = rare.get_legend_handles_labels()
    legend.legend(handles + more, labels + names, loc="center", frameon=False)
    return {"deep_sea.png": figure}
