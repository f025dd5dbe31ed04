"""The interquartile mean."""

from __future__ import annotations

from typing import Any

import numpy as np


def interquartile_mean(scores: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """Returns the mean of the middle half of the scores.

    A quarter of the scores is left out at either end, rounded down to whole scores. The result
    needs fewer runs than a median, and does not follow a single outlier as a mean does.

    Args:
      scores: Numbers in an array of any shape, such as [runs, tasks].
      axis: The axes that are averaged over, as in `numpy.mean`; None for all axes.

    Returns:
      A Python float if `axis` is None, else an array of the other axes.

    References:
      R. Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical
      precipice", section 4.3, https://arxiv.org/abs/2108.13264

    >>> interquartile_mean([0.0, 1.0, 3.0, 100.0])
    2.0
    """
    scores = np.asarray(scores)
    if axis is None:
        flat = scores.ravel()
    else:
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        last = np.moveaxis(scores, axes, range(-len(axes), 0))
        flat = last.reshape(*last.shape[: last.ndim - len(axes)], -1)
    count = flat.shape[-1]
    if not count:
        raise ValueError("scores must not be empty: there is no mean of no scores.")
    cut = count // 4
    ordered = np.partition(flat, (cut, count - cut - 1), axis=-1)
    mean = ordered[..., cut : count - cut].mean(axis=-1)
    return float(mean) if axis is None else mean
