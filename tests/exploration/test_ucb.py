"""UCB1 against its formula and the bound on its regret."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.exploration import ucb1


def test_bounds_are_those_of_the_formula() -> None:
    # Oracle: the formula in NumPy.
    mean = np.array([[0.2, 0.5, 0.4], [0.9, 0.1, 0.3]])
    count = np.array([[10, 200, 40], [1, 1, 1]])
    bound, action = ucb1(mean, count)
    expected = mean + np.sqrt(2 * np.log(count.sum(-1, keepdims=True)) / count)
    np.testing.assert_allclose(bound, expected, rtol=1e-12)
    np.testing.assert_array_equal(action, expected.argmax(-1))


def test_what_was_never_tried_comes_first() -> None:
    # Oracle: the definition.
    _, action = ucb1([[9.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[5, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(action, [1, 0])


def test_the_regret_is_below_the_papers_bound() -> None:
    # Oracle: theorem 1 of Auer et al. (2002), on Bernoulli arms; a greedy choice is stuck in some
    # of the runs and exceeds it there.
    means, runs, steps = np.array([0.9, 0.6]), 200, 1000
    rng = np.random.default_rng(0)
    worst = {}
    for c in (2.0, 0.0):
        count, total = np.zeros((runs, 2)), np.zeros((runs, 2))
        for _ in range(steps):
            _, action = ucb1(tf.constant(total / np.maximum(count, 1)), count, c)
            drawn = np.eye(2)[action]
            count += drawn
            total += drawn * (rng.random((runs, 2)) < means)
        worst[c] = (count[:, 1] * 0.3).max()
    bound = 8 * np.log(steps) / 0.3 + (1 + np.pi**2 / 3) * 0.3
    assert worst[2.0] < bound < worst[0.0]


def test_a_negative_width_is_named() -> None:
    with pytest.raises(ValueError, match="c must be at least 0, not -1"):
        ucb1([0.0], [1], c=-1)
