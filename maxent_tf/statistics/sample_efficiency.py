"""Sample-efficiency curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from maxent_tf.statistics.bootstrap import (
    RESAMPLES,
    Statistic,
    generator,
    percentiles,
    runs_drawn,
    taken,
)
from maxent_tf.statistics.interquartile import interquartile_mean
from maxent_tf.statistics.interval_estimate import IntervalEstimate
from maxent_tf.statistics.scores import as_scores


def sample_efficiency_curve(
    scores: Any, statistic: Statistic = interquartile_mean, resamples: int = RESAMPLES
) -> IntervalEstimate:
    """Returns a statistic of the runs at every record of a training, with pointwise intervals.

    A resample draws whole runs: the same ones at every record.

    Args:
      scores: [records, runs] or [records, runs, tasks], float.
      statistic: As in `bootstrap_interval`.
      resamples: The number of resamples.

    Returns:
      The statistic, [records], with its stratified percentile bootstrap 95% intervals. A record at
      which a run has no score, NaN, has none either.

    Raises:
      ValueError: If `scores` has another shape or is empty.

    References:
      R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical
      precipice", figure 7, https://arxiv.org/abs/2108.13264

    >>> sample_efficiency_curve([[0.0, 0.0], [1.0, 1.0]]).value.tolist()
    [0.0, 1.0]
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim not in (2, 3) or not scores.size:
        raise ValueError(
            "scores must be of shape [records, runs] or [records, runs, tasks] and not empty, not "
            f"of shape {list(scores.shape)}."
        )
    curve = np.full((3, len(scores)), np.nan)
    drawn = None
    for record, runs in enumerate(scores):
        if np.isnan(runs).any():
            continue
        table = as_scores("scores", runs)
        if drawn is None:
            drawn = runs_drawn(generator(), table, resamples)
        low, high = percentiles(statistic(taken(table, drawn), axis=(-2, -1)))
        curve[:, record] = statistic(table, axis=(-2, -1)), low, high
    return IntervalEstimate(*curve)
