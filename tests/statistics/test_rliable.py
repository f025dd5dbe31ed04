"""All statistics against rliable, the program of the paper that they follow.

The hard values are those that `rliable` 1.2.0 gave (with pandas below 3) for the arrays below:

    metrics.aggregate_iqm(X), metrics.probability_of_improvement(X, Y)
    np.random.seed(0)
    iqm = lambda s: np.array([metrics.aggregate_iqm(s)])
    library.get_interval_estimates({"x": X}, iqm, reps=50000)
    poi = lambda a, b: np.array([metrics.probability_of_improvement(a, b)])
    library.get_interval_estimates({"xy": [X, Y]}, poi, reps=5000)
    library.create_performance_profile({"x": X}, np.array(LEVELS), reps=50000)
    of_records = lambda s: np.array([metrics.aggregate_iqm(s[..., k]) for k in range(3)])
    curve = np.stack([X, 2 * X, X + 1], axis=-1)
    library.get_interval_estimates({"x": curve}, of_records, reps=50000)
"""

import numpy as np
import pytest

from maxent_tf import statistics

X = np.array(
    [[1.0, 20, 0.3], [2.0, 50, 0.1], [4.0, 10, 0.4], [8.0, 90, 0.2], [5.0, 30, 0.9]]
)  # [runs, tasks]
Y = np.array([[2.0, 20, 0.2], [3.0, 40, 0.3], [1.0, 60, 0.1], [7.0, 25, 0.5]])
LEVELS = [0.25, 3.0, 25.0]
# Bounds are percentiles of other draws: 1% of an interval is a generous error of 50,000 of them.
CLOSE = 0.01


def test_interquartile_mean() -> None:
    # Oracle: rliable's hard values.
    assert statistics.interquartile_mean(X) == pytest.approx(5.699999999999999, rel=1e-14)
    low, high = statistics.bootstrap_interval(X, resamples=50_000)
    assert (low, high) == pytest.approx((3.8, 11.36666667), abs=CLOSE * 7.6)


def test_probability_of_improvement() -> None:
    # Oracle: rliable's hard values. A step of the statistic is 1/120.
    estimate = statistics.probability_of_improvement(X, Y, resamples=50_000)
    assert estimate.value == pytest.approx(0.55, rel=1e-14)
    assert (estimate.low, estimate.high) == pytest.approx((0.325, 0.76666667), abs=1 / 120)


def test_performance_profile() -> None:
    # Oracle: rliable's hard values.
    profile = statistics.performance_profile(X, LEVELS, resamples=50_000)
    np.testing.assert_allclose(profile.value, [0.86666667, 0.53333333, 0.2], atol=1e-8)
    np.testing.assert_allclose(profile.low, [0.73333333, 0.4, 0.06666667], atol=1e-8)
    np.testing.assert_allclose(profile.high, [1.0, 0.66666667, 0.33333333], atol=1e-8)


def test_sample_efficiency_curve() -> None:
    # Oracle: rliable's hard values.
    curve = statistics.sample_efficiency_curve(np.stack([X, 2 * X, X + 1]), resamples=50_000)
    np.testing.assert_allclose(curve.value, [5.7, 11.4, 6.7], rtol=1e-14)
    np.testing.assert_allclose(curve.low, [3.8, 7.6, 4.8], atol=CLOSE * 8)
    np.testing.assert_allclose(curve.high, [11.42222222, 22.73333333, 12.51138889], rtol=0.02)


def test_point_estimates_are_those_of_the_installed_rliable() -> None:
    # Oracle: rliable itself, on random scores with ties.
    metrics = pytest.importorskip("rliable.metrics")
    library = pytest.importorskip("rliable.library")
    rng = np.random.default_rng(0)
    for runs, others, tasks in [(3, 5, 1), (10, 7, 4)]:
        x = rng.normal(size=(runs, tasks)).round(1)
        y = rng.normal(size=(others, tasks)).round(1)
        iqm = statistics.interquartile_mean(x)
        assert iqm == pytest.approx(metrics.aggregate_iqm(x), rel=1e-14)
        improvement = statistics.probability_of_improvement(x, y).value
        assert improvement == pytest.approx(metrics.probability_of_improvement(x, y), rel=1e-12)
        levels = np.linspace(-1, 1, 5)
        expected, _ = library.create_performance_profile({"x": x}, levels, reps=10)
        profile = statistics.performance_profile(x, levels)
        np.testing.assert_allclose(profile.value, expected["x"], rtol=1e-12)
