"""What an ablation reads from histories of training."""

from __future__ import annotations

from typing import Any

import numpy as np


def held(values: Any) -> np.ndarray:
    """Returns values [records, ...] in which the last number before each NaN stands in its place.

    A record in which no episode of a learner ended has no return. The return that the learner was
    last seen with stands there, so that statistics of all learners exist. NaN remains at records
    before the first number.

    >>> held([np.nan, 1.0, np.nan, 2.0]).tolist()
    [nan, 1.0, 1.0, 2.0]
    """
    values = np.asarray(values)
    records = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, records), axis=0)
    return np.take_along_axis(values, last, axis=0)


def first_steps(reached: Any, env_steps: Any) -> np.ndarray:
    """Returns the steps at the first record at which something holds; infinity if it never does.

    Args:
      reached: [records, ...], bool.
      env_steps: [records], the steps that each learner had taken.

    >>> first_steps([[False, False], [True, False]], [100, 200]).tolist()
    [200.0, inf]
    """
    reached, env_steps = np.asarray(reached), np.asarray(env_steps, np.float64)
    return np.where(reached.any(axis=0), env_steps[reached.argmax(axis=0)], np.inf)
