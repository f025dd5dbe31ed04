"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from experiments import frame
from maxent_tf.environments import FiniteWorld, FourRooms, TwoGoalGrid

WORLDS: dict[str, Callable[[int], FiniteWorld]] = {
    "TwoGoalGrid": TwoGoalGrid,
    "FourRooms": FourRooms,
}
OBJECTIVES = ("bonus", "reward")
# The start of learners: tables of zeros, or the exact policy and values of their objective.
STARTS = ("fresh", "exact")


@dataclass(frozen=True)
class PathSweep(frame.Sweep):
    """Exact policies of both objectives along a path of temperatures.

    Attributes:
      world: The environment, a key of `WORLDS`.
      lowest: The lowest temperature, in reward per nat.
      highest: The highest temperature.
      count: The number of temperatures, geometrically spaced.
      discount: The discount factor gamma.
      max_episode_steps: The number of steps after which episodes are cut when policies are
        evaluated.
    """

    files: ClassVar = "{world}_path"

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
class LearnerSweep(frame.Sweep):
    """One-step actor-critics with tables; the other attributes are those of `PathSweep`.

    Attributes:
      objective: The objective, "bonus" or "reward".
      alphas: The temperatures, in reward per nat.
      seeds: The number of learners for each temperature and start.
      steps: The number of environment steps of each learner.
      actor_rate: The step size of plain gradient ascent on the logits.
      critic_rate: The step size on the values.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}_{objective}"

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


_QUICK_PATH = {"count": 3}
_QUICK_LEARNERS = {"seeds": 2, "steps": 200}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Entropy as a bonus in the policy's loss, and as a reward: exact policies, and learners.

    Attributes:
      env: The environments.
      count: The number of temperatures on the exact path from 0.001 to 1.
      alphas: The temperatures of learners, in reward per nat.
    """

    env: tuple[Literal["TwoGoalGrid", "FourRooms"], ...] = ("TwoGoalGrid", "FourRooms")
    count: int | None = None
    alphas: tuple[float, ...] | None = None

    least: ClassVar = {**frame.Arguments.least, "count": 2}
    positive: ClassVar = ("alphas",)


def plan(arguments: Arguments) -> list[PathSweep | LearnerSweep]:
    """Returns the sweeps to run, by environment, with the values of given flags."""
    sweeps: list[PathSweep | LearnerSweep] = []
    for world in arguments.env:
        sweeps.append(arguments.apply(PathSweep(world), _QUICK_PATH))
        steps = 300_000 if world == "FourRooms" else 100_000  # the larger one takes longer
        for objective in OBJECTIVES:
            sweep = LearnerSweep(world, objective, steps=steps)
            sweeps.append(arguments.apply(sweep, _QUICK_LEARNERS))
    return sweeps
