"""The figures: the return against the temperature, and the course of the training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import plots, tables
from experiments.frame import Result

# The colours and markers of fixed temperatures, and of the targets.
_COLOURS = (plots.BLACK, plots.ORANGE, plots.BLUE, plots.GREEN, plots.PURPLE, plots.SKY)
_MARKERS = ("x", "s", "o", "^", "D", "v")
_TITLES = {
    "pendulum": "Pendulum",
    "held": "Mountain car, throttle held",
    "mountain_car": "Mountain car, continuous",
    "by_state": "Mountain car, noise by the state",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    figures = {"sensitivity.png": _sensitivity(results)}
    for world in dict.fromkeys(result.sweep.world for result in results):
        having = [result for result in results if result.sweep.world == world]
        figures[f"over_time_{world}.png"] = _over_time(having)
    return figures


def _sensitivity(results: list[Result]) -> Figure:
    """Draws final return and final alpha against the fixed or initial alpha, by environment."""
    worlds = tables.by((row for result in results for row in result.rows), "world")
    figure, axes = plots.panels(len(worlds), 2, height=2.8)
    for (left, right), (world, rows) in zip(axes, worlds.items(), strict=True):
        # The first group is that of fixed temperatures.
        groups = zip(tables.by(rows, "target").items(), _COLOURS, _MARKERS, strict=False)
        for i, ((target, group), colour, marker) in enumerate(groups):
            label = "fixed" if target is None else f"automatic, target {target:g} nats"
            # Automatic ones have no line, because starts may lie three decades apart.
            line = "-" if target is None else "none"
            style = {"color": colour, "marker": marker, "linestyle": line, "label": label}
            alpha = np.array([row["alpha"] for row in group]) * 1.08**i
            plots.with_interval(left, alpha, group, "return_mean", "return_interval", **style)
            right.plot(alpha, [row["alpha_end"] for row in group], markersize=5, **style)
        left.set(xscale="log", title=_TITLES[world], ylabel="mean return")
        right.set(xscale="log", yscale="log", ylabel="alpha at the end")
    for axis in axes[-1]:
        axis.set_xlabel("alpha, fixed or at the start (reward per nat)")
    plots.legend(figure, axes[0, :1], ncols=2, fontsize=10)
    return figure


def _over_time(results: list[Result]) -> Figure:
    """Draws a column for fixed temperatures and one for each target, with a line for each alpha."""
    columns = [(result, i) for result in results for i in range(len(result.sweep.targets))]
    figure, axes = plots.panels(3, len(columns), height=2.6, sharex=True, sharey="row")
    alphas = sorted({alpha for result in results for alpha in result.sweep.alphas})
    styles = plots.by_alpha(len(alphas))
    figure.suptitle(_TITLES[results[0].sweep.world])
    for column, (result, i) in zip(axes.T, columns, strict=True):
        target = result.sweep.targets[i]
        column[0].set_title(
            "fixed" if target is None else f"automatic,\ntarget {target:g} nats", fontsize=10
        )
        for j, alpha in enumerate(result.sweep.alphas):
            style = {"label": f"{alpha:g}", **styles[alphas.index(alpha)]}
            for axis, name in zip(column, ("episode_return", "alpha", "entropy"), strict=True):
                values = result.arrays[name][:, i, j]
                known = np.isfinite(values).any(axis=-1)
                # The mean of the seeds that have a number, shaded from the least to the largest.
                measures = (np.nanmin, np.nanmean, np.nanmax)
                curves = [measure(values[known], axis=-1) for measure in measures]
                plots.band(axis, result.arrays["steps"][known], *curves, **style)
        if target is not None:
            column[2].axhline(target, color="black", linestyle=":", linewidth=1)
        column[1].set_yscale("log")
        column[-1].set_xlabel("steps of each learner")
        column[-1].xaxis.set_major_locator(MaxNLocator(3))
    labels = ("return of an episode", "alpha (reward per nat)", "entropy (nats)")
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    title = "alpha, fixed or at the start"
    plots.legend(figure, axes[0], ncols=len(alphas), fontsize=10, title=title)
    return figure
