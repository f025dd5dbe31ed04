"""An estimate with the bounds of its interval."""

from __future__ import annotations

from typing import Any, NamedTuple


class IntervalEstimate(NamedTuple):
    """An estimate and the bounds of its 95% interval: three numbers, or three arrays of one shape.

    Attributes:
      value: The estimate from all runs.
      low: The lower bounds.
      high: The upper bounds.
    """

    value: Any
    low: Any
    high: Any
