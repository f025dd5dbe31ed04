"""The figures: what each correction ends with, from every start, and how it gets there."""

from __future__ import annotations

import pathlib
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from experiments.tanh_correction.analysis import Row
from experiments.tanh_correction.runs import Arrays
from experiments.tanh_correction.sweep import Sweep

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"exact": "#0072B2", "epsilon": "#E69F00", "none": "#CC3311"}
_MARKERS = {"exact": "o", "epsilon": "s", "none": "^"}
_TITLES = {
    "trap": "Continuous trap",
    "bound": "One hill at the bound",
    "pendulum": "Pendulum",
}
_ENTROPY_TICKS = (-3000, -300, -30, -3, 0, 3)


class Result(NamedTuple):
    """A sweep with its arrays and its rows of the summary."""

    sweep: Sweep
    arrays: Arrays
    rows: list[Row]


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {"end.png": _at_the_end(results)}
    for start in dict.fromkeys(start for result in results for start in result.sweep.starts):
        having = [result for result in results if start in result.sweep.starts]
        figures[f"over_time_from_{start:g}.png"] = _over_time(having, start)
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=90)
    return paths


def _grid(results: list[Result]) -> tuple[Figure, np.ndarray]:
    columns = len(results)
    figure = Figure(figsize=(max(3.7 * columns, 5), 9.4), layout="constrained")
    axes = figure.subplots(4, columns, squeeze=False, sharex="col")
    for axis, result in zip(axes[0], results, strict=True):
        title = _TITLES[result.sweep.world]
        control = result.sweep.control
        axis.set_title(f"{title}\n{control}" if control else title)
    for axis in axes.ravel():
        axis.grid(alpha=0.3)
    for axis in axes[1]:
        axis.set_yscale("symlog", linthresh=3)
        axis.set_yticks(_ENTROPY_TICKS, [str(tick) for tick in _ENTROPY_TICKS])
    for axis in axes[2]:
        axis.set_yscale("log")
    for axis in axes[3]:
        axis.set_ylim(-0.04, 1.04)
    labels = ("return", "entropy (nats)", "alpha (reward per nat)", "share of saturated actions")
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    return figure, axes


def _legend(figure: Figure, axes: np.ndarray) -> None:
    """Explains, below the panels, the colours of all and the lines of the entropies."""
    handles, labels = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)


def _at_the_end(results: list[Result]) -> Figure:
    """Return with its 95% interval, both entropies, alpha and saturation against the start."""
    figure, axes = _grid(results)
    for column, result in zip(axes.T, results, strict=True):
        for correction in result.sweep.corrections:
            rows = [row for row in result.rows if row["correction"] == correction]
            x = np.arange(len(rows))
            style: dict[str, Any] = {
                "color": _COLOURS[correction],
                "marker": _MARKERS[correction],
                "markersize": 5,
            }

            def values(name: str, rows: list[Row] = rows) -> np.ndarray:
                return np.array([row[name] for row in rows])

            low, high = values("return_iqm_interval").T
            middle = values("return_iqm")
            yerr = np.maximum([middle - low, high - middle], 0)
            column[0].errorbar(x, middle, yerr=yerr, capsize=2, **style)
            column[1].plot(x, values("true_entropy"), label=f"{correction}: true", **style)
            style["markerfacecolor"] = "white"
            name = f"{correction}: believed"
            column[1].plot(x, values("believed_entropy"), linestyle=":", label=name, **style)
            del style["markerfacecolor"]
            column[2].plot(x, values("alpha"), **style)
            column[3].plot(x, values("saturation"), **style)
        column[0].set_xticks(x, [f"{start:g}" for start in result.sweep.starts])
        column[-1].set_xlabel("pre-tanh mean at the start")
    _legend(figure, axes)
    return figure


def _over_time(results: list[Result], start: float) -> Figure:
    """Means over seeds from one start, their 95% intervals shaded."""
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
                values = arrays[name][:, i, at]
                known = np.isfinite(values).all(axis=-1)  # before an episode ends: no return
                steps, values = arrays["steps"][known], values[known]
                mean = values.mean(axis=-1)
                spread = values.std(axis=-1, ddof=1) if sweep.seeds > 1 else np.zeros_like(mean)
                band = 1.96 * spread / np.sqrt(sweep.seeds)
                colour = _COLOURS[correction]
                axis.plot(steps, mean, linestyle, color=colour, label=label, linewidth=1.5)
                # On a logarithmic axis an interval that reaches 0 would leave the picture.
                floor = 0.1 * mean if name == "alpha" else -np.inf
                low = np.maximum(mean - band, floor)
                axis.fill_between(steps, low, mean + band, color=colour, alpha=0.15, lw=0)
        column[-1].set_xlabel("environment steps of each learner")
    _legend(figure, axes)
    return figure
