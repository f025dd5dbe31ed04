"""Student's and Welch's intervals of means, which SciPy computes."""

from __future__ import annotations

import numpy as np
import scipy.stats


def mean_interval(scores: np.ndarray) -> tuple[float, float]:
    """Returns Student's 95% interval of the mean, for scores whose tails count.

    Args:
      scores: [runs], float, the scores.

    Returns:
      The bounds of the interval; they are equal if there is one run or all scores agree.

    References:
      Student (1908), "The probable error of a mean", Biometrika 6

    >>> low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    scores = np.asarray(scores, np.float64)
    if scores.size < 2 or np.ptp(scores) == 0:
        return float(scores.min()), float(scores.max())
    interval = scipy.stats.ttest_1samp(scores, 0).confidence_interval(0.95)
    return float(interval.low), float(interval.high)


def mean_difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Returns how much higher the mean of one group of runs is, with Welch's 95% interval.

    Args:
      first: [runs], float, the scores of the first group.
      second: [runs], float, the scores of the second group, independent of `first`.

    Returns:
      The difference of the means, first minus second, and the bounds of its interval. Without a
      spread to estimate, as with one run each, the bounds are infinite.

    References:
      B. L. Welch (1947), "The generalization of 'Student's' problem when several different
      population variances are involved", Biometrika 34

    >>> difference, low, high = mean_difference(np.array([3.0, 4.0, 5.0]), np.array([0.0, 2.0]))
    >>> difference, low < difference < high
    (3.0, True)
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    difference = float(first.mean() - second.mean())
    if min(first.size, second.size) < 2 or np.ptp(first) + np.ptp(second) == 0:
        return difference, -float("inf"), float("inf")
    interval = scipy.stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    return difference, float(interval.low), float(interval.high)
