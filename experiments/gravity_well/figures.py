"""The figures: escape times against the start, and the well on the simplex."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib
import numpy as np
import scipy.special
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.bandit_ascent import REWARDS
from experiments.frame import Arrays, Result
from experiments.gravity_well import analysis
from experiments.gravity_well.sweep import Sweep

_COLOURS = (plots.BLUE, plots.VERMILLION, plots.GREEN, plots.PURPLE)
_CORNERS = np.array([[0.5, np.sqrt(3) / 2], [0.0, 0.0], [1.0, 0.0]])  # best, second, worst


def draw(results: list[Result]) -> Mapping[str, Figure]:
    """Returns the figures by file name."""
    ((sweep, arrays, _),) = results
    return {"escape_time.png": _escape_time(sweep, arrays), "well.png": _well(sweep, arrays)}


def _escape_time(sweep: Sweep, arrays: Arrays) -> Figure:
    figure, ((arms, entropy),) = plots.panels(1, 2, height=4.4, sharex=True, sharey=True)
    plain = [i for i, (_, alpha) in enumerate(sweep.curves) if alpha == 0]
    for colour, i in zip(_COLOURS, plain, strict=False):
        worse = sweep.curves[i][0]
        style = {"color": colour, "markersize": 4, "linestyle": "none"}
        arms.plot(sweep.starts, arrays["steps"][i], "o", label=f"{worse + 2} arms", **style)
        arms.plot(sweep.starts, analysis.limits(sweep, worse), color=colour, linewidth=1)
    if plain:
        worse = sweep.curves[plain[0]][0]
        bound = analysis.lower_bounds(sweep, worse)
        arms.plot(sweep.starts, bound, "k:", label=f"lower bound, {worse + 2} arms")
    arms.set(
        xscale="log",
        yscale="log",
        xlim=(sweep.starts[-1], 0.15),
        ylim=(10, 2 * sweep.max_steps),
        xlabel="first probability of the best arm",
        ylabel="steps until it exceeds 1/2",
        title="Without entropy, K arms;\nlines: the limit, of slope 1 - K",
    )
    curves = [i for i, (worse, _) in enumerate(sweep.curves) if worse == 1]
    for style, i in zip(plots.by_alpha(len(curves)), curves, strict=True):
        label = f"{sweep.curves[i][1]:g}"
        entropy.plot(sweep.starts, arrays["steps"][i], marker="o", ms=3, label=label, **style)
    known = list(analysis.KNOWN.values())
    style = {"color": "#D55E00", "markersize": 13, "linestyle": "none"}
    entropy.plot([analysis.KNOWN_START] * len(known), known, "*", label="known", **style)
    entropy.set(
        xlabel="first probability of the best arm",
        title="Three arms, with entropy and without;\nstars: an independent computation",
    )
    arms.legend(frameon=False)
    entropy.legend(frameon=False, title="alpha (reward per nat)", ncols=2)
    return figure


def _well(sweep: Sweep, arrays: Arrays) -> Figure:
    """Draws two simplices, shaded by the escape time, and the best arm's probability over time."""
    figure = Figure(figsize=(plots.WIDTH, 8.4), layout="constrained")
    grid = figure.add_gridspec(2, len(sweep.map_alphas), height_ratios=(1.25, 1))
    simplices = [figure.add_subplot(grid[0, i]) for i in range(len(sweep.map_alphas))]
    over_time = figure.add_subplot(grid[1, :])
    levels = 10.0 ** np.arange(0, np.log10(sweep.map_steps) + 0.01, 0.25)
    norm = matplotlib.colors.LogNorm(1, levels[-1])
    for i, (axis, alpha) in enumerate(zip(simplices, sweep.map_alphas, strict=True)):
        x, y = (arrays["points"] @ _CORNERS).T
        # Starts that escaped at once are drawn with the shortest time, and those that never did
        # beyond the longest.
        time = np.clip(arrays["map"][i], 1, 1.5 * levels[-1])
        filled = axis.tricontourf(x, y, time, levels, norm=norm, cmap="cividis_r", extend="max")
        filled.set_edgecolor("face")
        for path in arrays["trajectories"][i]:
            _trajectory(axis, path)
        if alpha > 0:
            optimum = scipy.special.softmax(np.array(REWARDS) / alpha) @ _CORNERS
        else:
            optimum = _CORNERS[0]
        axis.plot(*optimum, "*", color="#D55E00", markersize=15, markeredgecolor="white", zorder=5)
        _frame(axis)
        axis.set_title(f"alpha = {alpha:g}" if alpha else "without entropy")
    figure.colorbar(
        filled,
        ax=simplices,
        location="bottom",
        shrink=0.6,
        aspect=35,
        pad=0.02,
        ticks=levels[::4],
        format="{x:,.0f}",
        label="steps until the best arm has more than half",
    )
    marks = arrays["well_marks"]
    alphas = (0.0, *sweep.alphas)
    for style, alpha, best in zip(plots.by_alpha(len(alphas)), alphas, arrays["well"], strict=True):
        over_time.plot(marks[1:], best[1:], linewidth=2, label=f"{alpha:g}", **style)
    over_time.axhline(sweep.well_start[0], color="black", linestyle=":", linewidth=1)
    over_time.set(
        xscale="log",
        yscale="log",
        xlabel="steps",
        ylabel="probability of the best arm",
        title=f"From pi0 = ({', '.join(f'{p:g}' for p in sweep.well_start)})",
    )
    over_time.grid(alpha=0.3)
    over_time.legend(frameon=False, title="alpha (reward per nat)")
    return figure


def _trajectory(axis: Axes, policies: np.ndarray) -> None:
    path = policies @ _CORNERS
    axis.plot(*path.T, color="white", linewidth=2.6)
    axis.plot(*path.T, color="black", linewidth=1.3)
    axis.plot(*path[0], "o", color="black", markersize=4, markeredgecolor="white")
    # The arrow is drawn where half of the way is done.
    way = np.append(0, np.cumsum(np.hypot(*np.diff(path, axis=0).T)))
    middle = max(int(np.searchsorted(way, way[-1] / 2)), 1)
    style = {"arrowstyle": "-|>", "color": "black", "mutation_scale": 13}
    axis.annotate("", path[middle], path[middle - 1], arrowprops=style)


def _frame(axis: Axes) -> None:
    axis.plot(*_CORNERS[[0, 1, 2, 0]].T, color="black", linewidth=1)
    for (x, y), name, reward in zip(_CORNERS, ("best", "second", "worst"), REWARDS, strict=True):
        shift, vertical = (0.04, "bottom") if name == "best" else (-0.04, "top")
        axis.text(x, y + shift, f"{name}: {reward:g}", ha="center", va=vertical)
    axis.set(aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.12, 0.98))
    axis.axis("off")
