"""The figures: the variance of the gradient, the final results of learners, and their curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from experiments import plots
from experiments.exact_entropy.runs import PLACES
from experiments.exact_entropy.sweep import ESTIMATORS
from experiments.frame import Result

_STYLES: dict[str, dict[str, Any]] = {
    "sample": {"color": plots.BLACK, "marker": "s"},
    "exact": {"color": plots.BLUE, "marker": "o"},
    "path": {"color": plots.VERMILLION, "marker": "^"},
}
_TITLES = {"trap": "Continuous trap", "pendulum": "Pendulum"}
_PLACE_TITLES = {"near": "trained actor", "away": "fresh actor, trained critics"}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    return {
        "gradient_variance.png": _gradient_variance(results),
        "learning.png": _against_alpha(results),
        "learning_curves.png": _over_time(results),
    }


def _title(result: Result) -> str:
    return _TITLES.get(result.sweep.world, result.sweep.world)


def _gradient_variance(results: list[Result]) -> Figure:
    """Draws ratios against alpha, with their 95% intervals over learners shaded."""
    figure, axes = plots.panels(2, len(results))
    for column, result in zip(axes.T, results, strict=True):
        for axis, place in zip(column, PLACES, strict=True):
            rows = [row for row in result.rows if row.get("place") == place]
            alphas = [row["alpha"] for row in rows]
            for estimator in ESTIMATORS[1:]:
                low, high = np.array([row[f"{estimator}_interval"] for row in rows]).T
                ratio = [row[f"{estimator}_ratio"] for row in rows]
                style = {**_STYLES[estimator], "label": f"{estimator} / sample"}
                # An infinite interval, of one learner, is not drawn.
                plots.band(axis, alphas, low, ratio, high, shade=0.2, markersize=5, **style)
            axis.axhline(1, color="black", linewidth=1, linestyle="--")
            axis.set(xscale="log", yscale="log", title=f"{_title(result)}:\n{_PLACE_TITLES[place]}")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
        column[-1].set_xlabel("alpha (reward per nat)")
    for axis in axes[:, 0]:
        axis.set_ylabel("ratio of gradient variances")
    plots.legend(figure, axes[0, :1])
    return figure


def _against_alpha(results: list[Result]) -> Figure:
    """Draws returns, and on the trap the stuck fraction, with their 95% intervals."""
    panels: list[tuple[Result, str, str, str]] = []
    for result in results:
        panels.append((result, "return_iqm", "return_iqm_interval", "return, interquartile mean"))
        if "best" in result.arrays:
            panels.append((result, "stuck_fraction", "stuck_interval", "stuck fraction"))
    figure, (axes,) = plots.panels(1, len(panels), height=3.8)
    for axis, (result, value, interval, label) in zip(axes, panels, strict=True):
        for shift, estimator in zip((0.93, 1.0, 1.07), ESTIMATORS, strict=True):
            rows = [row for row in result.rows if row.get("estimator") == estimator]
            # The points are drawn a little apart, so that no interval hides another.
            x = shift * np.array([row["alpha"] for row in rows])
            style = {**_STYLES[estimator], "linewidth": 1.2, "label": estimator}
            plots.with_interval(axis, x, rows, value, interval, **style)
        axis.set(xscale="log", xlabel="alpha (reward per nat)", title=_title(result))
        axis.set_ylabel(f"{label}, 95% interval")
    plots.legend(figure, axes[:1], title="entropy estimator")
    return figure


def _over_time(results: list[Result]) -> Figure:
    """Draws returns over time at the lowest, a middle and the highest temperature, shaded."""
    figure, axes = plots.panels(len(results), 3)
    for row, result in zip(axes, results, strict=True):
        count = len(result.sweep.alphas)
        for axis, j in zip(row, (0, count // 2, count - 1), strict=True):
            for i, estimator in enumerate(ESTIMATORS):
                values = result.arrays["episode_return"][:, i, j]
                colour = _STYLES[estimator]["color"]
                plots.mean_band(axis, result.arrays["steps"], values, color=colour, label=estimator)
            alpha = result.sweep.alphas[j]
            axis.set_title(f"{_title(result)}\nalpha {alpha:g}", fontsize=10)
            axis.set_xlabel("steps of each learner")
        row[0].set_ylabel("mean episode return")
    plots.legend(figure, axes[0, :1], title="entropy estimator")
    return figure
