"""The figures: the measurements, with the predictions of theorems drawn over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.frame import Arrays, Result
from experiments.random_processes import ACTIONS, DISCOUNT
from experiments.rates import ascent_figures
from experiments.rates.analysis import ROUNDING
from experiments.rates.ascent_figures import COLOURS, PREDICTED
from experiments.rates.runs import path
from experiments.rates.sweep import Processes
from maxent_tf.tabular import bounds


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    bandits, processes = results
    return {
        "u_shape.png": ascent_figures.u_shape(bandits.sweep, bandits.arrays),
        "policy_gradient.png": ascent_figures.policy_gradient(bandits.sweep, bandits.arrays),
        "natural_gradient.png": _natural_gradient(bandits, processes),
        "dynamic_programming.png": _dynamic_programming(processes.sweep, processes.arrays),
        "bounds.png": _bounds(processes.sweep, processes.arrays),
    }


def _natural_gradient(on_bandits: Result, on_processes: Result) -> Figure:
    figure, ((bandit, random),) = plots.panels(1, 2, height=4.4)
    natural, plain = on_bandits.arrays["regularised"]
    steps = np.arange(natural.shape[1])
    curves = zip(COLOURS, on_bandits.sweep.step_sizes, natural, plain, strict=False)
    for colour, eta, errors, slower in curves:
        bandit.plot(steps, errors, color=colour, linewidth=2, label=f"{eta:g}, natural")
        bandit.plot(steps, slower, color=colour, linestyle=":", label=f"{eta:g}, plain")
        bandit.plot(steps, errors[0] * (1 - eta) ** steps, **PREDICTED)
    bandit.set(
        yscale="log",
        ylim=(1e-6, 300),
        xlabel="steps t",
        ylabel="largest error of log pi (nats)",
        title="Bandit, alpha = 1;\ndashed: (1 - eta alpha)^t",
    )
    bandit.legend(frameon=False, title="eta", ncols=3, fontsize=8)
    sweep, arrays, _ = on_processes
    after = np.arange(1, len(arrays["log_policy"]) + 1)
    for i, (colour, fraction) in enumerate(zip(COLOURS, sweep.fractions, strict=False)):
        # The errors are in units of the bound after one step, so that all processes share one
        # bound.
        ratio = arrays["log_policy"][:, i] / arrays["log_policy_bound"][0, i]
        known = arrays["log_policy"][:, i].max(-1) > ROUNDING
        middle = _band(random, after[known], ratio[known], color=colour, label=f"{fraction:g}")
        random.plot(after[known], ratio[known].max(-1), color=colour, linewidth=0.8)
        rate = 1 - fraction * (1 - DISCOUNT)
        random.plot(after, rate ** (after - 1.0), **PREDICTED)
        if fraction < 1:
            near = middle[-1] * (1 - fraction) ** (after[known] - float(after[known][-1]))
            random.plot(after[known], near, color="black", linestyle=":", linewidth=1.5)
    random.set(
        yscale="log",
        ylim=(1e-10, 1e3),
        xlabel="steps t",
        ylabel="error of log pi over 2 C1 / alpha",
        title=f"{arrays['q'].shape[-1]} random processes; dashed: the bound;\n"
        "dotted: (1 - eta alpha / (1 - gamma))^t",
    )
    random.legend(frameon=False, title="eta alpha / (1 - gamma)", ncols=3)
    return figure


def _dynamic_programming(sweep: Processes, arrays: Arrays) -> Figure:
    figure, ((policy, value),) = plots.panels(1, 2, height=4.4)
    before, after = arrays["policy_iteration"][:-1], arrays["policy_iteration"][1:]
    grid = np.geomspace(1e-8, 20, 200)
    for i, (colour, alpha) in enumerate(zip(COLOURS, sweep.iteration_alphas, strict=False)):
        known = after[:, i] > ROUNDING
        style = {"color": colour, "s": 7, "alpha": 0.35, "linewidths": 0}
        policy.scatter(before[:, i][known], after[:, i][known], **style)
        limit = bounds.soft_policy_iteration_error(grid, alpha, DISCOUNT)
        policy.plot(grid, limit, color=colour, linestyle="--", label=f"{alpha:g}")
        errors = arrays["value_iteration"][:, i]
        seen = errors.max(-1) > 10 * ROUNDING
        backups = arrays["backups"][seen]
        # The first curve is the widest, so that it shows beside a second one that agrees with it.
        style = {"color": colour, "linewidth": 6.0 - 2 * i, "label": f"{alpha:g}"}
        middle = _band(value, backups, errors[seen], **style)
        value.plot(backups, middle[-1] * DISCOUNT ** (backups - backups[-1]), **PREDICTED)
    policy.set(
        xscale="log",
        yscale="log",
        xlim=(1e-8, 20),
        ylim=(ROUNDING, 20),
        xlabel="largest error before a step (reward)",
        ylabel="largest error after it (reward)",
        title="Soft policy iteration;\ndashed: min(gamma e, c e^2)",
    )
    value.set(
        yscale="log",
        xlabel="backups k",
        ylabel="largest error (reward)",
        title="Soft value iteration;\ndashed: slope gamma^k",
    )
    for axis in (policy, value):
        axis.legend(frameon=False, title="alpha (reward per nat)")
    return figure


def _band(axis: Axes, x: np.ndarray, values: np.ndarray, **style: Any) -> np.ndarray:
    """Draws the median over processes, shades the middle 95%, and returns the median."""
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975], axis=-1)
    plots.band(axis, x, low, middle, high, shade=0.2, **{"linewidth": 2, **style})
    return middle


def _bounds(sweep: Processes, arrays: Arrays) -> Figure:
    """Draws values against their bounds, with alpha as the colour.

    No value may lie above the diagonal.
    """
    figure, axes = plots.panels(2, 2, height=4.0)
    alphas = path(sweep)[:, None]
    limit = bounds.soft_value_gap(alphas, ACTIONS, DISCOUNT)
    panels = [
        (
            arrays["divergence"],
            arrays["gap"],
            alphas,
            "sum of d(s) alpha KL(pi, pi*) (reward)",
            "V*_alpha - V_alpha of pi (reward)",
            "Identity: all on the diagonal",
        ),
        (
            DISCOUNT * arrays["apart"],
            arrays["backed_up"],
            np.array(sweep.contraction_alphas)[:, None],
            "gamma |u - v| (reward)",
            "|T u - T v| (reward)",
            "The soft backup contracts",
        ),
        (
            limit,
            arrays["added"],
            alphas,
            "alpha log A / (1 - gamma) (reward)",
            "largest V*_alpha - V* (reward)",
            "What entropy adds to the value",
        ),
        (
            limit,
            arrays["cost"],
            alphas,
            "alpha log A / (1 - gamma) (reward)",
            "largest V* - V of pi*_alpha (reward)",
            "What entropy costs in reward",
        ),
    ]
    norm = matplotlib.colors.LogNorm(alphas.min(), alphas.max())
    for axis, (x, y, alpha, xlabel, ylabel, title) in zip(axes.ravel(), panels, strict=True):
        _scatter(axis, *np.broadcast_arrays(x, y, alpha), norm)
        axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes[0, 1].set(xscale="linear", yscale="linear", xlim=(0, None), ylim=(0, None))
    mappable = matplotlib.cm.ScalarMappable(norm, "viridis")
    figure.colorbar(mappable, ax=axes, label="alpha (reward per nat)", shrink=0.6)
    return figure


def _scatter(
    axis: Axes, x: np.ndarray, y: np.ndarray, alpha: np.ndarray, norm: matplotlib.colors.Normalize
) -> None:
    axis.scatter(x.ravel(), y.ravel(), c=alpha.ravel(), norm=norm, s=6, alpha=0.5, linewidths=0)
    ends = np.array([x.min() / 1.5, x.max() * 1.5])
    axis.plot(ends, ends, **PREDICTED)
    # Far below its bound a value may be 1e-300 or a rounding error.
    lowest = max(y[y > 0].min() / 1.5, 1e-6 * ends[0])
    axis.set(xscale="log", yscale="log", xlim=tuple(ends), ylim=(lowest, ends[1]))
