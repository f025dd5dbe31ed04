"""The view of an agent in a grid, against loops over its cells."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments.egocentric_view import AGENT, STEPS, VIEW, cells_in_view, visible


def seen_by_loops(opaque: np.ndarray) -> np.ndarray:
    """MiniGrid's rule, cell by cell: see `Grid.process_vis` of MiniGrid 3.2."""
    seen = np.zeros([VIEW, VIEW], bool)
    seen[AGENT] = True
    for j in reversed(range(VIEW)):
        for way, columns in ((1, range(VIEW - 1)), (-1, range(VIEW - 1, 0, -1))):
            for i in columns:
                if seen[i, j] and not opaque[i, j]:
                    seen[i + way, j] = True
                    if j > 0:
                        seen[[i, i + way], j - 1] = True
    return seen


@pytest.mark.parametrize("density", [0.05, 0.2, 0.4, 0.7])
def test_sees_what_minigrid_would(density: float) -> None:
    # Oracle: the loops, on 500 random views.
    opaque = np.random.default_rng(0).random([500, VIEW, VIEW]) < density
    expected = np.array([seen_by_loops(view) for view in opaque])
    np.testing.assert_array_equal(visible(tf.constant(opaque)), expected)
    assert 0 < expected.mean() < 1


def test_cells_are_those_ahead_of_the_agent() -> None:
    # Oracle: the view cell by cell: so many steps forwards and, turned right once, to the right.
    position = np.array([3, 5], np.int32)
    for direction in range(4):
        cells = cells_in_view(tf.constant(position), tf.constant(direction)).numpy()
        rightwards = STEPS[(direction + 1) % 4]
        for i, j in np.ndindex(VIEW, VIEW):
            expected = position + (6 - j) * STEPS[direction] + (i - 3) * rightwards
            np.testing.assert_array_equal(cells[i, j], expected)
