"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maxent_tf.environments import FiniteWorld, FourRooms, TwoGoalGrid

WORLDS: dict[str, Callable[[int], FiniteWorld]] = {
    "TwoGoalGrid": TwoGoalGrid,
    "FourRooms": FourRooms,
}
OBJECTIVES = ("bonus", "reward")
# Where learners begin: with tables of zeros, or at the exact policy and values of their objective.
STARTS = ("fresh", "exact")


@dataclass(frozen=True)
class PathSweep:
    """Exact policies of both objectives along a path of temperatures.

    Attributes:
      world: a key of `WORLDS`.
      lowest: the lowest temperature, in reward per nat.
      highest: the highest.
      count: of temperatures, geometrically spaced.
      discount: gamma.
      max_episode_steps: after which episodes are cut when policies are evaluated.
    """

    world: str
    lowest: float = 1e-3
    highest: float = 1.0
    count: int = 241
    discount: float = 0.99
    max_episode_steps: int = 200

    @property
    def alphas(self) -> np.ndarray:
        """The temperatures, [count], rising."""
        return np.geomspace(self.lowest, self.highest, self.count)


@dataclass(frozen=True)
class LearnerSweep:
    """One-step actor-critics with tables; other attributes as in `PathSweep`.

    Attributes:
      objective: "bonus" or "reward".
      alphas: temperatures, in reward per nat.
      seeds: learners for each temperature and start.
      steps: of each learner.
      actor_rate: step size of plain gradient ascent on the logits.
      critic_rate: step size on the values.
      seed: of everything drawn.
    """

    world: str
    objective: str
    alphas: tuple[float, ...] = (0.001, 0.003, 0.005, 0.01, 0.03, 0.1, 0.3, 1.0)
    seeds: int = 10
    steps: int = 100_000
    actor_rate: float = 0.5
    critic_rate: float = 0.1
    discount: float = 0.99
    max_episode_steps: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Arguments:
    """Entropy as a bonus in the policy's loss, and as a reward: exact policies, and learners.

    Attributes:
      worlds: which, of TwoGoalGrid and FourRooms.
      count: of temperatures on the exact path from 0.001 to 1.
      seeds: learners for each temperature, start and objective.
      steps: of each learner on TwoGoalGrid; on FourRooms three times as many.
      output: the folder that results go to.
    """

    worlds: tuple[str, ...] = tuple(WORLDS)
    count: int = PathSweep.count
    seeds: int = LearnerSweep.seeds
    steps: int = LearnerSweep.steps
    output: pathlib.Path = pathlib.Path("results")

    def __post_init__(self) -> None:
        unknown = [world for world in self.worlds if world not in WORLDS]
        if unknown or not self.worlds:
            raise ValueError(f"--worlds must be among {list(WORLDS)}, not {list(self.worlds)}.")
        for name, least in (("count", 2), ("seeds", 1), ("steps", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"--{name} must be at least {least}, not {getattr(self, name)}.")

    def learner_sweep(self, world: str, objective: str) -> LearnerSweep:
        """The learners of one program; the larger world takes them longer."""
        steps = self.steps * (3 if world == "FourRooms" else 1)
        return LearnerSweep(world, objective, seeds=self.seeds, steps=steps)
