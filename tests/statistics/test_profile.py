"""Performance profiles against counting, and the exact distribution of a resample."""

import numpy as np
import scipy.stats

from maxent_tf import statistics


def test_a_profile_counts_the_scores_above_each_level() -> None:
    # Oracle: counting. A score that equals the level is not above it.
    profile = statistics.performance_profile([[1.0, 3.0], [2.0, 2.0]], [0.5, 2.0, 3.0])
    assert profile.value.tolist() == [1.0, 0.25, 0.0]


def test_its_interval_has_the_quantiles_of_a_binomial_distribution() -> None:
    # Oracle: with one task, the number of resampled scores above a level is binomial. With 20,000
    # resamples the percentiles are the binomial's own.
    scores = np.arange(20.0)
    profile = statistics.performance_profile(scores, [13.5], resamples=20_000)
    expected = scipy.stats.binom.ppf([0.025, 0.975], 20, 0.3) / 20
    np.testing.assert_allclose([profile.low[0], profile.high[0]], expected, rtol=1e-12)
