"""Sample-efficiency curves against the statistics of single records."""

import numpy as np
import pytest

from maxent_tf import statistics


def test_a_curve_has_the_statistics_of_each_record() -> None:
    # Oracle: the interval of each record alone, whose bootstrap begins with the same draws.
    scores = np.random.default_rng(0).normal(size=(3, 8, 2))
    curve = statistics.sample_efficiency_curve(scores)
    for i, record in enumerate(scores):
        assert curve.value[i] == statistics.interquartile_mean(record)
        assert (curve.low[i], curve.high[i]) == statistics.bootstrap_interval(record)


def test_a_record_without_the_score_of_a_run_has_no_statistics() -> None:
    # Oracle: the definition. The other records are as if it were not there.
    scores = np.random.default_rng(0).normal(size=(3, 8))
    holed = scores.copy()
    holed[0, 3] = np.nan
    curve, whole = (statistics.sample_efficiency_curve(x) for x in (holed, scores))
    assert np.isnan(curve.value[0])
    assert np.isnan(curve.low[0])
    assert curve.high[1:].tolist() == whole.high[1:].tolist()


def test_scores_without_records_are_refused() -> None:
    # Oracle: the error that the docstring promises.
    with pytest.raises(ValueError, match=r"not of shape \[4\]"):
        statistics.sample_efficiency_curve(np.zeros(4))
