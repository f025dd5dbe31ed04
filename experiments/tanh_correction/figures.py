"""The figures: the results with each correction at the end, from every start, and over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import plots
from experiments.frame import Result

_COLOURS = {"exact": plots.BLUE, "epsilon": plots.ORANGE, "none": plots.VERMILLION}
_MARKERS = {"exact": "o", "epsilon": "s", "none": "^"}
_TITLES = {"trap": "Continuous trap", "bound": "One hill at the bound", "pendulum": "Pendulum"}
_ENTROPY_TICKS = (-3000, -300, -30, -3, 0, 3)


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    figures = {"end.png": _at_the_end(results)}
    for start in dict.fromkeys(start for result in results for start in result.sweep.starts):
        having = [result for result in results if start in result.sweep.starts]
        figures[f"over_time_from_{start:g}.png"] = _over_time(having, start)
    return figures


def _grid(results: list[Result]) -> tuple[Figure, np.ndarray]:
    figure, axes = plots.panels(4, len(results), height=2.4, sharex="col")
    for axis, result in zip(axes[0], results, strict=True):
        title = _TITLES[result.sweep.world]
        control = result.sweep.control
        axis.set_title(f"{title}\n{control}" if control else title, fontsize=10)
    for axis in axes[1]:
        axis.set_yscale("symlog", linthresh=3)
        axis.set_yticks(_ENTROPY_TICKS, [str(tick) for tick in _ENTROPY_TICKS])
    for axis in axes[2]:
        axis.set_yscale("log")
    for axis in axes[3]:
        axis.set_ylim(-0.04, 1.04)
    labels = ("return", "entropy (nats)", "alpha\n(reward per nat)", "share of\nsaturated actions")
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    return figure, axes


def _at_the_end(results: list[Result]) -> Figure:
    """Draws return with 95% intervals, both entropies, alpha and saturation against the start."""
    figure, axes = _grid(results)
    for column, result in zip(axes.T, results, strict=True):
        for correction in result.sweep.corrections:
            rows = [row for row in result.rows if row["correction"] == correction]
            x = np.arange(len(rows))
            style = {"color": _COLOURS[correction], "marker": _MARKERS[correction]}
            plots.with_interval(column[0], x, rows, "return_iqm", **style)
            hollow = {"linestyle": ":", "markerfacecolor": "white"}
            lines: list[tuple[Axes, str, dict[str, Any]]] = [
                (column[1], "true_entropy", {"label": f"{correction}: true"}),
                (column[1], "believed_entropy", {"label": f"{correction}: believed", **hollow}),
                (column[2], "alpha", {}),
                (column[3], "saturation", {}),
            ]
            for axis, name, more in lines:
                axis.plot(x, [row[name] for row in rows], markersize=5, **style, **more)
        column[0].set_xticks(x, [f"{start:g}" for start in result.sweep.starts])
        column[-1].set_xlabel("pre-tanh mean\nat the start")
    plots.legend(figure, axes[1, :1], fontsize=10)  # the entropies have every colour and line
    return figure


def _over_time(results: list[Result], start: float) -> Figure:
    """Draws means over seeds from one start, with their 95% intervals shaded."""
    figure, axes = _grid(results)
    figure.suptitle(f"Policies started at pre-tanh mean {start:g}")
    for column, (sweep, arrays, _) in zip(axes.T, results, strict=True):
        at = sweep.starts.index(start)
        for i, correction in enumerate(sweep.corrections):
            lines = [
                (column[0], "episode_return", "-", None),
                (column[1], "true_entropy", "-", f"{correction}: true"),
                (column[1], "entropy", ":", f"{correction}: believed"),
                (column[2], "alpha", "-", None),
                (column[3], "saturation", "-", None),
            ]
            for axis, name, linestyle, label in lines:
                style = {"color": _COLOURS[correction], "linestyle": linestyle, "label": label}
                lowest = 0.1 if name == "alpha" else None
                plots.mean_band(axis, arrays["steps"], arrays[name][:, i, at], lowest, **style)
        column[-1].xaxis.set_major_locator(MaxNLocator(3))
        column[-1].set_xlabel("steps of each learner")
    plots.legend(figure, axes[1, :1], fontsize=10)  # the entropies have every colour and line
    return figure
