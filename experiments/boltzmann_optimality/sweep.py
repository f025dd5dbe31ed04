"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments import frame

WorldName = Literal["TwoGoalGrid", "FourRooms"]
WORLDS: tuple[WorldName, ...] = ("TwoGoalGrid", "FourRooms")

# The regularisers: Shannon's entropy, sparsemax, and the negative divergence from the uniform
# policy.
REGULARIZERS = ("Shannon", "Tsallis", "KL to uniform")


@dataclass(frozen=True)
class Path(frame.Sweep):
    """The soft-optimal policies of an environment, over temperatures, for every regulariser.

    Attributes:
      world: The environment, a grid.
      discount: The discount factor gamma.
      lowest, highest: The lowest and the highest temperature, in reward per nat.
      count: The number of temperatures from the lowest to the highest, at equal ratios.
      pictured: Further temperatures, whose policies are drawn.
      deviations: The number of random policies near and far from the optimum, at each pictured
        temperature.
      seed: The seed of the deviations.
    """

    files: ClassVar = "{world}"

    world: WorldName
    discount: float = 0.99
    lowest: float = 1e-4
    highest: float = 10.0
    count: int = 101
    pictured: tuple[float, ...] = (0.001, 0.006, 0.02, 0.1, 1.0)
    deviations: int = 100
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """The soft-optimal policy is Boltzmann's, and alpha trades reward against entropy.

    Attributes:
      env: The environments.
      count: The number of temperatures along the path.
    """

    env: tuple[WorldName, ...] = WORLDS
    count: int | None = None

    least: ClassVar = {"count": 2}


def plan(arguments: Arguments) -> list[Path]:
    """Returns the paths to solve, with the values of given flags."""
    return [arguments.apply(Path(world), {"count": 9, "deviations": 20}) for world in arguments.env]
