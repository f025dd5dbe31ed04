"""The figures: what was measured, with what theorems predict drawn over it."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.bandit_ascent import STEP_SIZE
from experiments.random_processes import ACTIONS, DISCOUNT
from experiments.rates import bandits
from experiments.rates.analysis import ROUNDING, bandit_name, path
from experiments.rates.runs import alpha_grid
from experiments.rates.sweep import Bandits, Processes
from maxent_tf.tabular import bounds

Arrays = Mapping[str, np.ndarray]

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_PREDICTED = {"color": "black", "linestyle": "--", "linewidth": 1.2}


def draw(
    on_bandits: Bandits,
    bandit_arrays: Arrays,
    on_processes: Processes,
    process_arrays: Arrays,
    directory: pathlib.Path,
) -> list[pathlib.Path]:
    """Draws every figure into `directory` and returns their paths."""
    figures = {
        "u_shape.png": _u_shape(on_bandits, bandit_arrays),
        "policy_gradient.png": _policy_gradient(on_bandits, bandit_arrays),
        "natural_gradient.png": _natural_gradient(
            on_bandits, bandit_arrays, on_processes, process_arrays
        ),
        "dynamic_programming.png": _dynamic_programming(on_processes, process_arrays),
        "bounds.png": _bounds(on_processes, process_arrays),
    }
    paths = []
    for name, figure in figures.items():
        paths.append(directory / name)
        figure.savefig(paths[-1], dpi=110)
    return paths


def _u_shape(sweep: Bandits, arrays: Arrays) -> Figure:
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axis = figure.subplots()
    alphas = alpha_grid(sweep)
    # A logarithmic axis has no place for 0: the curves begin there, at its left edge.
    shown = np.where(alphas > 0, alphas, alphas[1] / 2)
    axis.plot(shown[1:], bandits.boltzmann_loss(alphas)[1:], label="for ever", **_PREDICTED)
    for colour, iterations, loss in zip(
        _COLOURS, sweep.iterations, arrays["u_shape"], strict=False
    ):
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


def _policy_gradient(sweep: Bandits, arrays: Arrays) -> Figure:
    """Sublinear above, linear below; curves on the left, the predicted constants on the right."""
    figure = Figure(figsize=(10.5, 7.6), layout="constrained")
    (losses, products), (errors, rates) = figure.subplots(2, 2)
    marks = arrays["marks"]
    for colour, rewards, loss in zip(
        _COLOURS, sweep.from_uniform, arrays["sublinear"], strict=False
    ):
        limit = bounds.gradient_ascent_limit(len(rewards), STEP_SIZE)
        losses.plot(marks, loss, color=colour, linewidth=2, label=bandit_name(rewards))
        losses.plot(marks, limit / marks, **_PREDICTED)
        products.plot(marks, marks * loss / limit, color=colour, linewidth=2)
    products.axhline(1, **_PREDICTED)
    losses.plot([], [], label="(K - 1) / (K eta t)", **_PREDICTED)
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
    steps = arrays["linear_steps"]
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(sweep.temperatures)))
    for colour, tau, error in zip(
        colours, sweep.temperatures, arrays["linear_errors"], strict=True
    ):
        errors.plot(steps, error, color=colour, linewidth=2, label=f"{tau:g}")
        rate = bounds.entropy_gradient_log_rate(STEP_SIZE, tau, sweep.gap)
        near = error < 0.3  # where the rate, a local one, begins to hold
        last = steps[near][-1]
        errors.plot(
            steps[near], error[near][-1] * np.exp(rate * (steps[near] - last)), **_PREDICTED
        )
    errors.set(
        yscale="log",
        xlim=(0, 1000),  # the coldest would need a hundred times as many
        ylim=(1e-6, 3e3),
        xlabel="steps t",
        ylabel="error of the log-odds (nats)",
        title="With entropy: linear, at the predicted rate",
    )
    errors.legend(frameon=False, title="tau (reward per nat)", ncols=3, loc="upper right")
    grid = np.geomspace(0.8 * min(sweep.temperatures), 1.25 * max(sweep.temperatures), 200)
    predicted = -bounds.entropy_gradient_log_rate(STEP_SIZE, grid, sweep.gap)
    rates.plot(grid, predicted, label="-ln(1 - 2 eta tau p (1 - p))", **_PREDICTED)
    rates.scatter(
        sweep.temperatures, -arrays["log_rate"], c=colours, s=50, zorder=3, label="measured"
    )
    rates.set(
        xscale="log",
        yscale="log",
        xlabel="tau (reward per nat)",
        ylabel="nats of error lost in a step, at the end",
        title="With entropy: slow at low temperature",
    )
    rates.set_xticks(sweep.temperatures, [f"{tau:g}" for tau in sweep.temperatures], minor=False)
    rates.set_xticks([], minor=True)
    rates.legend(frameon=False)
    losses.legend(frameon=False)
    for axis in (losses, products, errors, rates):
        axis.grid(alpha=0.3)
    return figure


def _natural_gradient(
    on_bandits: Bandits, bandit_arrays: Arrays, on_processes: Processes, arrays: Arrays
) -> Figure:
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    bandit, random = figure.subplots(1, 2)
    natural, plain = bandit_arrays["regularised"]
    steps = np.arange(natural.shape[1])
    for colour, eta, errors, slower in zip(
        _COLOURS, on_bandits.step_sizes, natural, plain, strict=False
    ):
        bandit.plot(steps, errors, color=colour, linewidth=2, label=f"{eta:g}, natural")
        bandit.plot(steps, slower, color=colour, linestyle=":", label=f"{eta:g}, plain")
        bandit.plot(steps, errors[0] * (1 - eta) ** steps, **_PREDICTED)
    bandit.set(
        yscale="log",
        ylim=(1e-6, 300),
        xlabel="steps t",
        ylabel="largest error of log pi (nats)",
        title="Bandit, tau = 1; dashed: (1 - eta tau)^t",
    )
    bandit.legend(frameon=False, title="eta", ncols=3, fontsize=8)
    after = np.arange(1, len(arrays["log_policy"]) + 1)
    for i, (colour, fraction) in enumerate(zip(_COLOURS, on_processes.fractions, strict=False)):
        # In units of the bound after one step, so that all processes share one bound.
        ratio = arrays["log_policy"][:, i] / arrays["log_policy_bound"][0, i]
        known = arrays["log_policy"][:, i].max(-1) > ROUNDING
        low, middle, high = np.quantile(ratio[known], [0.025, 0.5, 0.975], axis=-1)
        random.fill_between(after[known], low, high, color=colour, alpha=0.2, lw=0)
        random.plot(after[known], middle, color=colour, linewidth=2, label=f"{fraction:g}")
        random.plot(after[known], ratio[known].max(-1), color=colour, linewidth=0.8)
        rate = 1 - fraction * (1 - DISCOUNT)
        random.plot(after, rate ** (after - 1.0), **_PREDICTED)
        if fraction < 1:
            near = middle[-1] * (1 - fraction) ** (after[known] - float(after[known][-1]))
            random.plot(after[known], near, color="black", linestyle=":", linewidth=1.5)
    random.set(
        yscale="log",
        ylim=(1e-10, 1e3),
        xlabel="steps t",
        ylabel="error of log pi over 2 C1 / tau",
        title=f"{arrays['q'].shape[-1]} random processes; dashed: the bound,\n"
        "dotted: slope (1 - eta tau / (1 - gamma))^t",
    )
    random.legend(frameon=False, title="eta tau / (1 - gamma)", ncols=3)
    for axis in (bandit, random):
        axis.grid(alpha=0.3)
    return figure


def _dynamic_programming(sweep: Processes, arrays: Arrays) -> Figure:
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    policy, value = figure.subplots(1, 2)
    before, after = arrays["policy_iteration"][:-1], arrays["policy_iteration"][1:]
    grid = np.geomspace(1e-8, 20, 200)
    for i, (colour, alpha) in enumerate(zip(_COLOURS, sweep.iteration_alphas, strict=False)):
        known = after[:, i] > ROUNDING
        style = {"color": colour, "s": 7, "alpha": 0.35, "linewidths": 0}
        policy.scatter(before[:, i][known], after[:, i][known], **style)
        limit = bounds.soft_policy_iteration_error(grid, alpha, DISCOUNT)
        policy.plot(grid, limit, color=colour, linestyle="--", label=f"{alpha:g}")
        errors = arrays["value_iteration"][:, i]
        seen = errors.max(-1) > 10 * ROUNDING
        backups = arrays["backups"][seen]
        low, middle, high = np.quantile(errors[seen], [0.025, 0.5, 0.975], axis=-1)
        value.fill_between(backups, low, high, color=colour, alpha=0.2, lw=0)
        # The first, widest, shows beside a second that it agrees with.
        width = 6.0 - 2 * i
        value.plot(backups, middle, color=colour, linewidth=width, label=f"{alpha:g}")
        value.plot(backups, middle[-1] * DISCOUNT ** (backups - backups[-1]), **_PREDICTED)
    policy.set(
        xscale="log",
        yscale="log",
        xlim=(1e-8, 20),
        ylim=(ROUNDING, 20),
        xlabel="largest error before a step (reward)",
        ylabel="largest error after it (reward)",
        title="Soft policy iteration; dashed: min(gamma e, c e^2)",
    )
    value.set(
        yscale="log",
        xlabel="backups k",
        ylabel="largest error (reward)",
        title="Soft value iteration; dashed: slope gamma^k",
    )
    for axis in (policy, value):
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, title="alpha (reward per nat)")
    return figure


def _bounds(sweep: Processes, arrays: Arrays) -> Figure:
    """Values against their bounds, alpha by colour: nothing may lie above the diagonal."""
    figure = Figure(figsize=(10.5, 8.4), layout="constrained")
    axes = figure.subplots(2, 2).ravel()
    alphas = path(sweep)
    limit = bounds.soft_value_gap(alphas, ACTIONS, DISCOUNT)[:, None]
    spread = np.broadcast_to(limit, arrays["added"].shape)
    temperature = np.broadcast_to(alphas[:, None], arrays["added"].shape)
    single = np.array(sweep.contraction_alphas)[:, None]
    panels = [
        (
            arrays["divergence"],
            arrays["gap"],
            temperature,
            "sum of d(s) tau KL(pi, pi*) (reward)",
            "V*_tau - V_tau of pi (reward)",
            "Identity: all on the diagonal",
        ),
        (
            DISCOUNT * np.broadcast_to(arrays["apart"], arrays["backed_up"].shape),
            arrays["backed_up"],
            np.broadcast_to(single, arrays["backed_up"].shape),
            "gamma |u - v| (reward)",
            "|T u - T v| (reward)",
            "The soft backup contracts",
        ),
        (
            spread,
            arrays["added"],
            temperature,
            "alpha log A / (1 - gamma) (reward)",
            "largest V*_alpha - V* (reward)",
            "What entropy adds to the value",
        ),
        (
            spread,
            arrays["cost"],
            temperature,
            "alpha log A / (1 - gamma) (reward)",
            "largest V* - V of pi*_alpha (reward)",
            "What entropy costs in reward",
        ),
    ]
    norm = matplotlib.colors.LogNorm(alphas[0], alphas[-1])
    for axis, (x, y, alpha, xlabel, ylabel, title) in zip(axes, panels, strict=True):
        _scatter(axis, x, y, alpha, norm)
        axis.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes[1].set(xscale="linear", yscale="linear", xlim=(0, None), ylim=(0, None))
    mappable = matplotlib.cm.ScalarMappable(norm, "viridis")
    figure.colorbar(mappable, ax=axes.tolist(), label="alpha (reward per nat)", shrink=0.6)
    return figure


def _scatter(
    axis: Axes, x: np.ndarray, y: np.ndarray, alpha: np.ndarray, norm: matplotlib.colors.Normalize
) -> None:
    axis.scatter(x.ravel(), y.ravel(), c=alpha.ravel(), norm=norm, s=6, alpha=0.5, linewidths=0)
    ends = np.array([x.min() / 1.5, x.max() * 1.5])
    axis.plot(ends, ends, **_PREDICTED)
    # Far below its bound a value may be 1e-300 or rounding.
    lowest = max(y[y > 0].min() / 1.5, 1e-6 * ends[0])
    axis.set(xscale="log", yscale="log", xlim=tuple(ends), ylim=(lowest, ends[1]))
    axis.grid(alpha=0.3)
