"""The check of scores, which brings them into one shape."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_scores(name: str, scores: Any) -> np.ndarray:
    """Returns scores [runs] or [runs, tasks] as float64 [runs, tasks].

    Raises:
      ValueError: If there are no scores, one is NaN, or the rank is neither 1 nor 2.
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim not in (1, 2) or not scores.size:
        raise ValueError(
            f"{name} must be of shape [runs] or [runs, tasks] and not empty, not of shape "
            f"{list(scores.shape)}."
        )
    if np.isnan(scores).any():
        raise ValueError(
            f"{name} holds {int(np.isnan(scores).sum())} NaN among {scores.size} scores: a run "
            "without a score has to be left out, or given one, before statistics are made."
        )
    return scores if scores.ndim == 2 else scores[:, None]
