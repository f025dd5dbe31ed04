"""The figures: scores over alpha and the scale of the bonus, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.curiosity_and_entropy.analysis import best_pairs
from experiments.curiosity_and_entropy.sweep import METHODS, WORLDS, Sweep
from experiments.frame import Result, Row

_STYLES: dict[str, dict[str, Any]] = {
    "neither": {"color": plots.BLACK, "ls": (0, (1, 1))},
    "entropy": {"color": plots.VERMILLION, "ls": "--"},
    "curiosity": {"color": plots.SKY, "ls": "-."},
    "both": {"color": plots.BLUE, "ls": "-"},
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name, each with a row for each environment."""
    kept = best_pairs([row for result in results for row in result.rows])
    worlds = list(dict.fromkeys(result.sweep.world for result in results))
    methods = list(dict.fromkeys(result.sweep.method for result in results))
    size = (len(worlds), len(methods))
    scores, score_axes = plots.panels(*size, height=3.4)
    curves, curve_axes = plots.panels(*size, height=3.4, sharey=True)
    image = None
    for sweep, arrays, rows in results:
        at = worlds.index(sweep.world), methods.index(sweep.method)
        title = f"{WORLDS[sweep.world]}, {METHODS[sweep.method]}"
        best = kept[sweep.world, sweep.method]
        image = _scores(score_axes[at], sweep, rows, best)
        _curves(curve_axes[at], sweep, arrays, best)
        score_axes[at].set_title(title)
        curve_axes[at].set_title(title)
    scores.colorbar(image, ax=score_axes, label="mean return over training", pad=0.01)
    for axis in curve_axes[:, 0]:
        axis.set_ylabel("mean return of episodes")
    return {"scores.png": scores, "learning_curves.png": curves}


def _scores(axis: Axes, sweep: Sweep, rows: list[Row], best: Mapping[str, Row]) -> Any:
    """Draws the score of each pair as a colour, with the best of each group in bold."""
    table = np.array([row["score"] for row in rows]).reshape(len(sweep.alphas), -1)
    axis.grid(False)
    image = axis.imshow(table, vmin=0, vmax=1, cmap="cividis", aspect="auto", origin="lower")
    for (i, j), value in np.ndenumerate(table):
        row = rows[i * len(sweep.scales) + j]
        low, high = row["score_interval"]
        colour = "white" if value < 0.5 else "black"
        weight = "bold" if row is best[row["group"]] else "normal"
        text = f"{value:.2f}\n±{(high - low) / 2:.2f}"
        axis.text(j, i, text, ha="center", va="center", color=colour, fontsize=9, weight=weight)
    axis.set_xticks(range(len(sweep.scales)), [f"{scale:g}" for scale in sweep.scales])
    axis.set_yticks(range(len(sweep.alphas)), [f"{alpha:g}" for alpha in sweep.alphas])
    axis.set(xlabel=f"scale of {METHODS[sweep.method]}", ylabel="alpha")
    return image


def _curves(axis: Axes, sweep: Sweep, arrays: Any, best: Mapping[str, Row]) -> None:
    """Draws the returns of the best pair of each group."""
    for group, style in _STYLES.items():
        if group not in best:
            continue
        alpha, scale = best[group]["alpha"], best[group]["scale"]
        at = sweep.alphas.index(alpha), sweep.scales.index(scale)
        returns = arrays["return"][:, at[0], at[1], sweep.choosing :]
        label = f"{group}: alpha {alpha:g}, scale {scale:g}"
        plots.mean_band(axis, arrays["steps"] / 1000, returns, label=label, **style)
    axis.set(xlabel="thousand steps of each learner", ylim=(-0.03, 1.03))
    axis.legend(frameon=False, fontsize=9)
