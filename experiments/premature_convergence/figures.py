"""The figures: what gets stuck and what it costs, one for each control, and how learning goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments import plots, tables
from experiments.frame import Result, Row

_STYLES: dict[str, dict[str, Any]] = {
    "constant": {"color": plots.BLUE, "marker": "o"},
    "annealed": {"color": plots.VERMILLION, "marker": "s"},
    "automatic": {"color": plots.GREEN, "marker": "D", "linestyle": "none"},
}
_TITLES = {"a2c_tabular": "Grid, tabular actor-critic", "a2c": "Grid, A2C", "sac": "Trap, SAC"}
# The return of a policy that goes straight to the near goal or stays on the lower hill, and that of
# the best policy.
_LEVELS = {
    "grid": {"near goal": 0.8 * 0.99**3, "optimum": 0.99**7},
    "trap": {"low hill": 0.7, "optimum": 1.0},
}
_RANGES = {"grid": (-0.05, 1.0), "trap": (-0.05, 1.05)}
# The question that each control asks, by the name of its figure.
_QUESTIONS = {
    "critic_speed.png": ("critic rate 0.5", "critic as fast"),
    "first_policy.png": ("initial stddev 1",),
    "trap_width.png": ("broad trap",),
}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    main = [result for result in results if not result.sweep.control]
    figures = {
        name: _against_alpha([[result] for result in chosen])
        for name, chosen in {
            "stuck_and_return.png": [r for r in main if r.sweep.part != "gymnasium"],
            "gymnasium.png": [r for r in main if r.sweep.part == "gymnasium"],
        }.items()
        if chosen
    }
    figures |= {
        "learning_curves.png": _over_time(main, "episode_return", "mean return of an episode"),
        "policy_entropy.png": _over_time(main, "entropy", "policy entropy (nats)"),
    }
    for name, controls in _QUESTIONS.items():
        pairs = [
            [plain, control]
            for control in results
            if control.sweep.control in controls
            for plain in main
            if type(plain.sweep) is type(control.sweep)
        ]
        if pairs:
            figures[name] = _against_alpha(pairs)
    return figures


def _title(result: Result) -> str:
    title = getattr(result.sweep, "world", None) or _TITLES[result.sweep.algorithm]
    return f"{title},\nautomatic alpha" if result.rows[0]["alpha"] == "auto" else title


def _against_alpha(studies: list[list[Result]]) -> Figure:
    """Draws the stuck fraction above and the return below it, for each sweep.

    The control of a sweep, if there is one, is drawn hollow and dashed, beside the main sweep.
    """
    columns = min(2, len(studies))
    figure, axes = plots.panels(2 * -(-len(studies) // columns), columns, height=2.7)
    pairs = list(zip(axes[::2].ravel(), axes[1::2].ravel(), strict=True))
    for (upper, lower), results in zip(pairs, studies, strict=False):
        for result in results:
            hollow = {"markerfacecolor": "white", "linestyle": "--"} if result.sweep.control else {}
            for kind, rows in _by_kind(result.rows).items():
                label = f"{kind}, {result.sweep.control}" if result.sweep.control else kind
                style: dict[str, Any] = {**_STYLES[kind], **hollow, "label": label}
                if kind == "automatic":
                    style["linestyle"] = "none"
                x = np.arange(len(rows)) + (0.15 if hollow else 0)
                plots.with_interval(upper, x, rows, "stuck_fraction", "stuck_interval", **style)
                plots.with_interval(lower, x, rows, "return_iqm", **style)
        first = results[0].rows[0]
        part = first["part"]
        if part in _LEVELS:
            for name, level in _LEVELS[part].items():
                lower.axhline(level, color="black", linewidth=0.8, linestyle=":")
                place = {"xy": (1.01, level), "xycoords": ("axes fraction", "data")}
                lower.annotate(f"{name}\n{level:.3g}", **place, va="center", fontsize=8)
            lower.set_ylim(_RANGES[part][0], _RANGES[part][1] + 0.07)
        # A share is at most 1: the legend has the room above.
        upper.set(ylim=(-0.04, 1.42), yticks=np.linspace(0, 1, 6), title=_title(results[0]))
        kind, rows = next(iter(_by_kind(results[0].rows).items()))
        for axis in (upper, lower):
            axis.set_xticks(range(len(rows)), [_tick(row) for row in rows], rotation=70, fontsize=8)
        upper.tick_params(labelbottom=False)
        lower.set_xlabel(_axis_label(first))
        if kind != "automatic" or len(results) > 1:
            sizes = {"fontsize": 8, "columnspacing": 1, "handlelength": 1.6}
            upper.legend(loc="upper left", ncols=2, frameon=False, **sizes)
    for upper, lower in pairs[len(studies) :]:
        upper.remove()
        lower.remove()
    _share_scales(studies, [lower for _, lower in pairs])
    for upper, lower in pairs[::columns]:
        upper.set_ylabel("share of learners\nthat are stuck")
        lower.set_ylabel("return,\ninterquartile mean")
    return figure


def _share_scales(studies: list[list[Result]], axes: list[Axes]) -> None:
    """Gives the panels of one Gymnasium environment one scale of return."""
    worlds: dict[str, list[Axes]] = {}
    for (result, *_), axis in zip(studies, axes, strict=False):
        if hasattr(result.sweep, "world"):
            worlds.setdefault(result.sweep.world, []).append(axis)
    for group in worlds.values():
        low, high = zip(*(axis.get_ylim() for axis in group), strict=True)
        for axis in group:
            axis.set_ylim(min(low), max(high))


def _by_kind(rows: list[Row]) -> dict[str, list[Row]]:
    return {"automatic": rows} if rows[0]["alpha"] == "auto" else tables.by(rows, "schedule")


def _axis_label(row: Row) -> str:
    if "target_entropy" in row:
        return "target (nats), first alpha"
    return "alpha" if row["alpha"] == "auto" else "alpha (reward per nat)"


def _tick(row: Row) -> str:
    if row["alpha"] != "auto":
        return f"{row['alpha']:g}"
    if "target_entropy" in row:
        return f"{row['target_entropy']:g}, {row['initial_alpha']:g}"
    return "automatic"


def _over_time(results: list[Result], curve: str, label: str) -> Figure:
    """Draws a panel for each sweep and schedule.

    A panel has a line for each temperature, with its 95% interval shaded.
    """
    drawn = [panel for result in results for panel in _panels(result)]
    figure, axes = plots.wrapped(len(drawn), 2)
    for axis, (title, result, select, labels) in zip(axes, drawn, strict=True):
        steps = result.arrays["curve_steps"]
        means = select(result.arrays[f"curve_{curve}"])
        errors = select(result.arrays[f"curve_{curve}_error"])
        styles = plots.by_alpha(len(labels))
        for mean, error, style, name in zip(means.T, errors.T, styles, labels, strict=True):
            known = np.isfinite(mean)  # before an episode ends there is no return
            x, y, half = steps[known], mean[known], 1.96 * error[known]
            plots.band(axis, x, y - half, y, y + half, label=name, linewidth=1.4, **style)
        axis.set(title=title, xlabel="environment steps of each learner")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        what = _axis_label(result.rows[0]).replace(" (", "\n(").replace(", ", ",\n")
        place = {"loc": "upper left", "bbox_to_anchor": (1, 1.03), "frameon": False}
        axis.legend(title=what, title_fontsize=8, fontsize=8, **place)
    for axis in axes[::2]:
        axis.set_ylabel(label)
    return figure


Panel = tuple[str, Result, Callable[[np.ndarray], np.ndarray], list[str]]


def _panels(result: Result) -> list[Panel]:
    schedules = getattr(result.sweep, "schedules", None)
    title = _title(result).replace("\n", " ")
    if schedules is None:
        return [(title, result, lambda x: x, [_tick(row) for row in result.rows])]
    labels = [f"{alpha:g}" for alpha in result.sweep.alphas]
    return [
        (f"{title}, {schedule}", result, lambda x, i=i: x[:, i], labels)
        for i, schedule in enumerate(schedules)
    ]
