"""The user's function that is called at every record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

import numpy as np


@dataclass(frozen=True, eq=False)
class SetAlpha:
    """An answer of a callback: from this record on, the learners learn at another temperature.

    The learners must have been built with an `alpha` that can be set: `temperature.Manual`, which
    keeps the value until it is set again, or an automatic temperature, which goes on from the value
    towards its target. Nothing is compiled again. See `Learner.with_alpha`.

    Attributes:
      alpha: The temperature, at least 0, broadcastable to [*P], in reward per nat.
      metrics: Further metrics of the record, as a callback may return them.
    """

    alpha: Any
    metrics: Mapping[str, Any] = field(default_factory=dict)


Answer = Union[Literal["stop"], Mapping[str, Any], SetAlpha, None]  # noqa: UP007 (at run time)
# From the steps of each learner, the record's metrics, [*P] each, and the learners' state.
Callback = Callable[[int, dict[str, np.ndarray], Any], Answer]


def further_metrics(
    answer: Any, row: Mapping[str, np.ndarray], batch_shape: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Returns the metrics in the answer of a callback, each [*P], float32.

    Args:
      answer: What the callback returned.
      row: The metrics of the record by name.
      batch_shape: The batch shape `P` of the learners.

    Raises:
      ValueError: If the answer is none of "stop", None, a `SetAlpha`, and a mapping of names to
        finite numbers, or to arrays of such of shape `P`, or if a name is taken.
    """
    if answer is None or (isinstance(answer, str) and answer == "stop"):
        return {}
    if isinstance(answer, SetAlpha):
        answer = answer.metrics
    if not isinstance(answer, Mapping):
        raise ValueError(
            'callback must return "stop", a mapping of further metrics, a SetAlpha or None, not '
            f"{answer!r}."
        )
    return {name: _checked(name, value, row, batch_shape) for name, value in answer.items()}


def _checked(
    name: Any, value: Any, row: Mapping[str, np.ndarray], batch_shape: tuple[int, ...]
) -> np.ndarray:
    if not isinstance(name, str) or not name or name in row:
        raise ValueError(
            f"callback returned a metric with the name {name!r}, which must be a string that is "
            "not the name of another metric of the record."
        )
    try:
        numbers = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        numbers = np.asarray(np.nan)
    if not np.isfinite(numbers).all() or numbers.shape not in ((), tuple(batch_shape)):
        raise ValueError(
            f"callback returned {name}={value!r}, which must be a finite number or an array of "
            f"finite numbers of the learners' batch shape, {tuple(batch_shape)}. Leave out a "
            "metric that has no value at this record."
        )
    return np.broadcast_to(numbers, batch_shape)
