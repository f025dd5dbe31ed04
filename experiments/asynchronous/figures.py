"""The figures: what learners settle on, how they learn by steps and by time, and how A3C scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.asynchronous import scaling
from experiments.asynchronous.sweep import LABELS, Costs, Sweep
from experiments.frame import Result

_COLOURS = (plots.BLUE, plots.GREEN, plots.VERMILLION, plots.PURPLE)
_DASHES: Mapping[str, Any] = {"a2c": "-", "a3c": (0, (4, 1.5))}
_MARKERS = {"a2c": "o", "a3c": "s"}
# Where the learning curves are drawn.
_SHOWN_ALPHA = 0.01


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
    for result in results:
        sweep, arrays, rows = result
        style = {
            "color": _COLOURS[numbers.index(sweep.workers) % len(_COLOURS)],
            "linestyle": _DASHES[sweep.method],
            "label": f"{LABELS[sweep.method]}, {sweep.workers}",
        }
        shown = int(np.argmin(np.abs(np.array(sweep.alphas) - _SHOWN_ALPHA)))
        # Apart from one another along alpha, so that equal fractions stay visible.
        shift = (results.index(result) - len(results) / 2) * 0.06
        for i, (stuck, by_steps, by_time) in enumerate(grid):
            mine = [row for row in rows if row["learning_rate"] == rates[i]]
            plots.with_interval(
                stuck,
                np.arange(len(mine)) + shift,
                mine,
                "stuck_fraction",
                "stuck_interval",
                marker=_MARKERS[sweep.method],
                **style,
            )
            curve = arrays["return"][:, i, shown]
            plots.mean_band(by_steps, arrays["steps"] / 1e3, curve, **style)
            plots.mean_band(by_time, arrays["seconds"], curve, **style)
            stuck.set_ylabel(f"learning rate {rates[i]:g}\n\nfraction of learners stuck")
            stuck.set_xticks(np.arange(len(mine)), [f"{row['alpha']:g}" for row in mine])
            by_steps.set_ylabel("return of episodes")
            by_time.set_xscale("log")
    alpha = results[0].sweep.alphas[
        int(np.argmin(np.abs(np.array(results[0].sweep.alphas) - _SHOWN_ALPHA)))
    ]
    grid[0, 0].legend(
        frameon=False, fontsize=8, title="method, environments\nor workers", title_fontsize=8
    )
    grid[0, 1].set_title(f"alpha {alpha:g}")
    grid[0, 2].set_title(f"alpha {alpha:g}")
    for axis, label in zip(grid[-1], ("alpha", "thousand steps", "seconds"), strict=True):
        axis.set_xlabel(label)
    return figure


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
        axis.plot(workers, most, color=plots.BLUE, label="the server works for the update alone")
        axis.plot(
            workers, least, color=plots.BLUE, ls="--", label="the server works for messages, too"
        )
        for number in (64, 1024):
            axis.axvline(number, color=plots.BLACK, lw=0.8, ls=":")
        axis.set(xscale="log", yscale="log", xlabel="workers", title=sweep.learner)
    grid[0, 0].set_ylabel("updates a second, at most")
    grid[0, -1].legend(frameon=False, fontsize=9)
    return figure
