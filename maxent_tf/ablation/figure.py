"""The figure of an ablation; the only module of the package that draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from maxent_tf.ablation.history import held
from maxent_tf.statistics import sample_efficiency_curve

# Inches, and dots for each of them: twice the width that the documentation shows figures with.
_SIZE = (9.0, 6.6)
_DPI = 160


def draw(result: Any) -> Any:
    """Returns a figure of an `Ablation`: curves on the left, ends against alpha on the right.

    Raises:
      ImportError: If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plot needs matplotlib: pip install matplotlib.") from None
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.subplots(2, 2)
    for axis in axes.ravel():
        axis.grid(alpha=0.3)
    count = len(result.settings)
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, count))
    # Neighbours differ in more than a shade.
    styles = [
        {"color": colour, "linestyle": ("-", (0, (4, 1.5)), (0, (1, 1)))[i % 3]}
        for i, colour in enumerate(colours)
    ]
    _curves(axes[0, 0], result, held(result.history["episode_return"]), styles)
    axes[0, 0].set(title="Return in training", ylabel="return of\nthe exploring policy")
    _final_returns(axes[0, 1], result)
    if "entropy" in result.history:
        _curves(axes[1, 0], result, result.history["entropy"], styles)
        axes[1, 0].set(title="Entropy of the policy", ylabel="entropy (nats)")
    else:
        axes[1, 0].remove()
    if result.stuck is not None:
        _stuck(axes[1, 1], result)
    else:
        axes[1, 1].remove()
    figure.legend(
        handles=axes[0, 0].get_lines()[:count],
        loc="outside lower center",
        # As many columns as fit in about eighty characters.
        ncols=max(1, min(count, 80 // (8 + max(len(s.label) for s in result.settings)))),
        frameon=False,
        title="alpha (reward per nat)",
    )
    seeds = result.returns.shape[1]
    figure.suptitle(f"{result.learner} on {result.env}, {seeds} seeds for each alpha")
    return figure


def _curves(axis: Any, result: Any, values: np.ndarray, styles: list[dict[str, Any]]) -> None:
    """Draws a line for each setting: the interquartile mean over seeds, its interval shaded."""
    steps = result.history["env_steps"]
    for i, (setting, style) in enumerate(zip(result.settings, styles, strict=True)):
        curve = sample_efficiency_curve(values[:, i])
        axis.plot(steps, curve.value, linewidth=1.5, label=setting.label, **style)
        axis.fill_between(steps, curve.low, curve.high, color=style["color"], alpha=0.15, lw=0)
    axis.set_xlabel("environment steps of each learner")


def _final_returns(axis: Any, result: Any) -> None:
    rows = result.rows()
    # Beside the interval, which would hide them.
    for i, returns in enumerate(result.returns.mean(axis=-1)):
        place = np.full(len(returns), i - 0.15)
        axis.plot(place, returns, "o", color="0.5", markersize=4, alpha=0.7, markeredgewidth=0)
    _with_interval(axis, rows, "return_iqm", "return")
    if result.level is not None:
        axis.axhline(result.level, color="black", linewidth=0.8, linestyle=":")
    _label_settings(axis, rows)
    axis.set(title="Final return", ylabel="return of\nthe greedy policy")


def _stuck(axis: Any, result: Any) -> None:
    rows = result.rows()
    _with_interval(axis, rows, "stuck_fraction", "stuck")
    _label_settings(axis, rows)
    below = "" if result.level is None else f"\n(return below {result.level:g})"
    axis.set(title="Stuck learners", ylabel=f"fraction of learners{below}", ylim=(-0.04, 1.04))


def _with_interval(axis: Any, rows: list[dict[str, Any]], value: str, bounds: str) -> None:
    middle, low, high = (
        np.array([row[name] for row in rows]) for name in (value, f"{bounds}_low", f"{bounds}_high")
    )
    error = np.maximum([middle - low, high - middle], 0)
    axis.errorbar(
        range(len(rows)), middle, yerr=error, fmt="o", color="#D55E00", markersize=5, capsize=3
    )


def _label_settings(axis: Any, rows: list[dict[str, Any]]) -> None:
    labels = [row["alpha"].replace(", ", "\n") for row in rows]
    width = max(len(line) for label in labels for line in label.split("\n"))
    upright = width * len(labels) <= 60
    axis.set_xticks(range(len(rows)), labels, rotation=0 if upright else 60)
    axis.set_xlabel("alpha (reward per nat)")
