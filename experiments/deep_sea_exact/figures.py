"""The figure: reaching the treasure, and what it returns, against the temperature."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure


def draw(arrays: Mapping[str, np.ndarray], directory: pathlib.Path) -> pathlib.Path:
    """Draws into `directory` and returns the path."""
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    goal, rare, value = figure.subplots(1, 3)
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
    # The space below is for the legend.
    rare.set(ylabel="P(goal)", yscale="log", ylim=(arrays["unaware"].min() / 1e4, 3))
    rare.set_title("Before the treasure is found,\nno alpha beats uniform moves")
    value.set(ylabel="expected return (reward)", title="Return of the soft-optimal policy\n")
    for axis in (goal, rare, value):
        axis.set(xscale="log", xlabel="alpha (reward per nat)", xlim=(alphas[0], alphas[-1]))
        axis.grid(alpha=0.3)
    goal.legend(frameon=False, fontsize=9)
    rare.legend(frameon=False, fontsize=9, loc="lower right")
    path = directory / "deep_sea.png"
    figure.savefig(path, dpi=110)
    return path
