"""The probability of improvement against a loop over pairs, and SciPy."""

import numpy as np
import scipy.stats

from maxent_tf import statistics


def test_it_counts_pairs_and_half_of_the_ties() -> None:
    # Oracle: a loop over pairs; and the U of Mann and Whitney by SciPy.
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (6, 2)), rng.integers(0, 4, (9, 2))
    wins = [
        (x > y) + 0.5 * (x == y)
        for task in range(2)
        for x in first[:, task]
        for y in second[:, task]
    ]
    value = statistics.probability_of_improvement(first, second).value
    np.testing.assert_allclose(value, np.mean(wins), rtol=1e-12)
    u = [scipy.stats.mannwhitneyu(first[:, t], second[:, t]).statistic / 54 for t in range(2)]
    np.testing.assert_allclose(value, np.mean(u), rtol=1e-12)


def test_its_interval_covers_as_often_as_it_says() -> None:
    # Oracle: P(X > Y) of two normal distributions, Phi(1 / sqrt 2). 150 repeats have a standard
    # error of 2 points.
    truth = scipy.stats.norm.cdf(1 / np.sqrt(2))
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(150):
        estimate = statistics.probability_of_improvement(
            rng.normal(1.0, size=20), rng.normal(size=20)
        )
        covered += estimate.low <= truth <= estimate.high
    assert 0.87 <= covered / 150 <= 0.99


def test_a_group_that_always_wins_leaves_no_doubt_in_its_resamples() -> None:
    # Oracle: every pair of every resample.
    estimate = statistics.probability_of_improvement([3.0, 4.0], [1.0, 2.0])
    assert estimate == (1.0, 1.0, 1.0)
