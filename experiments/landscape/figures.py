"""The figures: the way out of the trap, and the surroundings of the trap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Arrays, Result, Row
from experiments.landscape.runs import STARTS
from experiments.landscape.sweep import Sweep

_COLOURS = {"uniform": plots.BLUE, "trap": plots.VERMILLION}


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    ((sweep, arrays, found),) = results
    given = (arrays, found, sweep)
    return {"way_out.png": _way_out(*given), "surroundings.png": _surroundings(*given)}


def _way_out(arrays: Arrays, found: list[Row], sweep: Sweep) -> Figure:
    figure, ((line, barrier), (step, speed)) = plots.panels(2, 2, height=3.6)
    middle = len(sweep.scales) // 2
    styles = plots.by_alpha(len(found))
    for row, style, curve in zip(found, styles, arrays["interpolated"][middle], strict=True):
        gained = curve - curve[0]
        normalised = gained / np.abs(gained).max()
        line.plot(arrays["position"], normalised, label=f"{row['alpha']:g}", **style)
    line.axhline(0, color="black", lw=0.8)
    line.set(xlabel="position: 0 is the trap policy, 1 the optimal one")
    line.set(ylabel="objective above the trap's\n(share of the largest difference)")
    line.legend(frameon=False, fontsize=8, title="alpha", title_fontsize=8, ncols=2)
    for i, scale in enumerate(sweep.scales):
        grey: dict[str, Any] = {"marker": "osD"[i % 3], "color": ("0.0", "0.4", "0.7")[i % 3]}
        heights = [row["barrier"][i] for row in found]
        barrier.plot(range(len(found)), heights, label=f"logits of scale {scale:g}", **grey)
    barrier.set(ylabel="barrier on the way (reward)")
    barrier.legend(frameon=False)
    for start in STARTS:
        colour = _COLOURS[start]
        stable = [row[f"stable_step_{start}"] for row in found]
        step.plot(range(len(found)), stable, "o-", color=colour, label=f"from the {start} policy")
        needed = [row[f"iterations_{start}"] or np.nan for row in found]
        speed.plot(range(len(found)), needed, "o-", color=colour)
        never = [k for k, row in enumerate(found) if row[f"iterations_{start}"] is None]
        above = [1.6 * sweep.iterations] * len(never)
        speed.plot(never, above, "^", color=colour, ms=9, mfc="none")
    for bound, which in ((sweep.largest_step, "largest"), (sweep.smallest_step, "smallest")):
        step.axhline(bound, color="black", lw=1, ls=":")
        step.text(len(found) - 1, 1.15 * bound, f"{which} tested", ha="right")
    step.set(
        yscale="log", ylabel="largest stable step (per reward)", ylim=(None, 5 * sweep.largest_step)
    )
    step.legend(frameon=False)
    speed.axhline(sweep.iterations, color="black", lw=1, ls=":")
    speed.set(yscale="log", ylabel="steps to 90% of the gain\n(hollow: not reached)")
    for axis in (barrier, step, speed):
        _alpha_axis(axis, found)
    return figure


def _surroundings(arrays: Arrays, found: list[Row], sweep: Sweep) -> Figure:
    figure = Figure(figsize=(plots.WIDTH, 8.6), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.5, 1))
    shown = np.linspace(0, len(found) - 1, 4).round().astype(int)
    for axis, k in zip(upper.subplots(2, 2).ravel(), shown, strict=True):
        along, against = arrays["along"][0, k], arrays["against"][0, k]
        axis.scatter(along, against, s=6, color=_COLOURS["trap"], alpha=0.6, lw=0)
        largest = 1.05 * max(np.abs(along).max(), np.abs(against).max())
        axis.axhline(0, color="black", lw=0.8)
        axis.axvline(0, color="black", lw=0.8)
        axis.axline((0, 0), slope=-1, color="black", lw=0.8, ls=":")
        axis.set(xlim=(-largest, largest), ylim=(-largest, largest), aspect="equal")
        axis.locator_params(nbins=3)
        axis.tick_params(labelsize=8)
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter("{x:.0e}")
        axis.set(title=f"around the trap, alpha = {found[k]['alpha']:g}")
        axis.set(xlabel="change along d (reward)", ylabel="change against d (reward)")
    names = ["trap", *(f"{count} steps" for count in sweep.visited)]
    styles = [{"color": plots.VERMILLION}, *plots.by_alpha(len(sweep.visited))]
    panels = {
        "maximum": "share of directions\nthat fall both ways",
        "sharpness": "sharpness: largest absolute\ncurvature (reward per logit²)",
    }
    for axis, (name, label) in zip(lower.subplots(1, 2), panels.items(), strict=True):
        for j, (place, style) in enumerate(zip(names, styles, strict=True)):
            values = [row[name][j] for row in found]
            axis.plot(range(len(found)), values, marker="o", ms=4, label=place, **style)
        axis.set(ylabel=label, yscale="log" if name == "sharpness" else "linear")
        _alpha_axis(axis, found)
    title = "around the trap, or after\nan ascent without entropy"
    axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), title=title)
    return figure


def _alpha_axis(axis: Any, found: list[Row]) -> None:
    labels = [f"{row['alpha']:g}" for row in found]
    axis.set_xticks(range(len(found)), labels, fontsize=8, rotation=60)
    axis.set_xlabel("alpha (reward per nat)")
    axis.grid(alpha=0.3)
