"""The figures: which runs lock, the effect of the temperature under noise, and regret over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots, tables
from experiments.commitment import gradients, theory
from experiments.commitment.sweep import Exploration, NaturalGradient, NoisyBandit
from experiments.frame import Arrays, Result, Row

# The label and the colour of natural gradients without and with the baseline.
_BASELINES = {False: ("no baseline", plots.VERMILLION), True: ("value baseline", plots.BLUE)}
_COLOURS = (plots.BLUE, plots.SKY, plots.ORANGE, plots.PURPLE, plots.GREEN, plots.BLACK)


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    natural, noisy, exploration = results
    return {
        "natural_gradient.png": _natural(*natural),
        "noisy_bandit.png": _noisy(*noisy),
        "exploration.png": _exploration(exploration.sweep, exploration.arrays),
    }


def _natural(sweep: NaturalGradient, arrays: Arrays, rows: list[Row]) -> Figure:
    """Draws how natural gradients lock: over time, against eta, and with entropy."""
    figure, ((over_time, against_eta, entropy),) = plots.panels(1, 3, height=4.2)

    one = sweep.step_sizes.index(1.0)
    shown = min(sweep.steps, 40)
    bound = gradients.chance_of_only_worse(1.0, shown)
    for i, (label, colour) in enumerate(_BASELINES.values()):
        locked = arrays["locked"][: shown + 1, i, one]
        over_time.plot(locked, color=colour, label=f"locked, {label}")
    over_time.plot(
        arrays["never_better"][: shown + 1, 0, one],
        color=plots.GREEN,
        ls="none",
        marker="o",
        markersize=3.5,
        label="only the worse arm so far",
    )
    over_time.plot(bound, color="black", lw=1, ls="--", label="product bound")
    over_time.set(xlabel="steps", ylabel="fraction of runs", title="Over time, eta = 1")
    over_time.set_ylim(-0.03, 1.03)

    for baseline, (label, colour) in _BASELINES.items():
        chosen = [row for row in rows if row["baseline"] == baseline and row["alpha"] == 0]
        _errorbar(against_eta, chosen, "step_size", color=colour, label=label)
    etas = np.geomspace(min(sweep.step_sizes), max(sweep.step_sizes), 40)
    limits = [gradients.chance_of_only_worse(eta, 5000)[-1] for eta in etas]
    against_eta.plot(etas, limits, color="black", lw=1, ls="--", label="product bound")
    against_eta.set(xlabel="step size eta", title=f"After {sweep.steps:,} steps")

    groups = tables.by((row for row in rows if row["alpha"]), "step_size", "baseline")
    for step_size, marker in zip(sweep.entropy_step_sizes, "os^D", strict=False):
        for baseline, (label, colour) in _BASELINES.items():
            style = {"color": colour, "marker": marker, "label": f"{label}, eta = {step_size:g}"}
            _errorbar(entropy, groups[step_size, baseline], "alpha", **style)
    entropy.set(xlabel="alpha (reward per nat)", title="With an entropy bonus")

    for axis in (against_eta, entropy):
        axis.set(xscale="log", ylabel="worse arm likelier, 95% interval", ylim=(-0.03, 0.7))
    for axis in (over_time, against_eta, entropy):
        axis.legend(frameon=False, fontsize=7)
    return figure


def _noisy(sweep: NoisyBandit, arrays: Arrays, rows: list[Row]) -> Figure:
    """Draws the greedy-optimal fraction against the temperature, and over time."""
    figure, ((against_alpha, over_time),) = plots.panels(1, 2, height=3.8)
    x = np.arange(len(rows))
    plots.with_interval(against_alpha, x, rows, "greedy_optimal", color=plots.BLUE)
    against_alpha.set_xticks(x, [f"{alpha:g}" for alpha in sweep.alphas], rotation=60)
    against_alpha.set(
        xlabel="alpha (reward per nat)",
        ylabel="greedy-optimal fraction,\n95% interval",
        title=f"After {sweep.steps:,} steps, {sweep.seeds} seeds",
        ylim=(0, 1),
    )
    fraction = arrays["best"].mean(-1)
    styles = plots.by_alpha(len(sweep.alphas))
    for alpha, curve, style in zip(sweep.alphas, fraction.T, styles, strict=True):
        error = 1.96 * np.sqrt(curve * (1 - curve) / sweep.seeds)
        style |= {"label": f"{alpha:g}", "linewidth": 1.4}
        low, high = curve - error, curve + error
        plots.band(over_time, arrays["times"], low, curve, high, shade=0.12, **style)
    over_time.set(xlabel="steps", ylabel="greedy-optimal fraction", title="Over time", ylim=(0, 1))
    over_time.legend(
        title="alpha", frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return figure


def _exploration(sweep: Exploration, arrays: Arrays) -> Figure:
    """Draws the regret of every explorer against time, with one panel for each bandit."""
    figure, (axes,) = plots.panels(1, len(sweep.worlds), height=4.9)
    times = arrays["times"]
    for axis, world, regret in zip(axes, sweep.worlds, arrays["regret"], strict=True):
        for i, explorer in enumerate(sweep.explorers):
            mean = regret[:, i].mean(-1)
            error = 1.96 * regret[:, i].std(-1, ddof=1) / np.sqrt(sweep.runs)
            # A band of rare, large regrets may reach below 0, which a logarithm cannot show.
            low, high = np.maximum(mean - error, regret[:, i].min(-1)), mean + error
            style = {"color": _COLOURS[i % len(_COLOURS)], "label": explorer.label}
            plots.band(axis, times, low, mean, high, shade=0.2, linewidth=1.6, **style)
        for constant in (e.constant for e in sweep.explorers if e.kind == "gumbel"):
            fluid = theory.gumbel_fluid_regret(times, world.means, constant)
            bound = theory.gumbel_regret_bound(times, world.means, constant)
            axis.plot(times, fluid, color=plots.GREEN, ls=":", lw=2.2, label="Gumbel, fluid limit")
            axis.plot(times, bound, color=plots.GREEN, ls="--", lw=1, label="Gumbel, bound")
        axis.set(xscale="log", yscale="log", xlabel="steps t", title=_title(world))
        axis.set_ylim(bottom=0.3)
    axes[0].set_ylabel("regret (mean, 95% interval)")
    plots.legend(figure, axes[:1])
    return figure


def _title(world: Any) -> str:
    arms = [
        f"{mean:g}{' always' if sure else ''}"
        for mean, sure in zip(world.means[:2], world.sure[:2], strict=True)
    ]
    rest = "" if len(world.means) == 2 else f", {len(world.means) - 1} of them"
    return f"{world.name}:\n{arms[0]} against {arms[1]}{rest}"


def _errorbar(axis: Any, rows: list[Row], x: str, **style: Any) -> None:
    position = [row[x] for row in rows]
    plots.with_interval(axis, position, rows, "worse_likelier", markersize=4, **style)
