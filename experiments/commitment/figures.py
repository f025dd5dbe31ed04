"""The figures: which runs lock, the effect of the temperature under noise, and regret over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.commitment import gradients, theory
from experiments.commitment.sweep import Exploration, NaturalGradient, NoisyBandit
from experiments.frame import Arrays, Result, Row

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
    draws = np.arange(shown + 1)
    bound = gradients.chance_of_only_worse(1.0, shown)
    over_time.plot(
        arrays["locked"][: shown + 1, 0, one], color=plots.VERMILLION, label="locked, no baseline"
    )
    over_time.plot(
        arrays["locked"][: shown + 1, 1, one], color=plots.BLUE, label="locked, value baseline"
    )
    over_time.plot(
        arrays["never_better"][: shown + 1, 0, one],
        color=plots.GREEN,
        ls="none",
        marker="o",
        markersize=3.5,
        label="only the worse arm so far",
    )
    over_time.plot(draws, bound, color="black", lw=1, ls="--", label="product bound")
    over_time.set(xlabel="steps", ylabel="fraction of runs", title="Over time, eta = 1")

    plain = [row for row in rows if row["alpha"] == 0]
    for baseline, colour in ((False, plots.VERMILLION), (True, plots.BLUE)):
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
        for baseline, colour in ((False, plots.VERMILLION), (True, plots.BLUE)):
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
        over_time.plot(arrays["times"], curve, label=f"{alpha:g}", lw=1.4, **style)
        over_time.fill_between(
            arrays["times"],
            curve - error,
            curve + error,
            color=style["color"],
            alpha=0.12,
            lw=0,
        )
    over_time.set(xlabel="steps", ylabel="greedy-optimal fraction", title="Over time", ylim=(0, 1))
    over_time.legend(
        title="alpha", frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return figure


def _exploration(sweep: Exploration, arrays: Arrays) -> Figure:
    """Draws the regret of every explorer against time, with one panel for each bandit."""
    figure, (axes,) = plots.panels(1, len(sweep.worlds), height=4.9)
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
            axis.plot(times, fluid, color=plots.GREEN, ls=":", lw=2.2, label="Gumbel, fluid limit")
            axis.plot(times, bound, color=plots.GREEN, ls="--", lw=1, label="Gumbel, bound")
        axis.set(xscale="log", yscale="log", xlabel="steps t", title=_title(world))
        axis.set_ylim(bottom=0.3)
    axes[0].set_ylabel("regret (mean, 95% interval)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _title(world: Any) -> str:
    arms = [
        f"{mean:g}{' always' if sure else ''}"
        for mean, sure in zip(world.means[:2], world.sure[:2], strict=True)
    ]
    rest = "" if len(world.means) == 2 else f", {len(world.means) - 1} of them"
    return f"{world.name}:\n{arms[0]} against {arms[1]}{rest}"


def _errorbar(
    axis: Any, rows: list[Row], x: str, y: str, colour: str, label: str, marker: str = "o"
) -> None:
    position = [row[x] for row in rows]
    style: dict[str, Any] = {"color": colour, "label": label, "marker": marker, "markersize": 4}
    plots.with_interval(axis, position, rows, y, **style)
