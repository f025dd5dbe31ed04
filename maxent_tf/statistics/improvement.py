"""The probability of improvement."""

from __future__ import annotations

from typing import Any

import numpy as np

from maxent_tf.statistics.bootstrap import (
    RESAMPLES,
    generator,
    percentiles,
    runs_drawn,
    times_drawn,
    two_groups,
)
from maxent_tf.statistics.interval_estimate import IntervalEstimate


def probability_of_improvement(
    first: Any, second: Any, resamples: int = RESAMPLES
) -> IntervalEstimate:
    r"""Returns how probable it is that a run of one group scores higher than a run of another.

    .. math:: P(X > Y) = \frac{1}{M} \sum_{m=1}^{M} \frac{1}{N K} \sum_{i=1}^{N} \sum_{j=1}^{K}
       \left( 1[x_{im} > y_{jm}] + \tfrac{1}{2} \, 1[x_{im} = y_{jm}] \right)

    On each task this is the statistic U of Mann and Whitney, divided by its maximum.

    Args:
      first: The scores x, [runs] or [runs, tasks], float.
      second: The scores y, of another number of runs of the same tasks.
      resamples: The number of resamples.

    Returns:
      The probability that `first` scores higher, in [0, 1], with its stratified percentile
      bootstrap 95% interval.

    Raises:
      ValueError: If the scores have other shapes, are empty or hold NaN.

    References:
      R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical
      precipice", appendix A.3, https://arxiv.org/abs/2108.13264

    >>> probability_of_improvement([2.0, 3.0], [1.0, 2.0]).value
    0.875
    """
    first, second = two_groups(first, second)
    x, y = first[:, None], second[None]
    wins = (x > y) + 0.5 * (x == y)  # [N, K, tasks]
    rng = generator()
    # A resample gives each run a weight, so that no pair has to be compared again.
    of_first, of_second = (
        times_drawn(runs_drawn(rng, scores, resamples)) for scores in (first, second)
    )
    means = np.einsum("rnm,nkm,rkm->rm", of_first, wins, of_second, optimize=True)
    return IntervalEstimate(float(wins.mean()), *percentiles(means.mean(axis=-1)))
