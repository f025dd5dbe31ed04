"""The figures: episodes to solve DeepSea against its size, scores, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots, tables
from experiments.exploration.analysis import WORLDS, best_settings, scores
from experiments.exploration.sweep import LABELS
from experiments.exploration.worlds import soft_optimal_find
from experiments.frame import Result, Row

_STYLES: dict[str, dict[str, Any]] = {
    "entropy": {"color": plots.VERMILLION, "ls": "-", "marker": "o"},
    "boltzmann": {"color": plots.VERMILLION, "ls": "--", "marker": "v"},
    "epsilon_greedy": {"color": plots.ORANGE, "ls": "-", "marker": "^"},
    "noisy": {"color": plots.ORANGE, "ls": "--", "marker": "D"},
    "counts": {"color": plots.BLUE, "ls": "-", "marker": "s"},
    "dqn_counts": {"color": plots.SKY, "ls": "-", "marker": "<"},
    "rnd": {"color": plots.BLUE, "ls": "--", "marker": ">"},
    "icm": {"color": plots.PURPLE, "ls": "-", "marker": "p"},
    "bootstrapped": {"color": plots.GREEN, "ls": "--", "marker": "h"},
    "optimistic": {"color": plots.GREEN, "ls": "-", "marker": "*"},
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    kept = best_settings([row for result in results for row in result.rows])
    figures = {"scores.png": _scores(kept)}
    deep = [row for row in kept if row["world"] == "deep_sea"]
    if deep:
        figures["deep_sea.png"] = _deep_sea(deep)
    if any(row["world"] in ("mountain_car", "door_key") for row in kept):
        figures["learning_curves.png"] = _curves(results, kept)
    return figures


def _deep_sea(deep: list[Row]) -> Figure:
    """Draws the median episodes to solve each size; a cross, where the median learner never did."""
    figure = Figure(figsize=(plots.WIDTH, 4.8), layout="constrained")
    axis = figure.subplots()
    axis.grid(alpha=0.3)
    sizes = np.array(sorted({row["size"] for row in deep}))
    fine = np.linspace(sizes[0], sizes[-1], 100)
    axis.plot(fine, 2.0**fine, color="black", lw=1, ls="--", label="$2^N$")
    axis.plot(fine, fine**3, color="black", lw=1, ls=":", label="$N^3$")
    alpha = next((row["setting"] for row in deep if row["method"] == "entropy"), None)
    if alpha is not None:
        finds = np.array([soft_optimal_find(int(n), alpha) for n in sizes])
        label = f"soft-optimal policy, exact, alpha {alpha:g}:\nfirst find, median"
        median = np.log(2) / -np.log1p(-finds)
        axis.plot(sizes, median, color="grey", lw=5, alpha=0.4, label=label)
    for method, mine in tables.by(deep, "method").items():
        solved = [row for row in mine if row["median"] is not None]
        missed = [row for row in mine if row["median"] is None]
        style = _STYLES[method]
        x, y = [row["size"] for row in solved], [row["median"] for row in solved]
        axis.plot(x, y, lw=1.6, label=LABELS[method], **style)
        # The crosses are drawn a little apart, so that no cross hides another.
        shift = 0.08 * (list(LABELS).index(method) - 4)
        x, y = [row["size"] + shift for row in missed], [row["limit"] for row in missed]
        axis.plot(x, y, ls="none", marker="x", ms=8, mew=2, color=style["color"])
    axis.plot([], [], "x", color="black", ms=8, mew=2, label="not solved in so many")
    most = max(row["limit"] for row in deep)
    axis.set(xlabel="N, rows of DeepSea", ylabel="episodes to solve, median over learners")
    axis.set(yscale="log", ylim=(4, 3 * most))
    axis.set_xticks(sizes)
    figure.legend(frameon=False, fontsize=9, loc="outside right center")
    return figure


def _scores(kept: list[Row]) -> Figure:
    """Draws the score of each method on each environment, as a table in colours."""
    found = scores(kept)
    methods = [m for m in LABELS if any(method == m for method, _ in found)]
    worlds = [w for w in WORLDS if any(world == w for _, world in found)]
    score = np.array([[found.get((m, w), np.nan) for w in worlds] for m in methods])
    figure = Figure(figsize=(plots.WIDTH, 0.42 * len(methods) + 1), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(score, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for (i, j), value in np.ndenumerate(score):
        if np.isfinite(value):
            colour = "white" if value < 0.5 else "black"
            axis.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour)
    axis.set_xticks(range(len(worlds)), [WORLDS[world] for world in worlds])
    axis.set_yticks(range(len(methods)), [LABELS[method] for method in methods])
    figure.colorbar(image, label="score", pad=0.01)
    return figure


def _curves(results: list[Result], kept: list[Row]) -> Figure:
    """Draws returns on the environments that are not finite, at each method's best setting.

    Actor-critics and learners of values have a row each, so that no panel holds every curve.
    """
    best = {(row["world"], row["method"]): row["setting"] for row in kept}
    shown = [r for r in results if getattr(r.sweep, "world", "") in ("mountain_car", "door_key")]
    worlds = list(dict.fromkeys(r.sweep.world for r in shown))
    kinds = sorted({LABELS[r.sweep.method].startswith("A2C") for r in shown}, reverse=True)
    figure, grid = plots.panels(len(kinds), len(worlds), height=3.4, sharex="col", sharey=True)
    for sweep, arrays, _ in shown:
        label = LABELS[sweep.method]
        axis = grid[kinds.index(label.startswith("A2C")), worlds.index(sweep.world)]
        at = sweep.settings.index(best[sweep.world, sweep.method])
        style = {k: v for k, v in _STYLES[sweep.method].items() if k != "marker"}
        steps, returns = arrays["steps"] / 1000, arrays["return"][:, 0, at]
        plots.mean_band(axis, steps, returns, label=label, **style)
    for axis, world in zip(grid[0], worlds, strict=True):
        axis.set(title=f"{WORLDS[world]}, sparse reward", ylim=(-0.03, 1.03))
    for axis in grid[-1]:
        axis.set_xlabel("thousand steps of each learner")
    for axis in grid[:, 0]:
        axis.set_ylabel("mean return of episodes")
    plots.legend(figure, grid.ravel())
    return figure
