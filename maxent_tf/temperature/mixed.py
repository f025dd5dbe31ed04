"""Temperatures of several kinds in one batch of learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maxent_tf.checks import numbers_in


@dataclass(frozen=True, eq=False)
class Mixed:
    """Temperatures of several kinds for one batch of learners, each of which follows one of them.

    So learners with fixed, scheduled and automatic temperatures train as one program. All rules are
    computed for all learners, which costs little, and each learner takes the result of its own. A
    rule is thus never disturbed by another: a fixed temperature may be 0, of which an automatic one
    has no logarithm.

    Attributes:
      which: The index of each learner's rule in `rules`: integers that broadcast to `P`.
      rules: What a learner accepts as its `alpha`, other than `Mixed`: numbers, schedules,
        automatic temperatures, and "auto" if the learner knows it.

    Raises:
      ValueError: If `rules` is empty, or `which` holds anything but indices of `rules`.

    >>> Mixed([[0], [0], [1]], [[[0.0], [0.1], [0.0]], "auto"]).which.ravel()
    array([0, 0, 1])
    """

    which: Any
    rules: Sequence[Any]

    def __post_init__(self) -> None:
        which = numbers_in("which", self.which)
        count = len(self.rules)
        if (
            which is None
            or which.dtype.kind not in "iu"
            or not np.all((which >= 0) & (which < count))
        ):
            raise ValueError(
                f"which must hold integers from 0 to {count - 1}, the indices of {count} rules, "
                f"not {self.which!r}."
            )
        object.__setattr__(self, "which", which)
        object.__setattr__(self, "rules", tuple(self.rules))
