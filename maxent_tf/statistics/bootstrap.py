"""Percentile bootstrap intervals of a statistic of runs, stratified by tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from maxent_tf.statistics.interquartile import interquartile_mean
from maxent_tf.statistics.interval_estimate import IntervalEstimate
from maxent_tf.statistics.scores import as_scores

# From scores and the axes of runs and tasks, as `numpy.mean` takes them, to the statistic.
Statistic = Callable[..., Any]

RESAMPLES = 2000


def bootstrap_interval(
    scores: Any, statistic: Statistic = interquartile_mean, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Returns the percentile bootstrap 95% interval of a statistic of independent runs.

    Args:
      scores: [runs] or [runs, tasks], float. In a resample, each task has runs drawn anew, with
        replacement, from its own.
      statistic: A function of an array and `axis`, such as `interquartile_mean`, `numpy.mean` or
        `numpy.median`.
      resamples: The number of resamples.

    Returns:
      The bounds; they are equal if there is one run or all scores agree.

    Raises:
      ValueError: If `scores` has another shape, is empty or holds NaN.

    References:
      B. Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7;
      R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical
      precipice", section 4.1, https://arxiv.org/abs/2108.13264

    >>> low, high = bootstrap_interval([1.0, 2.0, 3.0, 4.0, 5.0], np.mean)
    >>> 1.0 < low < 3.0 < high < 5.0
    True
    """
    scores = as_scores("scores", scores)
    if scores.size < 2 or np.ptp(scores) == 0:
        return float(scores.min()), float(scores.max())
    resampled = taken(scores, runs_drawn(generator(), scores, resamples))
    return percentiles(statistic(resampled, axis=(-2, -1)))


def bootstrap_difference(
    first: Any,
    second: Any,
    statistic: Statistic = interquartile_mean,
    resamples: int = RESAMPLES,
) -> IntervalEstimate:
    """Returns how much higher a statistic of one group of runs is than that of another group.

    The runs of the two groups are drawn anew independently of each other.

    Args:
      first: [runs] or [runs, tasks], float.
      second: Another number of runs of the same tasks, independent of `first`.
      statistic: As in `bootstrap_interval`.
      resamples: The number of resamples.

    Returns:
      The difference, first minus second, with its percentile bootstrap 95% interval.

    Raises:
      ValueError: If the scores have other shapes, are empty or hold NaN.

    >>> bootstrap_difference([3.0, 3.0], [1.0, 1.0])
    IntervalEstimate(value=2.0, low=2.0, high=2.0)
    """
    first, second = two_groups(first, second)
    rng = generator()
    values = [
        statistic(taken(scores, runs_drawn(rng, scores, resamples)), axis=(-2, -1))
        for scores in (first, second)
    ]
    difference = float(statistic(first, axis=(-2, -1)) - statistic(second, axis=(-2, -1)))
    return IntervalEstimate(difference, *percentiles(values[0] - values[1]))


def two_groups(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns the scores of two groups of runs of the same tasks, each [runs, tasks]."""
    first, second = as_scores("first", first), as_scores("second", second)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"first and second must have the same tasks, not {first.shape[1]} and "
            f"{second.shape[1]} tasks."
        )
    return first, second


def generator() -> np.random.Generator:
    """Returns the generator of a bootstrap, which begins with the same numbers every time.

    It is NumPy's, because statistics are made outside of TensorFlow, and its numbers are the same
    on every device by themselves.
    """
    return np.random.default_rng(0)


def runs_drawn(rng: np.random.Generator, scores: np.ndarray, resamples: int) -> np.ndarray:
    """Returns indices of runs, [resamples, runs, tasks], drawn independently for each task."""
    return rng.integers(0, len(scores), (resamples, *scores.shape))


def taken(scores: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Returns the scores of drawn runs, [resamples, runs, tasks]."""
    return scores[drawn, np.arange(scores.shape[1])]


def times_drawn(drawn: np.ndarray) -> np.ndarray:
    """Returns the share of the draws that fell on each run, [resamples, runs, tasks]."""
    resamples, runs, tasks = drawn.shape
    # The places of the draws in the flat result.
    place = (np.arange(resamples)[:, None, None] * runs + drawn) * tasks + np.arange(tasks)
    counts = np.bincount(place.ravel(), minlength=drawn.size)
    return counts.reshape(drawn.shape) / runs


def percentiles(values: np.ndarray, axis: int = 0) -> tuple[Any, Any]:
    """Returns the 2.5th and the 97.5th percentile over resamples; floats of a vector.

    Between two values it interpolates by the formula of `scipy.stats.quantile`, to the bit, so that
    the stored summaries of the experiments keep their numbers.
    """
    ordered = np.sort(np.moveaxis(np.asarray(values), axis, -1), axis=-1)
    count = ordered.shape[-1]
    bounds = []
    for share in ((1 - 0.95) / 2, 1 - (1 - 0.95) / 2):
        place = share * count + (1 - share)
        below = min(int(place), count) - 1
        above = min(below + 1, count - 1)
        weight = place % 1
        bound = (1 - weight) * ordered[..., below] + weight * ordered[..., above]
        bounds.append(bound if bound.ndim else float(bound))
    return bounds[0], bounds[1]
