"""The figure: learning curves of both implementations."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from experiments import statistics
from experiments.mujoco.runs import Arrays
from experiments.mujoco.sweep import OURS, PEER, Run

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {OURS: "#0072B2", PEER: "#D55E00"}
_MARKERS = {OURS: "o", PEER: "^"}


def draw(runs: Sequence[Run], results: Sequence[Arrays], directory: pathlib.Path) -> pathlib.Path:
    """Draws every seed thinly, the interquartile mean thickly, and its 95% interval shaded."""
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axis = figure.subplots()
    for implementation in dict.fromkeys(run.implementation for run in runs):
        mine = [i for i, run in enumerate(runs) if run.implementation == implementation]
        steps = results[mine[0]]["step"]
        returns = np.stack([results[i]["returns"].mean(axis=-1) for i in mine])
        colour = _COLOURS[implementation]
        axis.plot(steps, returns.T, color=colour, linewidth=0.7, alpha=0.6)
        middle = [statistics.interquartile_mean(column) for column in returns.T]
        low, high = np.array([statistics.bootstrap_interval(column) for column in returns.T]).T
        axis.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
        label = f"{implementation}, {len(mine)} seeds"
        style = {"marker": _MARKERS[implementation], "markersize": 5, "linewidth": 2}
        axis.plot(steps, middle, color=colour, label=label, **style)
    axis.set(
        title=f"SAC on {runs[0].env}",
        xlabel="environment steps",
        ylabel=f"return of the deterministic policy,\nmean of {runs[0].episodes} episodes",
        xlim=(0, None),
    )
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, title="interquartile mean, 95% interval")
    path = directory / f"{runs[0].env.replace('/', '-')}.png"
    figure.savefig(path, dpi=90)
    return path
