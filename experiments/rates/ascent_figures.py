"""The figures of gradient ascent on bandits, and the style that all share."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments import plots
from experiments.bandit_ascent import STEP_SIZE
from experiments.frame import Arrays
from experiments.rates import bandits
from experiments.rates.analysis import bandit_name
from experiments.rates.runs import alpha_grid
from experiments.rates.sweep import Bandits
from maxent_tf.tabular import bounds

COLOURS = (plots.BLUE, plots.VERMILLION, plots.GREEN, plots.PURPLE)
PREDICTED = {"color": "black", "linestyle": "--", "linewidth": 1.2}


def u_shape(sweep: Bandits, arrays: Arrays) -> Figure:
    """Draws the suboptimality against alpha after several numbers of steps."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axis = figure.subplots()
    alphas = alpha_grid(sweep)
    # A logarithmic axis has no place for 0: the curves begin there, at its left edge.
    shown = np.where(alphas > 0, alphas, alphas[1] / 2)
    axis.plot(shown[1:], bandits.boltzmann_loss(alphas)[1:], label="for ever", **PREDICTED)
    for colour, iterations, loss in zip(COLOURS, sweep.iterations, arrays["u_shape"], strict=False):
        axis.plot(shown, loss, color=colour, label=f"{iterations:,}")
        if iterations == bandits.U_SHAPE_ITERATIONS:
            known = [max(alpha, shown[0]) for alpha in bandits.U_SHAPE]
            values = list(bandits.U_SHAPE.values())
            style = {"markerfacecolor": "white", "markersize": 7, "linestyle": "none"}
            axis.plot(known, values, "o", color=colour, label="3,000, known", **style)
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="alpha (reward per nat); leftmost: alpha = 0",
        ylabel="suboptimality (reward)",
        title="What ascent leaves after a number of steps",
        ylim=(2e-5, 1.2),
    )
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, title="steps")
    return figure


def policy_gradient(sweep: Bandits, arrays: Arrays) -> Figure:
    """Draws the sublinear case above and the linear case below.

    The curves are on the left, and the predicted constants on the right.
    """
    figure, ((losses, products), (errors, rates)) = plots.panels(2, 2, height=3.8)
    marks = arrays["marks"]
    curves = zip(COLOURS, sweep.from_uniform, arrays["sublinear"], strict=False)
    for colour, rewards, loss in curves:
        limit = bounds.gradient_ascent_limit(len(rewards), STEP_SIZE)
        losses.plot(marks, loss, color=colour, linewidth=2, label=bandit_name(rewards))
        losses.plot(marks, limit / marks, **PREDICTED)
        products.plot(marks, marks * loss / limit, color=colour, linewidth=2)
    products.axhline(1, **PREDICTED)
    losses.plot([], [], label="(K - 1) / (K eta t)", **PREDICTED)
    losses.set(
        xscale="log",
        yscale="log",
        xlabel="steps t",
        ylabel="suboptimality (reward)",
        title="Without entropy: 1/t, whatever the rewards",
        ylim=(1e-6, 1.5),
    )
    products.set(
        xscale="log",
        xlabel="steps t",
        ylabel="t times suboptimality, over its limit",
        title="Without entropy: the limit",
        yscale="log",
        ylim=(0.1, 30),
    )
    steps, taus = arrays["linear_steps"], sweep.temperatures
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(taus)))
    for colour, tau, error in zip(colours, taus, arrays["linear_errors"], strict=True):
        errors.plot(steps, error, color=colour, linewidth=2, label=f"{tau:g}")
        rate = bounds.entropy_gradient_log_rate(STEP_SIZE, tau, sweep.gap)
        near = error < 0.3  # where the rate, a local one, begins to hold
        last = steps[near][-1]
        errors.plot(steps[near], error[near][-1] * np.exp(rate * (steps[near] - last)), **PREDICTED)
    errors.set(
        yscale="log",
        xlim=(0, 1000),  # the coldest would need a hundred times as many
        ylim=(1e-6, 3e3),
        xlabel="steps t",
        ylabel="error of the log-odds (nats)",
        title="With entropy: linear, at the predicted rate",
    )
    errors.legend(frameon=False, title="alpha (reward per nat)", ncols=3, loc="upper right")
    grid = np.geomspace(0.8 * min(taus), 1.25 * max(taus), 200)
    predicted = -bounds.entropy_gradient_log_rate(STEP_SIZE, grid, sweep.gap)
    rates.plot(grid, predicted, label="-ln(1 - 2 eta alpha p (1 - p))", **PREDICTED)
    rates.scatter(taus, -arrays["log_rate"], c=colours, s=50, zorder=3, label="measured")
    rates.set(
        xscale="log",
        yscale="log",
        xlabel="alpha (reward per nat)",
        ylabel="nats of error lost in a step, at the end",
        title="With entropy: slow at low temperature",
    )
    rates.set_xticks(taus, [f"{tau:g}" for tau in taus], minor=False)
    rates.set_xticks([], minor=True)
    rates.legend(frameon=False)
    losses.legend(frameon=False)
    return figure
