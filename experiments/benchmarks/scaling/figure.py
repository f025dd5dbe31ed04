"""The figure: a panel for each axis, with the limits drawn in."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import plots
from experiments.benchmarks.scaling import cases
from experiments.benchmarks.scaling.analysis import Curve, turn

_STEPS = "steps of environments"
_WORK = {cases.LEARNERS: _STEPS, cases.ENVIRONMENTS: _STEPS, cases.STATES: "values of states"}
_STYLES = {1: (plots.BLUE, "o"), 2: (plots.VERMILLION, "s"), 4: (plots.GREEN, "^")}


def draw(curves: Mapping[str, Curve]) -> Figure:
    """Returns the figure of the curves of some axes."""
    figure, axes = plots.panels(1, len(curves), height=3.6)
    for axis, (name, curve) in zip(axes[0], curves.items(), strict=True):
        _panel(axis, name, curve)
    axes[0][0].set_ylabel("work in a second of CPU time")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def _panel(axis: Axes, name: str, curve: Curve) -> None:
    rows, limits = curve
    sizes = [row["size"] for row in rows]
    highest = max(row["rate_1"] for row in rows)
    for n, (colour, marker) in _STYLES.items():
        if f"rate_{n}" in rows[0]:
            rates = [row[f"rate_{n}"] for row in rows]
            label = "one core" if n == 1 else f"{n} cores"
            axis.plot(sizes, rates, color=colour, marker=marker, markersize=4, label=label)
    for limit, style in (("matrix products", "--"), ("memory bandwidth", ":")):
        if limit in limits.of(name):
            axis.axhline(limits.of(name)[limit], color=plots.BLACK, ls=style, lw=1)
        axis.plot([], [], color=plots.BLACK, ls=style, lw=1, label=f"limit: {limit}")
    # The fixed cost of a call: twice as much work takes the same time.
    launch = [rows[0]["rate_1"] * size / sizes[0] for size in (sizes[0], turn(rows))]
    axis.plot([sizes[0], turn(rows)], launch, color="grey", ls="-.", lw=1, label="limit: launch")
    axis.axvline(turn(rows), color="grey", lw=0.5)
    axis.set_xscale("log")
    axis.set_yscale("log")
    top = max(highest, *limits.of(name).values())
    axis.set_ylim(0.5 * min(row["rate_1"] for row in rows), 2 * top)
    axis.set_xlabel(name)
    axis.set_title(f"{_WORK[name]}, turns at {turn(rows):,.0f}", fontsize=10)
