"""The figures: policies on the grids, the trade-off along the path, and what deviations cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from experiments import plots
from experiments.boltzmann_optimality import runs
from experiments.boltzmann_optimality.analysis import along
from experiments.boltzmann_optimality.sweep import REGULARIZERS, Path
from experiments.frame import Arrays, Result

_COLOURS = dict(zip(REGULARIZERS, (plots.BLUE, plots.VERMILLION, plots.GREEN), strict=True))
# The displacements of the four moves, as (x, y) with rows downwards.
_MOVES = np.array([[0, -1], [0, 1], [-1, 0], [1, 0]])


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    return {
        **{f"policies_{path.world}.png": _policies(path, arrays) for path, arrays, _ in results},
        "trade_off.png": _trade_off(results),
        "deviations.png": _deviations(results),
    }


def _policies(path: Path, arrays: Arrays) -> Figure:
    """Draws policies, with a row for each regulariser and a column for each temperature."""
    grid = runs.world(path)
    figure = Figure(figsize=(plots.WIDTH, 7.2), layout="constrained")
    axes = figure.subplots(len(REGULARIZERS), len(path.pictured), squeeze=False)
    for i, name in enumerate(REGULARIZERS):
        for j, alpha in enumerate(path.pictured):
            k, axis = path.count + j, axes[i, j]
            value = _value(grid, arrays["reward_value"][i, k])
            image = _policy(axis, grid, arrays["policy"][i, k], value)
            earned, entropy = arrays["return"][i, k], arrays["entropy_per_step"][i, k]
            axis.set_title(
                f"alpha = {alpha:g}\nreturn {earned:.2f}\n{entropy:.2f} nats a step", fontsize=9
            )
        axes[i, 0].set_ylabel(name, fontsize=11)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, label="expected return from the cell")
    bar.ax.set_ylim(0, 1)
    figure.supxlabel(
        "Strokes are as long as the moves are likely; orange lines are walls, boxes are goals.",
        fontsize=9,
    )
    return figure


def _value(grid: Any, value: np.ndarray) -> np.ndarray:
    """Returns the values; the value of a goal is the reward for entering it."""
    entered = np.zeros(grid.num_states)
    np.maximum.at(entered, grid.next_state, grid.reward)
    return np.where(grid.terminal, entered, value)


def _policy(axis: Any, grid: Any, policy: np.ndarray, value: np.ndarray) -> Any:
    side = int(np.sqrt(grid.num_states))
    image = axis.imshow(value.reshape(side, side), cmap="YlGnBu", vmin=0, vmax=1.8)
    rows, columns = np.divmod(np.arange(grid.num_states), side)
    centre = np.stack([columns, rows], -1)[~grid.terminal].astype(float)
    for move, probability in zip(_MOVES, policy[~grid.terminal].T, strict=True):
        end = centre + 0.48 * probability[:, None] * move
        axis.add_collection(LineCollection(np.stack([centre, end], 1), colors="black", lw=1.3))
    axis.plot(*centre.T, ls="none", marker="o", ms=2, color="black")
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": plots.VERMILLION, "lw": 1.5}
    for state in np.flatnonzero(grid.terminal):
        x, y = columns[state], rows[state]
        axis.text(x, y, f"{value[state]:g}", ha="center", va="center", fontsize=7, bbox=box)
    _walls(axis, grid, side)
    axis.set(xticks=[], yticks=[])
    return image


def _walls(axis: Any, grid: Any, side: int) -> None:
    """Draws a line between neighbouring cells that no move joins."""
    follows = grid.next_state[:, :, 0]
    style = {"color": plots.VERMILLION, "lw": 2}
    for state in np.flatnonzero(~grid.terminal):
        row, column = divmod(int(state), side)
        if row + 1 < side and follows[state, 1] == state:
            axis.plot([column - 0.5, column + 0.5], [row + 0.5] * 2, **style)
        if column + 1 < side and follows[state, 3] == state:
            axis.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], **style)


def _trade_off(results: list[Result]) -> Figure:
    """Draws return, entropy and zeros against alpha, and return against entropy."""
    figure, axes = plots.panels(4, len(results), height=2.7)
    against_alpha = {
        "return": "return",
        "entropy_per_step": "entropy per step (nats)",
        "zeros": "share of actions of\nprobability exactly 0",
    }
    for column, (path, a, _) in zip(axes.T, results, strict=True):
        alpha = along(path, a["alpha"])
        for axis, (what, label) in zip(column, against_alpha.items(), strict=False):
            for i, regularizer in enumerate(REGULARIZERS):
                y = along(path, a[what][i])
                axis.plot(alpha, y, color=_COLOURS[regularizer], label=regularizer)
            axis.set(xscale="log", xlabel="alpha (reward per nat)", ylabel=label)
        _front(column[3], path, a)
        column[0].set_title(path.world)
    axes[0, 0].legend(frameon=False, fontsize=8, loc="lower left")
    axes[3, 0].legend(frameon=False, fontsize=8)
    return figure


def _front(axis: Any, path: Path, a: Arrays) -> None:
    for i, regularizer in enumerate(REGULARIZERS):
        x, y = (along(path, a[name][i]) for name in ("entropy", "return"))
        style = {"lw": 2.2} if regularizer == "Shannon" else {"lw": 1.4, "ls": "--"}
        label = "Shannon: the front" if regularizer == "Shannon" else regularizer
        axis.plot(x, y, color=_COLOURS[regularizer], label=label, marker=".", ms=4, **style)
    x, y = a["epsilon_entropy"], a["epsilon_return"]
    axis.plot(x, y, color=plots.PURPLE, ls=":", marker="x", ms=4, label="epsilon-greedy")
    axis.set(xlabel="(1 - gamma) x discounted entropy (nats)", ylabel="return")


def _deviations(results: list[Result]) -> Figure:
    """Draws what deviations from the soft-optimal policy lose, against the loss by the theory."""
    figure, (axes,) = plots.panels(1, len(results), height=4.0)
    for axis, (path, a, _) in zip(axes, results, strict=True):
        axis.set_prop_cycle(color=[*_COLOURS.values(), plots.PURPLE, "black"])
        x, y = a["predicted"][0], a["loss"][0]
        for j, (alpha, marker) in enumerate(zip(path.pictured, "os^Dv", strict=False)):
            axis.plot(x[j], y[j], ls="none", marker=marker, ms=4, mfc="none", label=f"{alpha:g}")
        ends = [x.min(), x.max()]
        axis.plot(ends, ends, color="black", lw=1, zorder=0)
        axis.set(xscale="log", yscale="log", title=path.world)
        axis.set(xlabel="alpha x expected divergence (reward)", ylabel="lost objective (reward)")
        axis.legend(title="alpha", frameon=False, fontsize=8)
    return figure
