"""Tsallis: sparsemax by sorting, the limits of the index, hard cases for the root finder."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maxent_tf.regularizers import Shannon, Tsallis

ROWS = st.lists(st.floats(-1e3, 1e3, allow_subnormal=False), min_size=1, max_size=40)


def sparsemax(z: np.ndarray) -> np.ndarray:
    """Martins and Astudillo (2016), algorithm 1."""
    ordered = np.sort(z)[::-1]
    count = np.arange(1, len(z) + 1)
    support = 1 + count * ordered > np.cumsum(ordered)
    size = count[support][-1]
    return np.maximum(z - (np.cumsum(ordered)[size - 1] - 1) / size, 0)


@settings(deadline=None)
@given(z=ROWS, alpha=st.floats(1e-3, 1e3))
def test_index_two_is_sparsemax(z: list[float], alpha: float) -> None:
    p = Tsallis().greedy(tf.constant(z, tf.float64), alpha)
    np.testing.assert_allclose(p, sparsemax(np.array(z) / alpha), atol=1e-15 * (1e4 / alpha + 10))


@settings(deadline=None)
@given(z=ROWS, index=st.floats(1.01, 2.0))
def test_the_threshold_equation_holds_on_the_support(z: list[float], index: float) -> None:
    # Oracle: p^(k-1) / (k-1) - z is one constant on the support, and at least -z outside it.
    z_ = np.array(z)
    p = Tsallis(index).greedy(tf.constant(z_), 1.0).numpy()
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-13)
    multiplier = p ** (index - 1) / (index - 1) - z_
    constant = multiplier[np.argmax(p)]
    np.testing.assert_allclose(multiplier[p > 0], constant, atol=1e-10, rtol=1e-12)
    assert np.all(-z_[p == 0] >= constant - 1e-10)


def test_gaps_of_every_size_at_once_and_many_actions() -> None:
    # Oracle: sorting. A geometric sequence of gaps is the slowest for Newton at index 2.
    for z in (-np.geomspace(1e-12, 10, 60), np.linspace(-1, 0, 2000), np.zeros(1000)):
        p = Tsallis().greedy(tf.constant(z), 1.0)
        np.testing.assert_allclose(p, sparsemax(z), atol=1e-14)


def test_towards_index_one_it_is_shannon() -> None:
    # Oracle: the limit; the distance is of first order in index - 1.
    q = tf.constant(np.random.default_rng(0).normal(size=(20, 5)))
    distance = []
    for index in (1.04, 1.02, 1.01):
        regularizer = Tsallis(index)
        distance.append(
            (
                np.max(np.abs(regularizer.greedy(q, 0.7) - Shannon().greedy(q, 0.7))),
                np.max(np.abs(regularizer.soft_max(q, 0.7) - Shannon().soft_max(q, 0.7))),
            )
        )
    halved = np.array(distance)[1:] / np.array(distance)[:-1]
    np.testing.assert_allclose(halved, 0.5, atol=0.05)


def test_actions_far_below_the_best_get_no_probability_at_all() -> None:
    # Oracle: sparsemax of two actions is (1 + gap / alpha) / 2, clipped.
    p = Tsallis().greedy(tf.constant([[0.5, 0.0], [1.0, 0.0], [3.0, 0.0]], tf.float64), 1.0)
    np.testing.assert_allclose(p, [[0.75, 0.25], [1, 0], [1, 0]], atol=1e-15)


@pytest.mark.parametrize("index", [1.0, 2.5, np.nan])
def test_an_index_out_of_range_is_named(index: float) -> None:
    with pytest.raises(ValueError, match=rf"index must be in \[1\.01, 2\.0\], not {index}"):
        Tsallis(index)
