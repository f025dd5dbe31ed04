"""The figures: the results with each bonus at the end, and the true entropy over training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result, Row
from experiments.ppo_entropy.analysis import NONE

_COLOURS = {
    "exact": plots.BLUE,
    "base": plots.VERMILLION,
    "sample": plots.GREEN,
    "stored": plots.PURPLE,
    "bonus": plots.BLUE,
    "reward": plots.ORANGE,
    NONE: plots.BLACK,
}
_MARKERS = {"exact": "o", "base": "^", "sample": "s", "stored": "D", "bonus": "o", "reward": "v"}
# The sampled entropy is dotted, because its curve lies over that of the exact entropy.
_STYLES = {"sample": ":", NONE: "--"}
_ENTROPY_TICKS = (-300, -30, -3, 0, 3)
_TITLES = {"trap": "Continuous trap", "pendulum": "Pendulum", "grid": "Grid with two goals"}
_PANELS = (
    ("return_iqm", "return_iqm_interval", "return, interquartile mean"),
    ("entropy", "entropy_range", "true entropy (nats)"),
    ("no_better_fraction", "no_better_interval", "no better than the trap (share)"),
)
_UNITS = {True: "alpha (st. deviations of\nthe advantage per nat)", False: "alpha (reward per nat)"}
# The name of each entropy of a bonus in the legend.
_LABELS = {
    "exact": "exact entropy",
    "base": "entropy before tanh",
    "sample": "sampled entropy",
    "stored": "stored action's surprise",
    "bonus": "entropy as a bonus",
    "reward": "entropy as a reward",
    NONE: "no bonus",
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    return {"end.png": _at_the_end(results), "over_time.png": _over_time(results)}


def _at_the_end(results: list[Result]) -> Figure:
    """Draws return, true entropy and failures against the coefficient; no bonus is a band."""
    figure, axes = plots.panels(3, len(results), height=2.9, sharex="col")
    for column, result in zip(axes.T, results, strict=True):
        none, *others = result.rows
        panels = [panel for panel in _PANELS if panel[0] in none]
        for axis, (value, interval, label) in zip(column, panels, strict=False):
            axis.axhline(
                none[value], color=_COLOURS[NONE], linestyle="--", linewidth=1, label=_LABELS[NONE]
            )
            axis.axhspan(*none[interval], color=_COLOURS[NONE], alpha=0.1, lw=0)
            _against_alpha(axis, others, value, interval, result.sweep.kinds)
            axis.set_xscale("log")
            axis.set_ylabel(label if result is results[0] else "")
            if value == "entropy" and result.sweep.world != "grid":
                _entropy_scale(axis)
        for axis in column[len(panels) :]:
            axis.set_axis_off()
        last = column[len(panels) - 1]
        last.set_xlabel(_UNITS[result.sweep.normalize_advantage])
        last.tick_params(labelbottom=True)
        column[0].set_title(_TITLES[result.sweep.world])
    _legend(figure, axes[0])
    return figure


def _against_alpha(
    axis: Axes, rows: list[Row], value: str, interval: str, kinds: tuple[str, ...]
) -> None:
    """Draws a quantity of each kind of bonus, with its interval."""
    for k, kind in enumerate(kinds):
        group = [row for row in rows if row["kind"] == kind]
        plots.with_interval(
            axis,
            # The points are drawn a little apart, so that no interval hides another.
            np.array([row["alpha"] for row in group]) * 1.06 ** (k - (len(kinds) - 1) / 2),
            group,
            value,
            interval,
            color=_COLOURS[kind],
            marker=_MARKERS[kind],
            linestyle=_STYLES.get(kind, "-"),
            linewidth=1.2,
            label=_LABELS[kind],
        )


def _over_time(results: list[Result]) -> Figure:
    """Draws the true entropy in training at the lowest, a middle and the highest coefficient."""
    figure, axes = plots.panels(len(results), 3, sharey="row")
    for row, (sweep, arrays, _) in zip(axes, results, strict=True):
        entropy, steps = arrays["true_entropy"], arrays["steps"] / 1000
        for axis, j in zip(row, (1, (len(sweep.alphas) + 1) // 2, -1), strict=True):
            without = entropy[:, :, 0].reshape(len(steps), -1)
            _band(axis, steps, without, NONE)
            for i, kind in enumerate(sweep.kinds):
                _band(axis, steps, entropy[:, i, j], kind)
            axis.set_title(f"{_TITLES[sweep.world]}\nalpha {sweep.alphas[j]:g}", fontsize=10)
            axis.set_xlabel("thousands of steps")
        if sweep.world != "grid":
            _entropy_scale(row[0])
        row[0].set_ylabel("true entropy (nats)")
    _legend(figure, axes[:, 0])
    return figure


def _legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """Draws one legend for axes that share some of their lines, below all panels."""
    named: dict[str, Any] = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    handles, labels = [*named.values()], [*named]
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)


def _entropy_scale(axis: Axes) -> None:
    """Makes the axis linear near 0, where spread-out policies are, and logarithmic beyond."""
    axis.set_yscale("symlog", linthresh=3)
    axis.set_yticks(_ENTROPY_TICKS, [str(tick) for tick in _ENTROPY_TICKS])


def _band(axis: Axes, steps: np.ndarray, values: np.ndarray, kind: str) -> None:
    """Draws the median over learners, with the middle half shaded."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=-1)
    style = _STYLES.get(kind, "-")
    axis.plot(steps, middle, style, color=_COLOURS[kind], label=_LABELS[kind], linewidth=1.5)
    axis.fill_between(steps, low, high, color=_COLOURS[kind], alpha=0.15, lw=0)
