"""The checks of the bounds' arguments; outside of their range, the functions bound nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def as_discount(discount: npt.ArrayLike) -> np.ndarray:
    """Returns the discount, or raises ValueError unless all of it is in [0, 1)."""
    array = np.asarray(discount)
    if not np.all((array >= 0) & (array < 1)):
        raise ValueError(f"discount must lie in [0, 1), not {array}: at 1 there is no bound.")
    return array


def as_size(name: str, value: npt.ArrayLike, positive: bool = False) -> np.ndarray:
    """Returns the value, or raises ValueError unless all of it is at least, or above, 0."""
    array = np.asarray(value)
    if not np.all(array > 0 if positive else array >= 0):
        raise ValueError(f"{name} must be {'positive' if positive else 'at least 0'}, not {array}.")
    return array


def as_actions(num_actions: int) -> int:
    """Returns the number of actions, or raises ValueError unless it is at least 1."""
    if not num_actions >= 1:
        raise ValueError(f"num_actions must be at least 1, not {num_actions}.")
    return num_actions
