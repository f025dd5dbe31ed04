"""The figures: who locks, what temperature does under noise, and regret over time."""

from __future__ import annotations

import pathlib
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments.commitment import gradients, theory
from experiments.commitment.analysis import Row
from experiments.commitment.runs import Arrays
from experiments.commitment.sweep import Exploration, NaturalGradient, NoisyBandit

# Okabe and Ito's colours, told apart by colour-blind readers too.
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"
_COLOURS = (_BLUE, "#56B4E9", "#E69F00", "#CC79A7", _GREEN, "#000000")


def natural(
    sweep: NaturalGradient, arrays: Arrays, rows: list[Row], directory: pathlib.Path
) -> pathlib.Path:
    """Draws how natural gradients lock: over time, against eta, and with entropy."""
    figure = Figure(figsize=(13, 3.9), layout="constrained")
    over_time, against_eta, entropy = figure.subplots(1, 3)

    one = sweep.step_sizes.index(1.0)
    shown = min(sweep.steps, 40)
    draws = np.arange(shown + 1)
    bound = gradients.chance_of_only_worse(1.0, shown)
    over_time.plot(
        arrays["locked"][: shown + 1, 0, one], color=_ORANGE, label="locked, no baseline"
    )
    over_time.plot(
        arrays["locked"][: shown + 1, 1, one], color=_BLUE, label="locked, value baseline"
    )
    over_time.plot(
        arrays["never_better"][: shown + 1, 0, one],
        color=_GREEN,
        ls="none",
        marker="o",
        markersize=3.5,
        label="only the worse arm so far",
    )
    over_time.plot(draws, bound, color="black", lw=1, ls="--", label="product bound")
    over_time.set(xlabel="steps", ylabel="fraction of runs", title="Over time, eta = 1")

    plain = [row for row in rows if row["alpha"] == 0]
    for baseline, colour in ((False, _ORANGE), (True, _BLUE)):
        chosen = [row for row in plain if row["baseline"] == baseline]
        label = "value baseline" if baseline else "no baseline"
        _errorbar(against_eta, chosen, "step_size", "worse_likelier", colour, label)
    etas = np.geomspace(min(sweep.step_sizes), max(sweep.step_sizes), 40)
    limits = [gradients.chance_of_only_worse(eta, 5000)[-1] for eta in etas]
    against_eta.plot(etas, limits, color="black", lw=1, ls="--", label="product bound")
    against_eta.set(
        xscale="log",
        xlabel="step size eta",
        ylabel="worse arm likelier, 95% interval",
        title=f"After {sweep.steps:,} steps",
    )

    markers = iter("os^D")
    for step_size in sweep.entropy_step_sizes:
        marker = next(markers)
        for baseline, colour in ((False, _ORANGE), (True, _BLUE)):
            chosen = [
                row
                for row in rows
                if row["baseline"] == baseline and row["step_size"] == step_size and row["alpha"]
            ]
            label = f"{'value' if baseline else 'no'} baseline, eta = {step_size:g}"
            _errorbar(entropy, chosen, "alpha", "worse_likelier", colour, label, marker)
    entropy.set(
        xscale="log",
        xlabel="alpha (reward per nat)",
        ylabel="worse arm likelier, 95% interval",
        title="With an entropy bonus",
    )
    for axis in (over_time, against_eta, entropy):
        axis.set_ylim(-0.03, 1.03 if axis is over_time else 0.7)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, fontsize=8)
    return _save(figure, directory / "natural_gradient.png")


def noisy(
    sweep: NoisyBandit, arrays: Arrays, rows: list[Row], directory: pathlib.Path
) -> pathlib.Path:
    """Draws the greedy-optimal fraction against the temperature, and over time."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    against_alpha, over_time = figure.subplots(1, 2)
    x = np.arange(len(rows))
    middle = np.array([row["greedy_optimal"] for row in rows])
    low, high = np.array([row["greedy_optimal_interval"] for row in rows]).T
    against_alpha.errorbar(
        x, middle, yerr=[middle - low, high - middle], color=_BLUE, marker="o", capsize=3
    )
    against_alpha.set_xticks(x, [f"{alpha:g}" for alpha in sweep.alphas], rotation=60)
    against_alpha.set(
        xlabel="alpha (reward per nat)",
        ylabel="greedy-optimal fraction,\n95% interval",
        title=f"After {sweep.steps:,} steps, {sweep.seeds} seeds",
        ylim=(0, 1),
    )
    fraction = arrays["best"].mean(-1)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, len(sweep.alphas)))
    for alpha, curve, colour in zip(sweep.alphas, fraction.T, colours, strict=True):
        error = 1.96 * np.sqrt(curve * (1 - curve) / sweep.seeds)
        over_time.plot(arrays["times"], curve, color=colour, label=f"{alpha:g}", lw=1.4)
        over_time.fill_between(
            arrays["times"], curve - error, curve + error, color=colour, alpha=0.12, lw=0
        )
    over_time.set(xlabel="steps", ylabel="greedy-optimal fraction", title="Over time", ylim=(0, 1))
    over_time.legend(
        title="alpha", frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    for axis in (against_alpha, over_time):
        axis.grid(alpha=0.3)
    return _save(figure, directory / "noisy_bandit.png")


def exploration(sweep: Exploration, arrays: Arrays, directory: pathlib.Path) -> pathlib.Path:
    """Draws regret against time for every explorer, one panel for each bandit."""
    figure = Figure(figsize=(4.4 * len(sweep.worlds), 4.9), layout="constrained")
    axes = figure.subplots(1, len(sweep.worlds), squeeze=False)[0]
    times, constant = arrays["times"], None
    for axis, world, regret in zip(axes, sweep.worlds, arrays["regret"], strict=True):
        for i, explorer in enumerate(sweep.explorers):
            mean = regret[:, i].mean(-1)
            band = 1.96 * regret[:, i].std(-1, ddof=1) / np.sqrt(sweep.runs)
            colour = _COLOURS[i % len(_COLOURS)]
            axis.plot(times, mean, color=colour, label=explorer.label, lw=1.6)
            # A band of rare, large regrets may reach below 0, which a logarithm cannot show.
            lower = np.maximum(mean - band, regret[:, i].min(-1))
            axis.fill_between(times, lower, mean + band, color=colour, alpha=0.2, lw=0)
            if explorer.kind == "gumbel":
                constant = explorer.constant
        if constant is not None:
            fluid = theory.gumbel_fluid_regret(times, world.means, constant)
            bound = theory.gumbel_regret_bound(times, world.means, constant)
            axis.plot(times, fluid, color=_GREEN, ls=":", lw=2.2, label="Gumbel, fluid limit")
            axis.plot(times, bound, color=_GREEN, ls="--", lw=1, label="Gumbel, bound")
        axis.set(xscale="log", yscale="log", xlabel="steps t", title=_title(world))
        axis.set_ylim(bottom=0.3)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("regret (mean, 95% interval)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return _save(figure, directory / "exploration.png")


def _title(world: Any) -> str:
    arms = [
        f"{mean:g}{' always' if sure else ''}"
        for mean, sure in zip(world.means[:2], world.sure[:2], strict=True)
    ]
    rest = "" if len(world.means) == 2 else f", {len(world.means) - 1} of them"
    return f"{world.name}: {arms[0]} against {arms[1]}{rest}"


def _errorbar(
    axis: Any, rows: list[Row], x: str, y: str, colour: str, label: str, marker: str = "o"
) -> None:
    middle = np.array([row[y] for row in rows])
    low, high = np.array([row[f"{y}_interval"] for row in rows]).T
    error = np.maximum([middle - low, high - middle], 0)
    position = [row[x] for row in rows]
    style: dict[str, Any] = {"marker": marker, "markersize": 4, "capsize": 2}
    axis.errorbar(position, middle, yerr=error, color=colour, label=label, **style)


def _save(figure: Figure, path: pathlib.Path) -> pathlib.Path:
    figure.savefig(path, dpi=130)
    return path
