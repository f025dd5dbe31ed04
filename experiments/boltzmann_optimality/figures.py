"""The figures: policies on the grids, the trade-off along the path, and what deviations cost."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from experiments.boltzmann_optimality import runs
from experiments.boltzmann_optimality.analysis import along
from experiments.boltzmann_optimality.runs import Arrays
from experiments.boltzmann_optimality.sweep import REGULARIZERS, Path

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = dict(zip(REGULARIZERS, ("#0072B2", "#D55E00", "#009E73"), strict=True))
# Displacements of the four moves, as (x, y) with rows downwards.
_MOVES = np.array([[0, -1], [0, 1], [-1, 0], [1, 0]])


def policies(path: Path, arrays: Arrays, directory: pathlib.Path) -> pathlib.Path:
    """Draws policies, a row for each regulariser, a column for each temperature.

    From the middle of a cell, the lines are as long as the probabilities of the four moves.
    """
    grid = runs.world(path)
    columns = len(path.pictured)
    figure = Figure(figsize=(2.6 * columns + 0.8, 2.75 * len(REGULARIZERS)), layout="constrained")
    axes = figure.subplots(len(REGULARIZERS), columns, squeeze=False)
    for i, name in enumerate(REGULARIZERS):
        for j, alpha in enumerate(path.pictured):
            k, axis = path.count + j, axes[i, j]
            value = _value(grid, arrays["reward_value"][i, k])
            image = _policy(axis, grid, arrays["policy"][i, k], value)
            earned, entropy = arrays["return"][i, k], arrays["entropy_per_step"][i, k]
            axis.set_title(
                f"alpha = {alpha:g}\nreturn {earned:.2f}, {entropy:.2f} nats", fontsize=9
            )
        axes[i, 0].set_ylabel(name, fontsize=11)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, label="expected return from the cell")
    bar.ax.set_ylim(0, 1)
    return _save(figure, directory / f"policies_{path.world}.png")


def _value(grid: Any, value: np.ndarray) -> np.ndarray:
    """Returns the values with, in a goal, what entering it pays."""
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
        axis.add_collection(LineCollection(np.stack([centre, end], 1), colors="black", lw=1.6))
    axis.plot(*centre.T, ls="none", marker="o", ms=2, color="black")
    for state in np.flatnonzero(grid.terminal):
        axis.text(
            columns[state],
            rows[state],
            f"{value[state]:g}",
            ha="center",
            va="center",
            fontsize=8,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "#D55E00", "lw": 1.5},
        )
    _walls(axis, grid, side)
    axis.set_xticks([])
    axis.set_yticks([])
    return image


def _walls(axis: Any, grid: Any, side: int) -> None:
    """Draws a line between neighbours that no move joins."""
    follows = grid.next_state[:, :, 0]
    for state in np.flatnonzero(~grid.terminal):
        row, column = divmod(int(state), side)
        if row + 1 < side and follows[state, 1] == state:
            axis.plot([column - 0.5, column + 0.5], [row + 0.5] * 2, color="#D55E00", lw=2)
        if column + 1 < side and follows[state, 3] == state:
            axis.plot([column + 0.5] * 2, [row - 0.5, row + 0.5], color="#D55E00", lw=2)


def trade_off(
    paths: Mapping[str, Path], arrays: Mapping[str, Arrays], directory: pathlib.Path
) -> pathlib.Path:
    """Draws return, entropy and zeros against alpha, and return against entropy."""
    figure = Figure(figsize=(15, 3.4 * len(paths)), layout="constrained")
    axes = figure.subplots(len(paths), 4, squeeze=False)
    for row, (name, path) in zip(axes, paths.items(), strict=True):
        a = arrays[name]
        alpha = along(path, a["alpha"])
        against_alpha = {
            "return": "return",
            "entropy_per_step": "entropy per step (nats)",
            "zeros": "share of actions of\nprobability exactly 0",
        }
        for axis, (what, label) in zip(row, against_alpha.items(), strict=False):
            for i, regularizer in enumerate(REGULARIZERS):
                y = along(path, a[what][i])
                axis.plot(alpha, y, color=_COLOURS[regularizer], label=regularizer)
            axis.set(xscale="log", xlabel="alpha (reward per nat)", ylabel=label, title=name)
        _front(row[3], path, a)
        row[3].set_title(name)
        for axis in row:
            axis.grid(alpha=0.3)
    axes[0, 0].legend(frameon=False, fontsize=8, loc="lower left")
    axes[0, 3].legend(frameon=False, fontsize=9)
    return _save(figure, directory / "trade_off.png")


def _front(axis: Any, path: Path, a: Arrays) -> None:
    for i, regularizer in enumerate(REGULARIZERS):
        x, y = (along(path, a[name][i]) for name in ("entropy", "return"))
        style = {"lw": 2.2} if regularizer == "Shannon" else {"lw": 1.4, "ls": "--"}
        label = "Shannon: the front" if regularizer == "Shannon" else regularizer
        axis.plot(x, y, color=_COLOURS[regularizer], label=label, marker=".", ms=4, **style)
    axis.plot(
        a["epsilon_entropy"],
        a["epsilon_return"],
        color="#CC79A7",
        ls=":",
        marker="x",
        ms=4,
        label="epsilon-greedy",
    )
    axis.set(xlabel="(1 - gamma) x discounted entropy (nats)", ylabel="return")


def deviations(
    paths: Mapping[str, Path], arrays: Mapping[str, Arrays], directory: pathlib.Path
) -> pathlib.Path:
    """Draws what deviations from the soft-optimal policy lose against what the theory says."""
    figure = Figure(figsize=(4.3 * len(paths), 3.8), layout="constrained")
    axes = figure.subplots(1, len(paths), squeeze=False)[0]
    for axis, (name, path) in zip(axes, paths.items(), strict=True):
        a = arrays[name]
        ends = [np.inf, 0.0]
        axis.set_prop_cycle(color=[*_COLOURS.values(), "#CC79A7", "black"])
        for j, (alpha, marker) in enumerate(zip(path.pictured, "os^Dv", strict=False)):
            x, y = a["predicted"][0, j], a["loss"][0, j]
            axis.plot(x, y, ls="none", marker=marker, ms=4, mfc="none", label=f"{alpha:g}")
            ends = [min(ends[0], x.min()), max(ends[1], x.max())]
        axis.plot(ends, ends, color="black", lw=1, zorder=0)
        axis.set(
            xscale="log",
            yscale="log",
            xlabel="alpha x expected divergence (reward)",
            ylabel="lost objective (reward)",
            title=name,
        )
        axis.grid(alpha=0.3)
        axis.legend(title="alpha", frameon=False, fontsize=8)
    return _save(figure, directory / "deviations.png")


def _save(figure: Figure, path: pathlib.Path) -> pathlib.Path:
    figure.savefig(path, dpi=130)
    return path
