"""The figures: the results with each bonus at the end, and the true entropy over training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots, tables
from experiments.frame import Result, Row
from experiments.ppo_entropy.analysis import NONE

# The sampled entropy is dotted, because its curve lies over that of the exact entropy.
_STYLES: dict[str, dict[str, Any]] = {
    "exact": {"label": "exact entropy", "color": plots.BLUE, "linestyle": "-"},
    "base": {"label": "entropy before tanh", "color": plots.VERMILLION, "linestyle": "-"},
    "sample": {"label": "sampled entropy", "color": plots.GREEN, "linestyle": ":"},
    "stored": {"label": "stored action's surprise", "color": plots.PURPLE, "linestyle": "-"},
    "bonus": {"label": "entropy as a bonus", "color": plots.BLUE, "linestyle": "-"},
    "reward": {"label": "entropy as a reward", "color": plots.ORANGE, "linestyle": "-"},
    NONE: {"label": "no bonus", "color": plots.BLACK, "linestyle": "--"},
}
_MARKERS = {"exact": "o", "base": "^", "sample": "s", "stored": "D", "bonus": "o", "reward": "v"}
_ENTROPY_TICKS = (-300, -30, -3, 0, 3)
_TITLES = {"trap": "Continuous trap", "pendulum": "Pendulum", "grid": "Grid with two goals"}
_PANELS = (
    ("return_iqm", "return_iqm_interval", "return, interquartile mean"),
    ("entropy", "entropy_range", "true entropy (nats)"),
    ("no_better_fraction", "no_better_interval", "no better than the trap (share)"),
)
_UNITS = {True: "alpha (st. deviations of\nthe advantage per nat)", False: "alpha (reward per nat)"}


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
            axis.axhline(none[value], linewidth=1, **_STYLES[NONE])
            axis.axhspan(*none[interval], color=_STYLES[NONE]["color"], alpha=0.1, lw=0)
            _against_alpha(axis, others, value, interval)
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
    plots.legend(figure, axes[0])
    return figure


def _against_alpha(axis: Axes, rows: list[Row], value: str, interval: str) -> None:
    """Draws a quantity of each kind of bonus, with its interval."""
    groups = tables.by(rows, "kind")
    for k, (kind, group) in enumerate(groups.items()):
        # The points are drawn a little apart, so that no interval hides another.
        x = np.array([row["alpha"] for row in group]) * 1.06 ** (k - (len(groups) - 1) / 2)
        style = {**_STYLES[kind], "marker": _MARKERS[kind], "linewidth": 1.2}
        plots.with_interval(axis, x, group, value, interval, **style)


def _over_time(results: list[Result]) -> Figure:
    """Draws the true entropy in training at the lowest, a middle and the highest coefficient."""
    figure, axes = plots.panels(len(results), 3, sharey="row")
    for row, (sweep, arrays, _) in zip(axes, results, strict=True):
        entropy, steps = arrays["true_entropy"], arrays["steps"] / 1000
        for axis, j in zip(row, (1, (len(sweep.alphas) + 1) // 2, -1), strict=True):
            _band(axis, steps, entropy[:, :, 0].reshape(len(steps), -1), NONE)
            for i, kind in enumerate(sweep.kinds):
                _band(axis, steps, entropy[:, i, j], kind)
            axis.set_title(f"{_TITLES[sweep.world]}\nalpha {sweep.alphas[j]:g}", fontsize=10)
            axis.set_xlabel("thousands of steps")
        if sweep.world != "grid":
            _entropy_scale(row[0])
        row[0].set_ylabel("true entropy (nats)")
    plots.legend(figure, axes[:, 0])
    return figure


def _entropy_scale(axis: Axes) -> None:
    """Makes the axis linear near 0, where spread-out policies are, and logarithmic beyond."""
    axis.set_yscale("symlog", linthresh=3)
    axis.set_yticks(_ENTROPY_TICKS, [str(tick) for tick in _ENTROPY_TICKS])


def _band(axis: Axes, steps: np.ndarray, values: np.ndarray, kind: str) -> None:
    """Draws the median over learners, with the middle half shaded."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=-1)
    plots.band(axis, steps, low, middle, high, **_STYLES[kind])
