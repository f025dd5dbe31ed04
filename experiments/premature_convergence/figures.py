"""The figures: what sticks and what it costs, and how learning and entropy go over time."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments.premature_convergence.analysis import Row
from experiments.premature_convergence.plan import Study
from experiments.premature_convergence.runs import Arrays

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"constant": "#0072B2", "annealed": "#D55E00", "automatic": "#009E73"}
_TITLES = {
    "a2c_tabular": "Two goals, tabular actor-critic",
    "a2c": "Two goals, A2C",
    "sac": "Continuous trap, SAC",
}


_COLUMNS = 4


class Result(NamedTuple):
    """A study with its arrays and its rows of the summary."""

    study: Study
    arrays: Arrays
    rows: list[Row]

    @property
    def title(self) -> str:
        """What the panel of this study is called."""
        world = getattr(self.study.sweep, "world", None)
        title = world or _TITLES[self.study.algorithm]
        if self.rows[0]["alpha"] == "auto":
            title += ", automatic"
        return f"{title}\n{self.study.control}" if self.study.control else title


def draw(results: list[Result], directory: pathlib.Path) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {
        "stuck_and_return.png": _against_alpha(results),
        "learning_curves.png": _over_time(results, "episode_return", "mean episode return"),
        "policy_entropy.png": _over_time(results, "entropy", "policy entropy (nats)"),
    }
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=150)
    return paths


def _against_alpha(results: list[Result]) -> Figure:
    """Stuck fraction above, return below it, one column for each study."""
    columns = min(_COLUMNS, len(results))
    blocks = -(-len(results) // columns)
    figure = Figure(figsize=(max(4.2 * columns, 5), 6.4 * blocks), layout="constrained")
    grid = figure.subplots(2 * blocks, columns, squeeze=False)
    for i in range(blocks * columns):
        block, column = divmod(i, columns)
        upper, lower = grid[2 * block : 2 * block + 2, column]
        if i >= len(results):
            upper.remove()
            lower.remove()
            continue
        _study_against_alpha(upper, lower, results[i])
        if column == 0:
            upper.set_ylabel("stuck fraction, 95% interval")
            lower.set_ylabel("return, interquartile mean,\n95% interval")
    return figure


def _study_against_alpha(upper: Any, lower: Any, result: Result) -> None:
    groups: dict[str, list[Row]] = {}
    for row in result.rows:
        kind = row["schedule"] if row["alpha"] != "auto" else "automatic"
        groups.setdefault(kind, []).append(row)
    for kind, rows in groups.items():
        _interval_line(upper, rows, kind, "stuck_fraction", "stuck_interval")
        _interval_line(lower, rows, kind, "return_iqm", "return_iqm_interval")
    upper.set(ylim=(-0.04, 1.04), title=result.title)
    first = next(iter(groups.values()))
    for axis in (upper, lower):
        axis.set_xticks(range(len(first)), [_tick(row) for row in first], rotation=60)
        axis.grid(alpha=0.3)
    lower.set_xlabel(_axis_label(first[0]))
    if "automatic" not in groups:
        upper.legend(frameon=False)


def _axis_label(row: Row) -> str:
    if "target_entropy" in row:
        return "target entropy (nats), first alpha"
    return "alpha" if row["alpha"] == "auto" else "alpha (reward per nat)"


def _interval_line(axis: Any, rows: list[Row], kind: str, value: str, interval: str) -> None:
    x = np.arange(len(rows))
    low, high = np.array([row[interval] for row in rows]).T
    middle = np.array([row[value] for row in rows])
    joined = "none" if kind == "automatic" else "-"
    axis.errorbar(
        x,
        middle,
        yerr=np.maximum([middle - low, high - middle], 0),
        color=_COLOURS[kind],
        marker="o",
        markersize=4,
        linestyle=joined,
        capsize=2,
        label=kind,
    )


def _tick(row: Row) -> str:
    if row["alpha"] != "auto":
        return f"{row['alpha']:g}"
    if "target_entropy" in row:
        return f"{row['target_entropy']:g}, {row['initial_alpha']:g}"
    return "automatic"


def _over_time(results: list[Result], curve: str, label: str) -> Figure:
    """A panel for each study and schedule, a line for each temperature, its 95% interval shaded."""
    panels = [panel for result in results for panel in _panels(result)]
    columns = min(_COLUMNS - 1, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(5.2 * columns, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (title, result, select, labels) in zip(axes, panels, strict=False):
        steps = result.arrays["curve_steps"]
        means = select(result.arrays[f"curve_{curve}"])
        errors = select(result.arrays[f"curve_{curve}_error"])
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(labels)))
        for mean, error, colour, name in zip(means.T, errors.T, colours, labels, strict=True):
            axis.plot(steps, mean, color=colour, label=name, linewidth=1.4)
            band = 1.96 * error
            axis.fill_between(steps, mean - band, mean + band, color=colour, alpha=0.15, lw=0)
        axis.set(title=title, xlabel="environment steps of each learner", ylabel=label)
        axis.grid(alpha=0.3)
        axis.legend(
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
            fontsize=7,
            title=_axis_label(result.rows[0]).replace(" (", "\n(").replace(", ", ",\n"),
            title_fontsize=7,
        )
    for axis in axes[len(panels) :]:
        axis.remove()
    return figure


Panel = tuple[str, Result, Callable[[np.ndarray], np.ndarray], list[str]]


def _panels(result: Result) -> list[Panel]:
    schedules = getattr(result.study.sweep, "schedules", None)
    if schedules is None:
        return [(result.title, result, lambda x: x, [_tick(row) for row in result.rows])]
    labels = [f"{alpha:g}" for alpha in result.study.sweep.alphas]  # type: ignore[union-attr]
    return [
        (f"{result.title}, {schedule}", result, lambda x, i=i: x[:, i], labels)
        for i, schedule in enumerate(schedules)
    ]
