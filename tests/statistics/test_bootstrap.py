"""Bootstrap intervals against SciPy's, and against how often they must cover."""

import numpy as np
import pytest
import scipy.stats

from maxent_tf import statistics


def test_intervals_of_one_task_are_those_of_scipy_to_the_bit() -> None:
    # Oracle: SciPy's percentile bootstrap from the same generator, which stored summaries hold.
    rng = np.random.default_rng(0)
    for size in (2, 3, 10, 21):
        scores = rng.normal(size=size)
        expected = scipy.stats.bootstrap(
            (scores,),
            lambda x, axis: scipy.stats.trim_mean(x, 0.25, axis=axis),
            n_resamples=2000,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        assert statistics.bootstrap_interval(scores) == (expected.low, expected.high)


def test_intervals_cover_as_often_as_they_say() -> None:
    # Oracle: the true interquartile mean of a symmetric distribution, its centre. The percentile
    # bootstrap of 20 runs covers a little less often than 95%; 150 repeats have a standard error
    # of 2 points.
    rng = np.random.default_rng(0)
    intervals = [statistics.bootstrap_interval(rng.normal(size=20)) for _ in range(150)]
    covered = np.mean([low <= 0 <= high for low, high in intervals])
    assert 0.87 <= covered <= 0.99


def test_the_interval_of_agreeing_runs_is_a_point() -> None:
    # Oracle: resamples of equal scores are equal.
    assert statistics.bootstrap_interval(np.full(5, 0.3)) == (0.3, 0.3)


def test_tasks_are_strata() -> None:
    # Oracle: runs that agree within each task, of which every resample is the same. A bootstrap of
    # pooled scores would spread from task to task.
    scores = np.tile([0.0, 100.0, 7.0], (6, 1))
    assert statistics.bootstrap_interval(scores, np.mean) == pytest.approx((107 / 3, 107 / 3))


def test_the_interval_of_a_difference_covers_as_often_as_it_says() -> None:
    # Oracle: the true difference of the centres; tolerance as above.
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(150):
        first, second = rng.normal(1.0, 1.0, size=20), rng.normal(0.0, 3.0, size=15)
        estimate = statistics.bootstrap_difference(first, second)
        covered += estimate.low <= 1.0 <= estimate.high
    assert 0.87 <= covered / 150 <= 0.99


def test_the_difference_is_first_minus_second() -> None:
    # Oracle: the statistics themselves.
    first, second = np.array([[1.0, 5.0], [3.0, 9.0]]), np.array([[0.0, 1.0]])
    estimate = statistics.bootstrap_difference(first, second, np.mean)
    assert estimate.value == 4.5 - 0.5
    assert estimate.low < estimate.value < estimate.high


def test_bad_scores_are_refused() -> None:
    # Oracle: the errors that the docstrings promise.
    with pytest.raises(ValueError, match="1 NaN among 3 scores"):
        statistics.bootstrap_interval([1.0, np.nan, 2.0])
    with pytest.raises(ValueError, match=r"not of shape \[0\]"):
        statistics.bootstrap_interval([])
    with pytest.raises(ValueError, match="not 2 and 1 tasks"):
        statistics.bootstrap_difference(np.zeros((3, 2)), np.zeros(3))
