"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sweep:
    """The exact objective of softmax policies on `TwoGoalGrid`, with entropy as a reward.

    Attributes:
      alphas: temperatures, in reward per nat; the first is 0.
      scales: the logit of an optimal action above the others', in the two policies that are
        interpolated.
      points: of an interpolation.
      scale: of the trap policy whose surroundings are looked at and where ascent begins.
      directions: random ones, at each place.
      radius: how far along them the objective is measured, in logits, Euclidean.
      visited: after how many steps of ascent without entropy the surroundings are looked at.
      visiting_step: the size of those steps.
      smallest_step: of exact gradient ascent, per unit of reward.
      largest_step: likewise.
      step_sizes: how many of them, geometrically spaced.
      iterations: of each ascent.
      discount: gamma.
      seed: of the directions.
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

    def __post_init__(self) -> None:
        if not self.alphas or self.alphas[0] != 0 or min(self.alphas) < 0:
            raise ValueError(f"alphas must be at least 0 and begin with 0, not {self.alphas}.")
        for name in ("directions", "iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} must be at least 1, not {getattr(self, name)}.")

    @property
    def steps(self) -> np.ndarray:
        """The step sizes, [step_sizes], rising."""
        return np.geomspace(self.smallest_step, self.largest_step, self.step_sizes)


@dataclass(frozen=True)
class Arguments:
    """Barriers, curvature and stable steps of exact objectives, across temperatures.

    Attributes:
      directions: random ones, at each place.
      iterations: of each ascent.
      output: the folder that results go to.
    """

    directions: int = Sweep.directions
    iterations: int = Sweep.iterations
    output: pathlib.Path = pathlib.Path("results")
