"""The figure: the true reward and the recovered ones, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from experiments import plots
from experiments.frame import Result
from experiments.maxent_irl.demonstrator import DECOY, GOAL, REWARD
from experiments.maxent_irl.fits import FITS, pearson


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, the rewards of the first seed, by its file name."""
    arrays = results[0].arrays
    figure = Figure(figsize=(plots.WIDTH, 6.4), layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    _grid(figure, axes[0], REWARD, "true reward", unknown=False)
    for axis, fit, weights in zip(axes[1:], FITS, arrays["weights"][0], strict=False):
        title = f"{fit}\nPearson {pearson(weights):.2f}"
        _grid(figure, axis, weights, title, unknown=fit != "causal, dual")
    axes[-1].axis("off")
    axes[-1].text(0, 0.5, "hatched: no demonstration\nmoves the reward there", va="center")
    return {"rewards.png": figure}


def _grid(figure: Figure, axis: Axes, reward: np.ndarray, title: str, unknown: bool) -> None:
    """Draws one reward; the goal is hatched where no demonstration could move its reward."""
    image = axis.imshow(reward.reshape(5, 5), cmap="cividis")
    axis.set_title(title, fontsize=11)
    axis.set(xticks=range(5), yticks=range(5), xlabel="column", ylabel="row")
    middle = (reward.min() + reward.max()) / 2
    for state in (DECOY, GOAL):
        row, column = divmod(state, 5)
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9}
        colour = "black" if reward[state] > middle else "white"
        # Adding 0 turns a rounded -0 into 0.
        axis.text(column, row, f"{round(reward[state], 2) + 0:.2f}", color=colour, **style)
    if unknown:
        row, column = divmod(GOAL, 5)
        frame: dict[str, Any] = {"fill": False, "hatch": "///", "edgecolor": "#CC3311", "lw": 1.5}
        axis.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, alpha=0.6, **frame))
    figure.colorbar(image, ax=axis, label="reward", shrink=0.8)
