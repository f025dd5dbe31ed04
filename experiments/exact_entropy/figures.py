"""The figures: the gradient's variance, what learners end with, and how they get there."""

from __future__ import annotations

import pathlib
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.exact_entropy.analysis import Row
from experiments.exact_entropy.runs import PLACES, Arrays
from experiments.exact_entropy.sweep import ESTIMATORS, Sweep

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"sample": "#000000", "exact": "#0072B2", "path": "#D55E00"}
_MARKERS = {"sample": "s", "exact": "o", "path": "^"}
_TITLES = {"trap": "Continuous trap", "pendulum": "Pendulum"}
_PLACE_TITLES = {"near": "trained actor", "away": "fresh actor, trained critics"}


class Result(NamedTuple):
    """A sweep with its arrays and its rows of the summary."""

    sweep: Sweep
    arrays: Arrays
    gradients: list[Row]
    learning: list[Row]

    @property
    def title(self) -> str:
        """What the panels of this world are called."""
        return _TITLES.get(self.sweep.world, self.sweep.world)


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {
        "gradient_variance.png": _gradient_variance(results),
        "learning.png": _against_alpha(results),
        "learning_curves.png": _over_time(results),
    }
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=90)
    return paths


def _gradient_variance(results: list[Result]) -> Figure:
    """Ratios against alpha, their 95% intervals over learners shaded."""
    columns = len(results)
    figure = Figure(figsize=(max(4.4 * columns, 5), 6.4), layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False)
    for column, result in zip(axes.T, results, strict=True):
        for axis, place in zip(column, PLACES, strict=True):
            rows = [row for row in result.gradients if row["place"] == place]
            alphas = [row["alpha"] for row in rows]
            for estimator in ESTIMATORS[1:]:
                low, high = np.array([row[f"{estimator}_interval"] for row in rows]).T
                ratio = [row[f"{estimator}_ratio"] for row in rows]
                style = {"color": _COLOURS[estimator], "marker": _MARKERS[estimator]}
                axis.plot(alphas, ratio, label=f"{estimator} / sample", markersize=5, **style)
                if np.isfinite(high).all():
                    colour = _COLOURS[estimator]
                    axis.fill_between(alphas, low, high, color=colour, alpha=0.2, lw=0)
            axis.axhline(1, color="black", linewidth=1, linestyle="--")
            axis.set(xscale="log", yscale="log", title=f"{result.title}: {_PLACE_TITLES[place]}")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
            axis.grid(alpha=0.3)
        column[-1].set_xlabel("alpha (reward per nat)")
    for axis in axes[:, 0]:
        axis.set_ylabel("ratio of gradient variances")
    axes[0, 0].legend(frameon=False)
    return figure


def _against_alpha(results: list[Result]) -> Figure:
    """Returns, and on the trap the stuck fraction, with their 95% intervals."""
    panels: list[tuple[Result, str, str, str]] = []
    for result in results:
        label = "return, interquartile mean"
        panels.append((result, "return_iqm", "return_iqm_interval", label))
        if "best" in result.arrays:
            panels.append((result, "stuck_fraction", "stuck_interval", "stuck fraction"))
    figure = Figure(figsize=(max(4.4 * len(panels), 5), 3.8), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (result, value, interval, label) in zip(axes, panels, strict=True):
        for shift, estimator in zip((0.93, 1.0, 1.07), ESTIMATORS, strict=True):
            rows = [row for row in result.learning if row["estimator"] == estimator]
            low, high = np.array([row[interval] for row in rows]).T
            middle = np.array([row[value] for row in rows])
            axis.errorbar(
                # A little apart, so that no interval hides another.
                shift * np.array([row["alpha"] for row in rows]),
                middle,
                yerr=np.maximum([middle - low, high - middle], 0),
                color=_COLOURS[estimator],
                marker=_MARKERS[estimator],
                markersize=5,
                capsize=2,
                linewidth=1.2,
                label=estimator,
            )
        axis.set(
            xscale="log",
            xlabel="alpha (reward per nat)",
            ylabel=f"{label}, 95% interval",
            title=result.title,
        )
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, title="entropy estimator")
    return figure


def _over_time(results: list[Result]) -> Figure:
    """Returns over time at the lowest, a middle and the highest temperature, shaded as above."""
    figure = Figure(figsize=(10.5, 3.1 * len(results)), layout="constrained")
    axes = figure.subplots(len(results), 3, squeeze=False)
    for row, result in zip(axes, results, strict=True):
        count = len(result.sweep.alphas)
        for axis, j in zip(row, (0, count // 2, count - 1), strict=True):
            for i, estimator in enumerate(ESTIMATORS):
                _curve(axis, result.arrays, i, j, estimator)
            alpha = result.sweep.alphas[j]
            axis.set(
                title=f"{result.title}, alpha {alpha:g}", xlabel="environment steps of each learner"
            )
            axis.grid(alpha=0.3)
        row[0].set_ylabel("mean episode return")
    axes[0, 0].legend(frameon=False, title="entropy estimator")
    return figure


def _curve(axis: Any, arrays: Arrays, i: int, j: int, estimator: str) -> None:
    values = arrays["episode_return"][:, i, j]
    known = np.isfinite(values).all(axis=-1)  # before an episode ends there is no return
    steps, values = arrays["steps"][known], values[known]
    mean, seeds = values.mean(axis=-1), values.shape[-1]
    spread = values.std(axis=-1, ddof=1) if seeds > 1 else np.zeros_like(mean)
    band = 1.96 * spread / np.sqrt(seeds)
    colour = _COLOURS[estimator]
    axis.plot(steps, mean, color=colour, label=estimator, linewidth=1.4)
    axis.fill_between(steps, mean - band, mean + band, color=colour, alpha=0.15, lw=0)
