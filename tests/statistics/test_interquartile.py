"""The interquartile mean against sorting by hand, SciPy and rliable."""

import numpy as np
import pytest
import scipy.stats

from maxent_tf import statistics


def test_it_is_the_mean_of_the_middle_half() -> None:
    # Oracle: sorting by hand.
    scores = np.random.default_rng(0).normal(size=40)
    expected = np.sort(scores)[10:30].mean()
    np.testing.assert_allclose(statistics.interquartile_mean(scores), expected, rtol=1e-12)


def test_it_is_the_trimmed_mean_of_scipy_to_the_bit() -> None:
    # Oracle: SciPy, which stored summaries were made with. Sizes that four does not divide, ties.
    rng = np.random.default_rng(0)
    for size in (1, 2, 3, 5, 20, 43):
        scores = rng.normal(size=size).round(1)
        assert statistics.interquartile_mean(scores) == scipy.stats.trim_mean(scores, 0.25)


def test_axes_are_averaged_over_together() -> None:
    # Oracle: one call for each of the other axis' elements.
    scores = np.random.default_rng(0).normal(size=(5, 3, 4))
    means = statistics.interquartile_mean(scores, axis=(0, 2))
    assert means.tolist() == [statistics.interquartile_mean(scores[:, i]) for i in range(3)]


def test_no_scores_are_refused() -> None:
    # Oracle: the definition, which has no value here.
    with pytest.raises(ValueError, match="must not be empty"):
        statistics.interquartile_mean([])
