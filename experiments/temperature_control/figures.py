"""The figures: the return against the temperature, and the course of the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import plots
from experiments.frame import Result

# The colours of the targets.
_COLOURS = (plots.ORANGE, plots.BLUE, plots.GREEN, plots.PURPLE, plots.SKY)
_MARKERS = ("s", "o", "^", "D", "v")
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
    worlds = list(dict.fromkeys(result.sweep.world for result in results))
    figure, axes = plots.panels(len(worlds), 2, height=2.8)
    for (left, right), world in zip(axes, worlds, strict=True):
        rows = [row for result in results if result.sweep.world == world for row in result.rows]
        targets = [t for t in dict.fromkeys(row["target"] for row in rows) if t is not None]
        fixed = {"color": plots.BLACK, "marker": "x", "linestyle": "-", "label": "fixed"}
        groups = [([row for row in rows if row["target"] is None], fixed)]
        for target, colour, marker in zip(targets, _COLOURS, _MARKERS, strict=False):
            group = [row for row in rows if row["target"] == target]
            label = f"automatic, target {target:g} nats"
            # There is no line, because starts may lie three decades apart.
            style = {"color": colour, "marker": marker, "linestyle": "none", "label": label}
            groups.append((group, style))
        for i, (group, style) in enumerate(groups):
            alpha = np.array([row["alpha"] for row in group]) * 1.08**i
            plots.with_interval(left, alpha, group, "return_mean", "return_interval", **style)
            right.plot(alpha, [row["alpha_end"] for row in group], markersize=5, **style)
        left.set(xscale="log", title=_TITLES[world], ylabel="mean return")
        right.set(xscale="log", yscale="log", ylabel="alpha at the end")
    for axis in axes[-1]:
        axis.set_xlabel("alpha, fixed or at the start (reward per nat)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
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
            style = styles[alphas.index(alpha)]
            for axis, name in zip(column, ("episode_return", "alpha", "entropy"), strict=True):
                values = result.arrays[name][:, i, j]
                _band(axis, result.arrays["steps"], values, style, f"{alpha:g}")
        if target is not None:
            column[2].axhline(target, color="black", linestyle=":", linewidth=1)
        column[1].set_yscale("log")
        column[-1].set_xlabel("steps of each learner")
        column[-1].xaxis.set_major_locator(MaxNLocator(3))
    labels = ("return of an episode", "alpha (reward per nat)", "entropy (nats)")
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    named: dict[str, Any] = {}
    for axis in axes[0]:
        handles, names = axis.get_legend_handles_labels()
        named |= dict(zip(names, handles, strict=True))
    names = sorted(named, key=float)
    title = "alpha, fixed or at the start"
    handles = [named[name] for name in names]
    place = "outside lower center"
    figure.legend(handles, names, loc=place, ncols=len(names), frameon=False, title=title)
    return figure


def _band(axis: Axes, steps: np.ndarray, values: np.ndarray, style: Any, label: str) -> None:
    """Draws the mean over seeds, shaded from least to largest, where any seed has a number."""
    known = np.isfinite(values).any(axis=-1)
    steps, values = steps[known], values[known]
    axis.plot(steps, np.nanmean(values, axis=-1), label=label, linewidth=1.5, **style)
    low, high = np.nanmin(values, axis=-1), np.nanmax(values, axis=-1)
    axis.fill_between(steps, low, high, color=style["color"], alpha=0.15, lw=0)
