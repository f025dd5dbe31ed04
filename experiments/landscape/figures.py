"""The figures: the way out of the trap, and what its surroundings look like."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments.landscape.analysis import Row
from experiments.landscape.runs import STARTS
from experiments.landscape.sweep import Sweep

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = {"uniform": "#0072B2", "trap": "#D55E00"}


def draw(
    arrays: Mapping[str, np.ndarray], found: list[Row], sweep: Sweep, directory: pathlib.Path
) -> list[pathlib.Path]:
    """Draws both figures into `directory` and returns their paths."""
    figures = {
        "way_out.png": _way_out(arrays, found, sweep),
        "surroundings.png": _surroundings(arrays, found, sweep),
    }
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=110)
    return paths


def _way_out(arrays: Mapping[str, np.ndarray], found: list[Row], sweep: Sweep) -> Figure:
    figure = Figure(figsize=(12, 8), layout="constrained")
    (line, barrier), (step, speed) = figure.subplots(2, 2)
    middle = len(sweep.scales) // 2
    colours = _by_alpha(len(found))
    for row, colour, curve in zip(found, colours, arrays["interpolated"][middle], strict=True):
        gained = curve - curve[0]
        normalised = gained / np.abs(gained).max()
        line.plot(arrays["position"], normalised, color=colour, label=f"{row['alpha']:g}")
    line.axhline(0, color="black", lw=0.8)
    line.set(xlabel="position: 0 is the trap policy, 1 the optimal one")
    line.set(ylabel="objective above the trap's\n(share of the largest difference)")
    line.legend(frameon=False, fontsize=8, title="alpha", title_fontsize=8, ncols=2)
    for i, scale in enumerate(sweep.scales):
        style: dict[str, Any] = {"marker": "osD"[i % 3], "color": ("0.0", "0.4", "0.7")[i % 3]}
        heights = [row["barrier"][i] for row in found]
        barrier.plot(range(len(found)), heights, label=f"logits of scale {scale:g}", **style)
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
    tested = ((sweep.largest_step, "largest tested"), (sweep.smallest_step, "smallest tested"))
    for bound, label in tested:
        step.axhline(bound, color="black", lw=1, ls=":")
        step.text(len(found) - 1, 1.15 * bound, label, ha="right")
    step.set(
        yscale="log", ylabel="largest stable step (per reward)", ylim=(None, 5 * sweep.largest_step)
    )
    step.legend(frameon=False)
    speed.axhline(sweep.iterations, color="black", lw=1, ls=":")
    speed.set(yscale="log", ylabel="iterations to 90% of the gain\n(hollow: not reached)")
    for axis in (barrier, step, speed):
        _alpha_axis(axis, found)
    line.grid(alpha=0.3)
    return figure


def _surroundings(arrays: Mapping[str, np.ndarray], found: list[Row], sweep: Sweep) -> Figure:
    figure = Figure(figsize=(14, 8), layout="constrained")
    upper, lower = figure.subfigures(2, 1)
    shown = np.linspace(0, len(found) - 1, 4).round().astype(int)
    for axis, k in zip(upper.subplots(1, 4), shown, strict=True):
        along, against = arrays["along"][0, k], arrays["against"][0, k]
        axis.scatter(along, against, s=6, color=_COLOURS["trap"], alpha=0.6, lw=0)
        largest = 1.05 * max(np.abs(along).max(), np.abs(against).max())
        axis.axhline(0, color="black", lw=0.8)
        axis.axvline(0, color="black", lw=0.8)
        axis.axline((0, 0), slope=-1, color="black", lw=0.8, ls=":")
        axis.set(xlim=(-largest, largest), ylim=(-largest, largest), aspect="equal")
        axis.ticklabel_format(style="sci", scilimits=(0, 0))
        axis.locator_params(nbins=5)
        axis.set(title=f"around the trap, alpha = {found[k]['alpha']:g}")
        axis.set(xlabel="change along d (reward)", ylabel="change against d (reward)")
    names = ["trap", *(f"{count} steps" for count in sweep.visited)]
    colours = [_COLOURS["trap"], *_by_alpha(len(sweep.visited))]
    panels = {
        "maximum": "share of directions\nthat fall both ways",
        "sharpness": "sharpness: largest absolute\ncurvature (reward per logit²)",
    }
    for axis, (name, label) in zip(lower.subplots(1, 2), panels.items(), strict=True):
        for j, (place, colour) in enumerate(zip(names, colours, strict=True)):
            values = [row[name][j] for row in found]
            axis.plot(range(len(found)), values, "o-", ms=4, color=colour, label=place)
        axis.set(ylabel=label, yscale="log" if name == "sharpness" else "linear")
        _alpha_axis(axis, found)
    axis.legend(
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1, 1),
        title="around the trap, or after\nan ascent without entropy",
    )
    return figure


def _by_alpha(count: int) -> np.ndarray:
    return matplotlib.colormaps["viridis"](np.linspace(0, 0.9, count))


def _alpha_axis(axis: Any, found: list[Row]) -> None:
    axis.set_xticks(range(len(found)), [f"{row['alpha']:g}" for row in found])
    axis.set_xlabel("alpha (reward per nat)")
    axis.grid(alpha=0.3)
