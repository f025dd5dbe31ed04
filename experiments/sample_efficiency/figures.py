"""The figures: the return against steps, and the effect of other learning rates on the return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.sample_efficiency.analysis import NAMES
from experiments.sample_efficiency.sweep import LEVELS
from maxent_tf import statistics

_STYLES: dict[str, dict[str, Any]] = {
    "sac": {"color": plots.BLUE, "marker": "o"},
    "discrete_sac": {"color": plots.BLUE, "marker": "o"},
    "a2c": {"color": plots.VERMILLION, "marker": "^"},
    "ppo": {"color": plots.GREEN, "marker": "s"},
}
_TITLES = {"pendulum": "Pendulum", "cartpole": "CartPole"}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    return {"curves.png": _curves(results), "learning_rates.png": _learning_rates(results)}


def _by_world(results: list[Result]) -> dict[str, list[Result]]:
    worlds: dict[str, list[Result]] = {}
    for result in results:
        worlds.setdefault(result.sweep.world, []).append(result)
    return worlds


def _curves(results: list[Result]) -> Figure:
    """Draws evaluations over time at the learners' own learning rates.

    The 95% intervals are shaded.
    """
    worlds = _by_world(results)
    figure, (axes,) = plots.panels(1, len(worlds), height=3.8)
    for axis, (world, group) in zip(axes, worlds.items(), strict=True):
        for sweep, arrays, _ in group:
            at = int(np.argmin(np.abs(np.log(sweep.factors))))
            values = arrays["return"][:, at]
            middle = [statistics.interquartile_mean(x) for x in values]
            low, high = np.array([statistics.bootstrap_interval(x) for x in values]).T
            style = {**_STYLES[sweep.learner], "markersize": 3, "linewidth": 1.4}
            label = NAMES[sweep.learner]
            plots.band(axis, arrays["steps"], low, middle, high, shade=0.2, label=label, **style)
        axis.axhline(LEVELS[world], color="black", linewidth=1, linestyle="--")
        axis.set(xscale="log", xlabel="environment steps of each learner", title=_TITLES[world])
        axis.legend(frameon=False)
    axes[0].set_ylabel("return, interquartile mean\n(median or likeliest actions)")
    return figure


def _learning_rates(results: list[Result]) -> Figure:
    """Draws final returns against the learning rate's factor.

    The returns have their 95% intervals, and dots show the seeds.
    """
    worlds = _by_world(results)
    figure, (axes,) = plots.panels(1, len(worlds), height=3.8)
    for axis, (world, group) in zip(axes, worlds.items(), strict=True):
        shifts = np.geomspace(0.85, 1 / 0.85, len(group))  # so that no interval hides another
        for shift, (sweep, _, rows) in zip(shifts, group, strict=True):
            x = shift * np.array([row["factor"] for row in rows])
            style = _STYLES[sweep.learner]
            dots = {"s": 8, "color": style["color"], "alpha": 0.35, "linewidths": 0}
            for place, row in zip(x, rows, strict=True):
                axis.scatter(np.full(sweep.seeds, place), row["returns"], **dots)
            label = NAMES[sweep.learner]
            plots.with_interval(axis, x, rows, "return_iqm", label=label, linewidth=1.2, **style)
        factors = group[0].sweep.factors
        axis.set_xscale("log")
        axis.set_xticks(factors, [f"{factor:.2g}" for factor in factors])
        axis.minorticks_off()
        axis.set(xlabel="learning rate / the learner's own", title=_TITLES[world])
        axis.axhline(LEVELS[world], color="black", linewidth=1, linestyle="--")
        axis.legend(frameon=False)
    axes[0].set_ylabel("final return, interquartile mean")
    return figure
