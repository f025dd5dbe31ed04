"""The figures: what each bonus ends with, and how the true entropy gets there."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.ppo_entropy.analysis import NONE, Row
from experiments.ppo_entropy.runs import Arrays
from experiments.ppo_entropy.sweep import GridSweep, Sweep

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"exact": "#0072B2", "base": "#D55E00", "sample": "#009E73", "stored": "#CC79A7"}
_COLOURS |= {"bonus": "#0072B2", "reward": "#E69F00", NONE: "#000000"}
_MARKERS = {"exact": "o", "base": "^", "sample": "s", "stored": "D", "bonus": "o", "reward": "v"}
# The exact entropy's estimate by sampling lies over it.
_STYLES = {"sample": ":", NONE: "--"}
_ENTROPY_TICKS = (-300, -30, -3, 0, 3)
_TITLES = {"trap": "Continuous trap", "pendulum": "Pendulum", "grid": "Grid with two goals"}
_PANELS = (
    ("return_iqm", "return_iqm_interval", "return, interquartile mean"),
    ("entropy", "entropy_range", "true entropy (nats)"),
    ("no_better_fraction", "no_better_interval", "no better than the trap (share)"),
)
_UNITS = {True: "alpha (st. deviations of the advantage per nat)", False: "alpha (reward per nat)"}


class Result(NamedTuple):
    """A sweep with its arrays and its rows of the summary."""

    sweep: Sweep | GridSweep
    arrays: Arrays
    rows: list[Row]


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {"end.png": _at_the_end(results), "over_time.png": _over_time(results)}
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=90)
    return paths


def _at_the_end(results: list[Result]) -> Figure:
    """Return, true entropy and share of failures against the coefficient; no bonus as a band."""
    columns = len(results)
    figure = Figure(figsize=(max(4.4 * columns, 5.5), 8.6), layout="constrained")
    axes = figure.subplots(3, columns, squeeze=False, sharex="col")
    for column, result in zip(axes.T, results, strict=True):
        none, *others = result.rows
        panels = [panel for panel in _PANELS if panel[0] in none]
        for axis, (value, interval, label) in zip(column, panels, strict=False):
            axis.axhline(none[value], color=_COLOURS[NONE], linestyle="--", linewidth=1, label=NONE)
            axis.axhspan(*none[interval], color=_COLOURS[NONE], alpha=0.1, lw=0)
            _against_alpha(axis, others, value, interval, result.sweep.kinds)
            axis.set(xscale="log", ylabel=label)
            axis.grid(alpha=0.3)
            if value == "entropy" and result.sweep.world != "grid":
                _entropy_scale(axis)
        for axis in column[len(panels) :]:
            axis.set_axis_off()
        last = column[len(panels) - 1]
        last.set_xlabel(_UNITS[result.sweep.normalize_advantage])
        last.tick_params(labelbottom=True)
        column[0].set_title(_TITLES[result.sweep.world])
        column[0].legend(frameon=False)
    return figure


def _against_alpha(
    axis: Axes, rows: list[Row], value: str, interval: str, kinds: tuple[str, ...]
) -> None:
    """Draws a quantity of each kind of bonus, with its interval."""
    for k, kind in enumerate(kinds):
        group = [row for row in rows if row["kind"] == kind]
        middle = np.array([row[value] for row in group])
        low, high = np.array([row[interval] for row in group]).T
        axis.errorbar(
            # A little apart, so that no interval hides another.
            np.array([row["alpha"] for row in group]) * 1.06 ** (k - (len(kinds) - 1) / 2),
            middle,
            yerr=np.maximum([middle - low, high - middle], 0),
            color=_COLOURS[kind],
            marker=_MARKERS[kind],
            linestyle=_STYLES.get(kind, "-"),
            markersize=5,
            capsize=2,
            linewidth=1.2,
            label=kind,
        )


def _over_time(results: list[Result]) -> Figure:
    """The true entropy during training at the lowest, a middle and the highest coefficient."""
    figure = Figure(figsize=(11, 3.1 * len(results)), layout="constrained")
    axes = figure.subplots(len(results), 3, squeeze=False, sharey="row")
    for row, (sweep, arrays, _) in zip(axes, results, strict=True):
        entropy, steps = arrays["true_entropy"], arrays["steps"] / 1000
        for axis, j in zip(row, (1, (len(sweep.alphas) + 1) // 2, -1), strict=True):
            without = entropy[:, :, 0].reshape(len(steps), -1)
            _band(axis, steps, without, NONE)
            for i, kind in enumerate(sweep.kinds):
                _band(axis, steps, entropy[:, i, j], kind)
            axis.set_title(f"{_TITLES[sweep.world]}, alpha {sweep.alphas[j]:g}")
            axis.set_xlabel("thousands of steps of each learner")
            axis.grid(alpha=0.3)
        if sweep.world != "grid":
            _entropy_scale(row[0])
        row[0].set_ylabel("true entropy (nats)")
        row[0].legend(frameon=False, loc="upper right", ncols=2)
    return figure


def _entropy_scale(axis: Axes) -> None:
    """Linear near 0, where entropies of spread-out policies are, logarithmic beyond."""
    axis.set_yscale("symlog", linthresh=3)
    axis.set_yticks(_ENTROPY_TICKS, [str(tick) for tick in _ENTROPY_TICKS])


def _band(axis: Axes, steps: np.ndarray, values: np.ndarray, kind: str) -> None:
    """The median over learners, the middle half shaded."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=-1)
    style = _STYLES.get(kind, "-")
    axis.plot(steps, middle, style, color=_COLOURS[kind], label=kind, linewidth=1.5)
    axis.fill_between(steps, low, high, color=_COLOURS[kind], alpha=0.15, lw=0)
