"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.special

from experiments import frame
from experiments.bandit_ascent import REWARDS


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """Escapes from a start that the second best arm holds, on bandits with worse arms or without.

    Attributes:
      worse: The numbers of worse arms, without entropy.
      alphas: The temperatures, with one worse arm.
      worse_probability: The probability of each worse arm at the start.
      decades: The number of factors of ten by which pi0(a*) falls from 0.1.
      per_decade: The number of starts for each factor of ten.
      max_steps: The largest number of steps of an escape; starts with longer escapes are left out.
      map_alphas: The temperatures at which the whole simplex of three arms is mapped.
      map_size: The number of steps of the grid on the simplex along an edge.
      map_steps: The number of steps of ascent from each point of the grid.
      trajectory_starts: The starts of single trajectories on the simplex.
      well_start: The start of the known escape times, from which pi(a*) is followed over time.
    """

    worse: tuple[int, ...] = (0, 1, 2)
    alphas: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    worse_probability: float = 0.01
    decades: int = 4
    per_decade: int = 6
    max_steps: int = 400_000
    map_alphas: tuple[float, float] = (0.0, 0.1)
    map_size: int = 40
    map_steps: int = 3000
    trajectory_starts: tuple[tuple[float, float, float], ...] = (
        (0.01, 0.98, 0.01),
        (0.02, 0.5, 0.48),
        (0.02, 0.2, 0.78),
        (0.02, 0.05, 0.93),
        (0.2, 0.6, 0.2),
        (0.25, 0.15, 0.6),
    )
    well_start: tuple[float, float, float] = (0.001, 0.989, 0.01)

    files: ClassVar = "escapes"

    def __post_init__(self) -> None:
        for alpha in (*self.alphas, *self.map_alphas):
            if alpha < 0:
                raise ValueError(f"temperatures must be at least 0, not {alpha}.")
            if alpha > 0 and scipy.special.softmax(np.array(REWARDS) / alpha)[0] <= 0.5:
                raise ValueError(
                    f"temperatures must be lower than {alpha}, at which the best arm has at most "
                    "half of the soft-optimal policy: ascent would never escape."
                )

    @property
    def curves(self) -> list[tuple[int, float]]:
        """The number of worse arms and the temperature of every curve."""
        return [*((n, 0.0) for n in self.worse), *((1, alpha) for alpha in self.alphas)]

    @property
    def starts(self) -> np.ndarray:
        """The initial probabilities of the best arm, falling."""
        return 10.0 ** (-1 - np.arange(self.decades * self.per_decade + 1) / self.per_decade)

    def bandit(self, worse: int, start: float) -> tuple[list[float], list[float]]:
        """Returns the rewards of a bandit and a first policy, the best arm first."""
        best, second, worst = REWARDS
        others = [self.worse_probability] * worse
        return [best, second, *([worst] * worse)], [start, 1 - start - sum(others), *others]


_QUICK = {
    "worse": (0, 1),
    "alphas": (0.1,),
    "decades": 2,
    "per_decade": 4,
    "max_steps": 5000,
    "map_size": 6,
    "map_steps": 200,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """Escapes from the gravity well of softmax, with and without entropy.

    Attributes:
      steps: The steps of the longest escape that is waited for.
    """

    steps: int | None = None

    least: ClassVar = {"steps": 1000}  # with fewer, too few starts escape for a slope
    sets: ClassVar = {"steps": ("max_steps",)}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweep to run, with the values of given flags."""
    return [arguments.apply(Sweep(), _QUICK)]
