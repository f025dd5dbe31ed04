"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from experiments import frame


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """The exact objective of softmax policies on `TwoGoalGrid`, with entropy as a reward.

    Attributes:
      alphas: The temperatures, in reward per nat; the first is 0.
      scales: The logit of an optimal action above those of the other actions, in the two policies
        that are interpolated.
      points: The number of points of an interpolation.
      scale: The scale of the trap policy whose surroundings are measured and where ascent begins.
      directions: The number of random directions at each place.
      radius: The distance along the directions at which the objective is measured, in logits,
        Euclidean.
      visited: The numbers of steps of ascent without entropy after which the surroundings are
        measured.
      visiting_step: The step size of this ascent.
      smallest_step: The smallest step size of exact gradient ascent, per unit of reward.
      largest_step: The largest step size of exact gradient ascent, per unit of reward.
      step_sizes: The number of step sizes, geometrically spaced.
      iterations: The number of iterations of each ascent.
      discount: The discount factor gamma.
      seed: The seed of the directions.
    """

    alphas: tuple[float, ...] = (0.0, 0.001, 0.003, 0.006, 0.01, 0.03, 0.1, 0.3, 1.0)
    scales: tuple[float, ...] = (3.0, 5.0, 8.0)
    points: int = 201
    scale: float = 5.0
    directions: int = 500
    radius: float = 1.0
    visited: tuple[int, ...] = (0, 10, 30, 100, 300, 1000)
    visiting_step: float = 10.0
    smallest_step: float = 0.01
    largest_step: float = 1e4
    step_sizes: int = 37
    iterations: int = 1000
    discount: float = 0.99
    seed: int = 0

    files: ClassVar = "two_goal_grid"

    def __post_init__(self) -> None:
        if not self.alphas or self.alphas[0] != 0 or min(self.alphas) < 0:
            raise ValueError(f"alphas must be at least 0 and begin with 0, not {self.alphas}.")

    @property
    def steps(self) -> np.ndarray:
        """The step sizes, [step_sizes], rising."""
        return np.geomspace(self.smallest_step, self.largest_step, self.step_sizes)


_QUICK = {
    "alphas": (0.0, 0.003, 0.1, 1.0),
    "scales": (5.0,),
    "points": 21,
    "directions": 200,
    "visited": (0, 30),
    "step_sizes": 7,
    "iterations": 30,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """Barriers, curvature and stable steps of exact objectives, across temperatures.

    Attributes:
      directions: The number of random directions at each place.
      steps: The steps of each ascent.
    """

    directions: int | None = None
    steps: int | None = None

    least: ClassVar = {"directions": 1, "steps": 1}
    sets: ClassVar = {"steps": ("iterations",)}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweep to run, with the values of given flags."""
    return [arguments.apply(Sweep(), _QUICK)]
