"""The figures: return against steps, and what other learning rates do to it."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from experiments import statistics
from experiments.sample_efficiency.analysis import NAMES, Row
from experiments.sample_efficiency.runs import Arrays
from experiments.sample_efficiency.sweep import LEVELS, Sweep

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {
    "sac": "#0072B2",
    "discrete_sac": "#0072B2",
    "a2c": "#D55E00",
    "ppo": "#009E73",
}
_MARKERS = {"sac": "o", "discrete_sac": "o", "a2c": "^", "ppo": "s"}
_TITLES = {"pendulum": "Pendulum", "cartpole": "CartPole"}


class Result(NamedTuple):
    """A sweep with its arrays and its rows of the summary."""

    sweep: Sweep
    arrays: Arrays
    rows: list[Row]


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {"curves.png": _curves(results), "learning_rates.png": _learning_rates(results)}
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=90)
    return paths


def _by_world(results: list[Result]) -> dict[str, list[Result]]:
    worlds: dict[str, list[Result]] = {}
    for result in results:
        worlds.setdefault(result.sweep.world, []).append(result)
    return worlds


def _curves(results: list[Result]) -> Figure:
    """Evaluations over time at the learners' own learning rates, their 95% intervals shaded."""
    worlds = _by_world(results)
    figure = Figure(figsize=(max(4.4 * len(worlds), 5), 3.8), layout="constrained")
    axes = figure.subplots(1, len(worlds), squeeze=False)[0]
    for axis, (world, group) in zip(axes, worlds.items(), strict=True):
        for sweep, arrays, _ in group:
            at = int(np.argmin(np.abs(np.log(sweep.factors))))
            values = arrays["return"][:, at]
            middle = [statistics.interquartile_mean(x) for x in values]
            low, high = np.array([statistics.bootstrap_interval(x) for x in values]).T
            colour = _COLOURS[sweep.learner]
            axis.plot(
                arrays["steps"],
                middle,
                color=colour,
                marker=_MARKERS[sweep.learner],
                markersize=3,
                linewidth=1.4,
                label=NAMES[sweep.learner],
            )
            axis.fill_between(arrays["steps"], low, high, color=colour, alpha=0.2, lw=0)
        axis.axhline(LEVELS[group[0].sweep.world], color="black", linewidth=1, linestyle="--")
        axis.set(xscale="log", xlabel="environment steps of each learner", title=_TITLES[world])
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    axes[0].set_ylabel("return, interquartile mean\n(median or likeliest actions)")
    return figure


def _learning_rates(results: list[Result]) -> Figure:
    """Final returns against the learning rate's factor, with their 95% intervals; dots: seeds."""
    worlds = _by_world(results)
    figure = Figure(figsize=(max(4.4 * len(worlds), 5), 3.8), layout="constrained")
    axes = figure.subplots(1, len(worlds), squeeze=False)[0]
    for axis, (world, group) in zip(axes, worlds.items(), strict=True):
        shifts = np.geomspace(0.85, 1 / 0.85, len(group))  # so that no interval hides another
        for shift, (sweep, _, rows) in zip(shifts, group, strict=True):
            x = shift * np.array([row["factor"] for row in rows])
            middle = np.array([row["return_iqm"] for row in rows])
            low, high = np.array([row["return_iqm_interval"] for row in rows]).T
            colour = _COLOURS[sweep.learner]
            for place, row in zip(x, rows, strict=True):
                seeds = np.full(sweep.seeds, place)
                axis.scatter(seeds, row["returns"], s=8, color=colour, alpha=0.35, linewidths=0)
            axis.errorbar(
                x,
                middle,
                yerr=np.maximum([middle - low, high - middle], 0),
                color=colour,
                marker=_MARKERS[sweep.learner],
                markersize=5,
                capsize=2,
                linewidth=1.2,
                label=NAMES[sweep.learner],
            )
        factors = group[0].sweep.factors
        axis.set_xscale("log")
        axis.set_xticks(factors, [f"{factor:.2g}" for factor in factors])
        axis.minorticks_off()
        axis.set(xlabel="learning rate / the learner's own", title=_TITLES[world])
        axis.axhline(LEVELS[group[0].sweep.world], color="black", linewidth=1, linestyle="--")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    axes[0].set_ylabel("final return, interquartile mean")
    return figure
