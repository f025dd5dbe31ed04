"""The reported statistics against their definitions."""

import numpy as np

from experiments import statistics


def test_wilson_interval_solves_its_equation() -> None:
    # Oracle: its bounds are where the normal test of that proportion is just not rejected.
    for successes, trials in [(0, 20), (3, 20), (20, 20), (57, 100)]:
        for bound in statistics.wilson_interval(successes, trials):
            z = (successes / trials - bound) / np.sqrt(max(bound * (1 - bound), 1e-30) / trials)
            if 1e-9 < bound < 1 - 1e-9:
                np.testing.assert_allclose(abs(z), 1.959964, rtol=1e-5)


def test_interquartile_mean_is_the_mean_of_the_middle_half() -> None:
    # Oracle: sorting by hand.
    scores = np.random.default_rng(0).normal(size=40)
    expected = np.sort(scores)[10:30].mean()
    np.testing.assert_allclose(statistics.interquartile_mean(scores), expected, rtol=1e-12)


def test_bootstrap_interval_covers_as_often_as_it_says() -> None:
    # Oracle: the true interquartile mean of a symmetric distribution, its centre. The percentile
    # bootstrap of 20 runs covers a little less often than 95%; 150 repeats have a standard error
    # of 2 points.
    rng = np.random.default_rng(0)
    intervals = [statistics.bootstrap_interval(rng.normal(size=20)) for _ in range(150)]
    covered = np.mean([low <= 0 <= high for low, high in intervals])
    assert 0.87 <= covered <= 0.99


def test_bootstrap_interval_of_agreeing_runs_is_a_point() -> None:
    assert statistics.bootstrap_interval(np.full(5, 0.3)) == (0.3, 0.3)
