"""The figures: return against the temperature, and what happens over time."""

from __future__ import annotations

import pathlib
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.temperature_control.analysis import Row
from experiments.temperature_control.runs import Arrays
from experiments.temperature_control.sweep import AutomaticSweep, FixedSweep

# Okabe and Ito's colours, told apart by colour-blind readers too: by target.
_COLOURS = ("#E69F00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9")
_MARKERS = ("s", "o", "^", "D", "v")
_TITLES = {
    "pendulum": "Pendulum",
    "held": "Mountain car, throttle held",
    "mountain_car": "Mountain car, continuous",
    "by_state": "Mountain car, noise by the state",
}


class Result(NamedTuple):
    """A sweep with its arrays and its rows of the summary."""

    sweep: FixedSweep | AutomaticSweep
    arrays: Arrays
    rows: list[Row]


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {"sensitivity.png": _sensitivity(results)}
    for world in dict.fromkeys(result.sweep.world for result in results):
        having = [result for result in results if result.sweep.world == world]
        figures[f"over_time_{world}.png"] = _over_time(having)
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=90)
    return paths


def _sensitivity(results: list[Result]) -> Figure:
    """Final return and final alpha against the alpha fixed or started from."""
    worlds = list(dict.fromkeys(result.sweep.world for result in results))
    figure = Figure(figsize=(max(4.6 * len(worlds), 5.5), 6.6), layout="constrained")
    axes = figure.subplots(2, len(worlds), squeeze=False, sharex="col")
    for (above, below), world in zip(axes.T, worlds, strict=True):
        rows = [row for result in results if result.sweep.world == world for row in result.rows]
        targets = [t for t in dict.fromkeys(row["target"] for row in rows) if t is not None]
        _returns(above, below, [r for r in rows if r["target"] is None], "fixed", "black", "x")
        for target, colour, marker in zip(targets, _COLOURS, _MARKERS, strict=False):
            group = [row for row in rows if row["target"] == target]
            _returns(above, below, group, f"automatic, target {target:g}", colour, marker)
        above.set_title(_TITLES[world])
        below.set(xscale="log", yscale="log")
        below.set_xlabel("alpha, fixed or at the start (reward per nat)")
        for axis in (above, below):
            axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("mean return of the median action")
    axes[1, 0].set_ylabel("alpha at the end (reward per nat)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _returns(
    above: Axes, below: Axes, rows: list[Row], label: str, colour: str, marker: str
) -> None:
    """Means with their 95% intervals, and where alpha ends."""
    alpha, middle, end = (
        np.array([row[name] for row in rows]) for name in ("alpha", "return_mean", "alpha_end")
    )
    low, high = np.array([row["return_interval"] for row in rows]).T
    style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5}
    yerr = np.maximum([middle - low, high - middle], 0)
    above.errorbar(alpha, middle, yerr=yerr, capsize=2, label=label, **style)
    below.plot(alpha, end, **style)


def _over_time(results: list[Result]) -> Figure:
    """A column for fixed temperatures and one for each target; a line for each alpha."""
    columns = [(result, i) for result in results for i in range(len(result.sweep.targets))]
    figure = Figure(figsize=(3.3 * len(columns), 7.6), layout="constrained")
    axes = figure.subplots(3, len(columns), squeeze=False, sharex=True, sharey="row")
    alphas = sorted({alpha for result in results for alpha in result.sweep.alphas})
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(alphas)))
    figure.suptitle(_TITLES[results[0].sweep.world])
    for column, (result, i) in zip(axes.T, columns, strict=True):
        target = result.sweep.targets[i]
        column[0].set_title("fixed" if target is None else f"automatic, target {target:g}")
        for j, alpha in enumerate(result.sweep.alphas):
            colour = colours[alphas.index(alpha)]
            for axis, name in zip(column, ("episode_return", "alpha", "entropy"), strict=True):
                values = result.arrays[name][:, i, j]
                _band(axis, result.arrays["steps"], values, colour, f"{alpha:g}")
        if target is not None:
            column[2].axhline(target, color="black", linestyle=":", linewidth=1)
        column[1].set_yscale("log")
        column[-1].set_xlabel("steps of each learner")
        column[-1].xaxis.set_major_locator(MaxNLocator(4))
        for axis in column:
            axis.grid(alpha=0.3)
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


def _band(axis: Axes, steps: np.ndarray, values: np.ndarray, colour: Any, label: str) -> None:
    """The mean over seeds, from least to largest shaded, where any of them has a number."""
    known = np.isfinite(values).any(axis=-1)
    steps, values = steps[known], values[known]
    axis.plot(steps, np.nanmean(values, axis=-1), color=colour, label=label, linewidth=1.5)
    low, high = np.nanmin(values, axis=-1), np.nanmax(values, axis=-1)
    axis.fill_between(steps, low, high, color=colour, alpha=0.15, lw=0)
