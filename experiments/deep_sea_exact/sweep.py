"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sweep:
    """Soft-optimal policies of `DeepSea`.

    Attributes:
      sizes: N, the rows, columns and steps, each at least 2.
      lowest: the lowest temperature, in reward per nat, positive.
      highest: the highest.
      count: of temperatures, geometrically spaced.
    """

    sizes: tuple[int, ...] = (5, 10, 15, 20, 25, 30)
    lowest: float = 0.01
    highest: float = 1.0
    count: int = 161

    def __post_init__(self) -> None:
        if not (self.sizes and min(self.sizes) >= 2):
            raise ValueError(f"--sizes must be numbers of at least 2, not {self.sizes}.")
        if self.count < 2:
            raise ValueError(f"--count must be at least 2, not {self.count}.")

    @property
    def alphas(self) -> np.ndarray:
        """The temperatures, [count], rising."""
        return np.geomspace(self.lowest, self.highest, self.count)


@dataclass(frozen=True)
class Arguments:
    """What entropy does in DeepSea and what it does not, without sampling.

    Attributes:
      sizes: N, of each world.
      count: of temperatures from 0.01 to 1.
      output: the folder that results go to.
    """

    sizes: tuple[int, ...] = Sweep.sizes
    count: int = Sweep.count
    output: pathlib.Path = pathlib.Path("results")
