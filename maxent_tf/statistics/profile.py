"""Performance profiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from maxent_tf.statistics.bootstrap import (
    RESAMPLES,
    generator,
    percentiles,
    runs_drawn,
    times_drawn,
)
from maxent_tf.statistics.interval_estimate import IntervalEstimate
from maxent_tf.statistics.scores import as_scores


def performance_profile(scores: Any, levels: Any, resamples: int = RESAMPLES) -> IntervalEstimate:
    """Returns the share of the runs of all tasks that score above each of several levels.

    Args:
      scores: [runs] or [runs, tasks], float.
      levels: [levels], float, in the unit of the scores.
      resamples: The number of resamples.

    Returns:
      The shares, [levels], in [0, 1], each with its stratified percentile bootstrap 95% interval.

    Raises:
      ValueError: If `scores` has another shape, is empty or holds NaN.

    References:
      R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical
      precipice", equation 1, https://arxiv.org/abs/2108.13264

    >>> performance_profile([1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0]).value.tolist()
    [1.0, 0.5, 0.0]
    """
    scores = as_scores("scores", scores)
    above = (scores[..., None] > np.asarray(levels, np.float64)).astype(np.float64)
    weights = times_drawn(runs_drawn(generator(), scores, resamples))
    # Of each task first: all tasks have the same number of runs, and so the same weight.
    shares = np.einsum("rnm,nml->rl", weights, above, optimize=True) / scores.shape[1]
    return IntervalEstimate(above.mean(axis=(0, 1)), *percentiles(shares))
