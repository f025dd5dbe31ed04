"""The figure: returns over training, beside the published ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Result
from experiments.minigrid.analysis import PUBLISHED
from experiments.minigrid.sweep import BONUSES, IDS

_COLOURS = {"none": plots.BLACK, "rnd": plots.BLUE, "counts": plots.ORANGE}
_LINES: tuple[Any, ...] = ("-", "--", (0, (1, 1)))


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figure, a panel for each task, by its file name."""
    tasks = list(dict.fromkeys(result.sweep.task for result in results))
    figure, axes = plots.wrapped(len(tasks), 2, height=3.2)
    for axis, task in zip(axes, tasks, strict=True):
        for _, arrays, rows in (r for r in results if r.sweep.task == task):
            for i, row in enumerate(rows):
                name = f"{BONUSES[row['bonus']]}, scale {row['scale']:g}"
                style = {"color": _COLOURS[row["bonus"]], "ls": _LINES[i % len(_LINES)]}
                label = name if row["scale"] else "PPO alone"
                steps = arrays["steps"] / 1000
                plots.mean_band(axis, steps, arrays["return"][:, i], label=label, **style)
        if task in PUBLISHED:
            axis.axhline(PUBLISHED[task][0], color="grey", lw=4, alpha=0.4, label="published")
        axis.set(title=IDS[task], xlabel="thousand steps of each learner", ylim=(-0.03, 1.03))
    for axis in axes[::2]:
        axis.set_ylabel("mean return of episodes")
    plots.legend(figure, axes, ncols=4)
    return {"minigrid.png": figure}
