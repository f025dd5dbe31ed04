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
