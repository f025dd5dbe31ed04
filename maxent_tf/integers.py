"""What counts as an integer argument: Python's own, NumPy's, and never a bool."""

from __future__ import annotations

import numbers
from typing import Any

__all__ = ["is_integer"]


def is_integer(value: Any, least: int) -> bool:
    """Returns whether `value` is an integer of at least `least`.

    >>> import numpy as np
    >>> is_integer(np.int64(3), least=1), is_integer(True, least=1), is_integer(2.0, least=1)
    (True, False, False)
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and int(value) >= least
