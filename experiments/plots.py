"""The parts that the figures of all experiments share: colours, sizes, intervals and bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# The colours of Okabe and Ito, which colour-blind readers tell apart too.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"

# The unit is inches. The site shows a figure 736 pixels wide, where text of 10 points then has 11
# pixels.
WIDTH = 9.0


def panels(rows: int, columns: int, height: float = 3.0, **options: Any) -> tuple[Figure, Any]:
    """Returns a figure of the site's width, and its panels, [rows, columns].

    Args:
      rows: The number of rows of panels.
      columns: The number of columns; a single column is drawn narrower.
      height: The height of a row, in inches.
      **options: The options of `Figure.subplots`.
    """
    width = WIDTH if columns > 1 else 0.7 * WIDTH
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.ravel():
        axis.grid(alpha=0.3)
    return figure, axes


def wrapped(count: int, columns: int, height: float = 3.0) -> tuple[Figure, list[Axes]]:
    """Returns a figure of the site's width, and so many panels, row by row.

    Args:
      count: The number of panels.
      columns: The number of panels in a row.
      height: The height of a row, in inches.
    """
    figure, axes = panels(-(-count // columns), min(columns, count), height)
    for axis in axes.ravel()[count:]:
        axis.remove()
    return figure, list(axes.ravel()[:count])


def legend(figure: Figure, axes: Iterable[Axes], **options: Any) -> None:
    """Explains the lines of all panels below them, each label once.

    Args:
      figure: The figure.
      axes: The panels whose lines are explained.
      **options: The options of `Figure.legend`.
    """
    named: dict[str, Artist] = {}
    for axis in axes:
        handles, labels = axis.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    place: dict[str, Any] = {
        "loc": "outside lower center",
        "ncols": 3,
        "frameon": False,
        "fontsize": 9,
    }
    figure.legend(list(named.values()), list(named), **{**place, **options})


def by_alpha(count: int) -> list[dict[str, Any]]:
    """Returns a style for each of so many temperatures: neighbours differ in more than a shade."""
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, count))
    return [
        {"color": colour, "linestyle": ("-", (0, (4, 1.5)), (0, (1, 1)))[i % 3]}
        for i, colour in enumerate(colours)
    ]


def with_interval(
    axis: Axes, x: Any, rows: Sequence[Any], value: str, bounds: str | None = None, **style: Any
) -> None:
    """Draws an entry of the rows against x, with its interval as bars.

    Args:
      axis: The panel to draw in.
      x: [rows], the positions.
      rows: The rows of the summary.
      value: The name of the entry.
      bounds: The name of the entry's interval, if that is not `VALUE_interval`.
      **style: The options of `Axes.errorbar`.
    """
    middle = np.array([row[value] for row in rows])
    low, high = np.array([row[bounds or f"{value}_interval"] for row in rows]).T
    error = np.maximum([middle - low, high - middle], 0)
    axis.errorbar(x, middle, yerr=error, **{"marker": "o", "markersize": 5, "capsize": 2, **style})


def band(
    axis: Axes, x: Any, low: Any, middle: Any, high: Any, shade: float = 0.15, **style: Any
) -> None:
    """Draws a line and shades what is between two others.

    Args:
      axis: The panel to draw in.
      x: [points], the positions.
      low: [points], the lower end of the shading.
      middle: [points], the line.
      high: [points], the upper end of the shading.
      shade: The opacity of the shading.
      **style: The options of `Axes.plot`, with a colour.
    """
    axis.plot(x, middle, **{"linewidth": 1.5, **style})
    axis.fill_between(x, low, high, color=style["color"], alpha=shade, lw=0)


def mean_band(
    axis: Axes, steps: np.ndarray, values: np.ndarray, lowest: float | None = None, **style: Any
) -> None:
    """Draws a mean over seeds, and shades 1.96 standard errors, where all seeds have a number.

    The shading is a 95% interval for many seeds, and less than that for a few.

    Args:
      axis: The panel to draw in.
      steps: [records], the numbers of steps.
      values: [records, seeds], the values; not finite where, for example, no episode has ended yet.
      lowest: The share of the mean below which the band is not drawn, or None. On a logarithmic
        axis, a band that reaches 0 would leave the picture.
      **style: The options of `Axes.plot`, with a colour.
    """
    known = np.isfinite(values).all(axis=-1)
    steps, values = steps[known], values[known]
    mean, seeds = values.mean(axis=-1), values.shape[-1]
    spread = values.std(axis=-1, ddof=1) if seeds > 1 else np.zeros_like(mean)
    error = 1.96 * spread / np.sqrt(seeds)
    low = mean - error if lowest is None else np.maximum(mean - error, lowest * mean)
    band(axis, steps, low, mean, mean + error, **style)
