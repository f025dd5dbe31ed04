"""The time at which learners reach something, for the first time or for good."""

from __future__ import annotations

import numpy as np

# The records over which the mean return must reach half of the best.
WINDOW = 5


def steps_to_half(returns: np.ndarray, steps: np.ndarray, best: float) -> np.ndarray:
    """Returns after how many steps the mean of `WINDOW` records first reaches half of the best.

    Args:
      returns: [records, seeds], the mean returns of the episodes since the last record; NaN where
        none ended, which does not count.
      steps: [records], the number of steps so far.
      best: The best expected return.

    Returns:
      [seeds], infinite where it never does.
    """
    known = np.isfinite(returns)
    padding = [(1, 0), (0, 0)]
    sums = np.pad(np.cumsum(np.nan_to_num(returns), axis=0), padding)
    counts = np.pad(np.cumsum(known, axis=0), padding)
    before = np.maximum(np.arange(len(steps)) + 1 - WINDOW, 0)
    number = counts[1:] - counts[before]
    mean = (sums[1:] - sums[before]) / np.maximum(number, 1)
    return first((mean >= best / 2) & (number > 0), steps)


def first(reached: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Returns when something was reached first, [..., seeds]; infinite where it never was.

    Args:
      reached: [records, ..., seeds], bool, whether it was reached at the record.
      when: [records], the steps or the episodes of each record.
    """
    return np.where(reached.any(axis=0), when[reached.argmax(axis=0)].astype(float), np.inf)


def for_good(reached: np.ndarray, when: np.ndarray) -> float | None:
    """Returns from when on something is reached at every record, or None if it is not at the last.

    Args:
      reached: [records], bool, whether it was reached at the record.
      when: [records], the steps of each record.
    """
    missed = np.flatnonzero(~reached)
    after = missed[-1] + 1 if missed.size else 0
    return float(when[after]) if after < len(when) else None
