"""The figures: what learners settle on, how they learn by steps and by time, and how A3C scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from experiments import plots
from experiments.asynchronous import scaling
from experiments.asynchronous.sweep import LABELS, Costs, Sweep
from experiments.frame import Result

_COLOURS = (plots.BLUE, plots.GREEN, plots.VERMILLION, plots.PURPLE)
_DASHES: Mapping[str, Any] = {"a2c": "-", "a3c": (0, (4, 1.5))}
_MARKERS = {"a2c": "o", "a3c": "s"}
# The temperature whose learning curves are drawn, or the nearest to it.
_SHOWN_ALPHA = 0.01
_TITLES = {"grid": "the batch of learners on the grid", "cartpole": "one learner on CartPole"}
_RATES = (25, 50, 75, 100, 150, 200, 300, 400, 600, 800)


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by their file names."""
    return {
        "asynchronous.png": _learners([r for r in results if isinstance(r.sweep, Sweep)]),
        "asynchronous_scaling.png": _scaling([r for r in results if isinstance(r.sweep, Costs)]),
    }


def _learners(results: list[Result]) -> Figure:
    rates = results[0].sweep.learning_rates
    figure, grid = plots.panels(len(rates), 3, height=2.8, sharex="col")
    numbers = sorted({result.sweep.workers for result in results})
    for number, (sweep, arrays, rows) in enumerate(results):
        marker = _MARKERS[sweep.method]
        style = {
            "color": _COLOURS[numbers.index(sweep.workers) % len(_COLOURS)],
            "linestyle": _DASHES[sweep.method],
            "label": f"{LABELS[sweep.method]}, {sweep.workers}",
        }
        shown = _nearest(sweep.alphas)
        # The points are drawn apart from one another along alpha, so that equal fractions stay
        # visible.
        shift = (number - len(results) / 2) * 0.06
        for i, (stuck, by_steps, by_time) in enumerate(grid):
            mine = [row for row in rows if row["learning_rate"] == rates[i]]
            x = np.arange(len(mine))
            plots.with_interval(
                stuck, x + shift, mine, "stuck_fraction", "stuck_interval", marker=marker, **style
            )
            curve = arrays["return"][:, i, shown]
            plots.mean_band(by_steps, arrays["steps"] / 1e3, curve, **style)
            plots.mean_band(by_time, arrays["seconds"], curve, **style)
            stuck.set_ylabel(f"learning rate {rates[i]:g}\n\nfraction of learners stuck")
            stuck.set_xticks(x, [f"{row['alpha']:g}" for row in mine])
            by_steps.set_ylabel("return of episodes")
            by_time.set_xscale("log")
    alphas = results[0].sweep.alphas
    for axis in grid[0, 1:]:
        axis.set_title(f"alpha {alphas[_nearest(alphas)]:g}")
    plots.legend(
        figure,
        grid[0, 1:2],
        loc="outside upper center",
        ncols=len(results),
        title="method, number of environments or workers",
        title_fontsize=9,
    )
    for axis, label in zip(grid[-1], ("alpha", "thousand steps", "seconds"), strict=True):
        axis.set_xlabel(label)
    return figure


def _nearest(alphas: Sequence[float]) -> int:
    """Returns the index of the temperature whose learning curves are drawn."""
    return int(np.argmin(np.abs(np.array(alphas) - _SHOWN_ALPHA)))


def _scaling(results: list[Result]) -> Figure:
    workers = np.geomspace(1, 1024, 200)
    figure, grid = plots.panels(1, len(results), height=3.2, sharey="row")
    for axis, (sweep, _, (row,)) in zip(grid[0], results, strict=True):
        worker, server, message = (
            row[f"{name}_seconds"] for name in ("worker", "server", "message")
        )
        least = scaling.rate(workers, worker, server + message)
        most = scaling.rate(workers, worker + message, server)
        axis.fill_between(workers, least, most, color=plots.BLUE, alpha=0.3, lw=0)
        axis.plot(workers, most, color=plots.BLUE, label="the server is busy with updates alone")
        axis.plot(
            workers, least, color=plots.BLUE, ls="--", label="the server is busy with messages, too"
        )
        axis.set(xscale="log", yscale="log", xlabel="workers", title=_TITLES[sweep.learner])
        for scale, numbers in ((axis.xaxis, (1, 4, 16, 64, 256, 1024)), (axis.yaxis, _RATES)):
            scale.set_major_locator(FixedLocator(numbers))
            scale.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            scale.set_minor_locator(NullLocator())
    grid[0, 0].set_ylabel("updates a second, at most")
    plots.legend(figure, grid[0, :1], loc="outside upper center", ncols=2)
    return figure
