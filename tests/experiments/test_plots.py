"""What figures share: intervals, bands and styles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from experiments import plots


def test_an_interval_is_drawn_from_its_bounds() -> None:
    # Oracle: the rows.
    figure, ((axis,),) = plots.panels(1, 1)
    rows = [{"x": 0.5, "x_interval": [0.2, 0.6]}, {"x": 2.0, "x_interval": [2.0, 3.0]}]
    plots.with_interval(axis, [1, 2], rows, "x", color=plots.BLUE)
    (container,) = axis.containers
    line, _, (bars,) = container
    np.testing.assert_allclose(line.get_ydata(), [0.5, 2.0])
    drawn = [segment[:, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(drawn, [[0.2, 0.6], [2.0, 3.0]])
    assert figure.get_figwidth() <= plots.WIDTH


@pytest.mark.parametrize("lowest", [None, 0.9])
def test_a_band_is_the_standard_error_where_all_seeds_have_a_number(lowest: float | None) -> None:
    # Oracle: 1.96 standard errors of (1, 3), by hand; the first record has a seed without a number.
    _, ((axis,),) = plots.panels(1, 1)
    values = np.array([[np.nan, 1.0], [1.0, 3.0], [1.0, 3.0]])
    plots.mean_band(axis, np.array([1, 2, 3]), values, lowest, color=plots.BLUE)
    (line,) = axis.lines
    np.testing.assert_array_equal(line.get_xdata(), [2, 3])
    np.testing.assert_array_equal(line.get_ydata(), [2, 2])
    (band,) = axis.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(2 + 1.96)
    assert heights.min() == pytest.approx(2 - 1.96 if lowest is None else 1.8)


def test_neighbouring_temperatures_differ_in_more_than_a_shade() -> None:
    # Oracle: the strokes themselves.
    styles = plots.by_alpha(9)
    for style, neighbour in itertools.pairwise(styles):
        assert style["linestyle"] != neighbour["linestyle"]
        assert tuple(style["color"]) != tuple(neighbour["color"])


def test_a_legend_names_each_line_once() -> None:
    # Oracle: the labels of both panels, in the order of their first panels.
    figure, (axes,) = plots.panels(1, 2)
    for axis, labels in zip(axes, (("a", "b"), ("b", "c")), strict=True):
        for label in labels:
            axis.plot([0, 1], label=label)
    plots.legend(figure, axes, ncols=2)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (5, 2, 3), (6, 2, 3)])
def test_panels_are_wrapped_into_rows(count: int, rows: int, columns: int) -> None:
    # Oracle: the grid that holds so many panels, with nothing in what is left of its last row.
    figure, axes = plots.wrapped(count, 3)
    assert len(axes) == len(figure.axes) == count
    assert axes[0].get_gridspec().get_geometry() == (rows, columns)
