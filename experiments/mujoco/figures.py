"""The figure: the learning curves of both implementations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.mujoco.sweep import OURS, PEER
from maxent_tf import statistics

_COLOURS = {OURS: plots.BLUE, PEER: plots.VERMILLION}
_MARKERS = {OURS: "o", PEER: "^"}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure by its file name.

    The seeds are thin lines. Their interquartile mean is thick, with its 95% interval shaded.
    """
    figure, ((axis,),) = plots.panels(1, 1, height=4.2)
    run = results[0].sweep
    for implementation in dict.fromkeys(result.sweep.implementation for result in results):
        mine = [x.arrays for x in results if x.sweep.implementation == implementation]
        steps = mine[0]["step"]
        returns = np.stack([arrays["returns"].mean(axis=-1) for arrays in mine])
        colour = _COLOURS[implementation]
        axis.plot(steps, returns.T, color=colour, linewidth=0.7, alpha=0.6)
        middle = [statistics.interquartile_mean(column) for column in returns.T]
        low, high = np.array([statistics.bootstrap_interval(column) for column in returns.T]).T
        label = f"{implementation}, {len(mine)} seeds"
        style = {"marker": _MARKERS[implementation], "markersize": 5, "linewidth": 2}
        plots.band(axis, steps, low, middle, high, color=colour, label=label, **style)
    axis.set(
        title=f"SAC on {run.env}",
        xlabel="environment steps",
        ylabel=f"return of the deterministic policy,\nmean of {run.episodes} episodes",
        xlim=(0, None),
    )
    axis.legend(frameon=False, title="interquartile mean, 95% interval")
    return {f"{run.env.replace('/', '-')}.png": figure}
