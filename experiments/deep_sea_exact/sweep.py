"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments import frame


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """The soft-optimal policies of `DeepSea`.

    Attributes:
      sizes: The numbers N of rows, columns and steps, each at least 2.
      lowest: The lowest temperature, in reward per nat, positive.
      highest: The highest temperature.
      count: The number of temperatures, geometrically spaced.
    """

    files: ClassVar = "deep_sea"

    sizes: tuple[int, ...] = (5, 10, 15, 20, 25, 30)
    lowest: float = 0.01
    highest: float = 1.0
    count: int = 161

    @property
    def alphas(self) -> np.ndarray:
        """The temperatures, [count], rising."""
        return np.geomspace(self.lowest, self.highest, self.count)


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """The effect of entropy in DeepSea, and its limits, without sampling.

    Attributes:
      sizes: The numbers of rows of the environments.
      count: The number of temperatures from 0.01 to 1.
    """

    sizes: tuple[int, ...] | None = None
    count: int | None = None

    least: ClassVar = {"sizes": 2, "count": 2}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweep to run, with the values of given flags."""
    return [arguments.apply(Sweep(), {"sizes": (5, 10), "count": 21})]
