"""The figures: where the learners go, how they choose at the start, and how evenly they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from experiments import plots
from experiments.frame import Result
from experiments.multigoal.analysis import LEVEL
from experiments.multigoal.sweep import make_world
from maxent_tf.environments.multi_goal import GOALS, RADIUS, SIDE

_COLOURS = (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE, "#999999")
_GOALS = ("east", "west", "north", "south", "none")


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    figures = {"shares.png": _shares(results)}
    for costs in dict.fromkeys(result.sweep.costs for result in results):
        group = [result for result in results if result.sweep.costs == costs]
        figures[f"paths_{costs}.png"] = _panels(group, _plane, "position")
        figures[f"start_{costs}.png"] = _panels(group, _start, "action at the origin")
    return figures


def _panels(
    results: list[Result], draw_panel: Callable[[Axes, Result, int], None], quantity: str
) -> Figure:
    """Draws a panel for each learner and temperature, all of one size."""
    columns = len(results[0].sweep.alphas)
    size = (plots.WIDTH, plots.WIDTH / columns * len(results))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(results), columns, squeeze=False, sharex=True, sharey=True)
    for row, result in zip(axes, results, strict=True):
        for i, axis in enumerate(row):
            draw_panel(axis, result, i)
            title = f"{result.sweep.learner.upper()}, alpha {result.sweep.alphas[i]:g}"
            axis.set(aspect="equal", title=title)
        row[0].set_ylabel(f"{quantity}, y")
    for axis in axes[-1]:
        axis.set_xlabel(f"{quantity}, x")
    return figure


def _plane(axis: Axes, result: Result, i: int) -> None:
    """Draws rollouts of the first learner by the goal they reach, over the reward's contours."""
    side = np.linspace(-SIDE, SIDE, 141)
    x, y = np.meshgrid(side, side)
    squared = np.min([(x - gx) ** 2 + (y - gy) ** 2 for gx, gy in GOALS], axis=0)
    cost = -make_world(result.sweep.costs).distance_cost * squared
    axis.contour(x, y, cost, levels=10, colors="#BBBBBB", linestyles="solid", linewidths=0.6)
    paths = np.moveaxis(result.arrays["position"][i], 0, 1)
    for path, goal in zip(paths, result.arrays["goal"][i, 0], strict=False):
        axis.plot(*path.T, color=_COLOURS[goal], lw=0.8, alpha=0.7)
    for goal, colour in zip(GOALS, _COLOURS, strict=False):
        axis.add_patch(Circle(tuple(goal), RADIUS, facecolor=colour, edgecolor="black", alpha=0.4))
    axis.set(xlim=(-SIDE, SIDE), ylim=(-SIDE, SIDE))


def _start(axis: Axes, result: Result, i: int) -> None:
    """Draws the first learner's critic over the actions at the origin, and draws of its policy."""
    q = result.arrays["q"][i]
    side = np.linspace(-1, 1, len(q))
    axis.contourf(side, side, q, levels=15, cmap="cividis")
    points = {"s": 6, "color": "white", "edgecolors": "black", "linewidths": 0.3}
    axis.scatter(*result.arrays["action"][i].T, **points)
    axis.set(xlim=(-1, 1), ylim=(-1, 1))


def _shares(results: list[Result]) -> Figure:
    """Draws a stacked bar for each learner: the share of its rollouts that reach each goal."""
    figure = Figure(figsize=(plots.WIDTH, 2.9 * -(-len(results) // 2)), layout="constrained")
    axes = figure.subplots(-(-len(results) // 2), 2, squeeze=False, sharey=True).ravel()
    for axis, (sweep, _, rows) in zip(axes, results, strict=True):
        for i, row in enumerate(rows):
            share = np.array(row["shares"])
            share = np.concatenate([share, 1 - share.sum(axis=-1, keepdims=True)], axis=-1)
            x = i + 0.8 * ((np.arange(len(share)) + 0.5) / len(share) - 0.5)
            below = np.zeros(len(share))
            for height, colour, name in zip(share.T, _COLOURS, _GOALS, strict=True):
                label = None if i else name
                axis.bar(x, height, 0.7 / len(share), below, color=colour, label=label)
                below = below + height
        axis.axhline(LEVEL, color="black", linewidth=1, linestyle="--")
        axis.set_title(f"{sweep.learner.upper()} on {sweep.costs.upper()}'s costs")
        axis.set_xticks(range(len(rows)), [f"{row['alpha']:g}" for row in rows])
        axis.set(xlabel="alpha (scaled reward per nat); a bar for each seed", ylim=(0, 1))
    for axis in axes[::2]:
        axis.set_ylabel("share of rollouts")
    plots.legend(figure, axes[:1], ncols=len(_GOALS), fontsize=10)
    return figure
