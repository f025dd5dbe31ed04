"""The constants of the experiment: which ways to explore, on which environments, for how long."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments import frame

World = Literal["deep_sea", "chain", "river_swim", "mountain_car", "door_key"]
Method = Literal[
    "entropy",
    "boltzmann",
    "epsilon_greedy",
    "noisy",
    "counts",
    "rnd",
    "icm",
    "bootstrapped",
    "optimistic",
]

# What each method is called in tables and figures.
LABELS: dict[Method, str] = {
    "entropy": "A2C, entropy bonus",
    "boltzmann": "soft DQN",
    "epsilon_greedy": "DQN, epsilon-greedy",
    "noisy": "DQN, noisy layers",
    "counts": "A2C, counts",
    "rnd": "A2C, RND",
    "icm": "A2C, ICM",
    "bootstrapped": "bootstrapped DQN",
    "optimistic": "optimistic Q",
}

# The mean return from which an environment other than DeepSea counts as solved: half of the best
# return of Chain and RiverSwim, and any regular arrival in the others, which pay at most 1.
LEVELS: dict[World, float] = {
    "chain": 5.0,
    "river_swim": 20.0,
    "mountain_car": 0.5,
    "door_key": 0.5,
}


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Learners that explore in one way, on one environment.

    Attributes:
      world: The environment.
      method: The way to explore.
      steps: The environment steps of each learner; training ends once all learners have solved the
        environment.
      size: The number of rows of DeepSea, states of Chain or cells of DoorKey; 0 elsewhere.
      num_envs: The number of environments of each learner.
      records: The number of points of the learning curve; DeepSea has one for each episode.
      seeds: The number of learners.
      seed: The seed of everything that is drawn.
    """

    world: World
    method: Method
    steps: int
    size: int = 0
    num_envs: int = 1
    records: int = 50
    seeds: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.world}{self.size or ''}-{self.method}"


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Every way to explore on environments whose reward is far away.

    Attributes:
      env: The environments.
      methods: The ways to explore.
      sizes: The numbers of rows of DeepSea.
    """

    env: tuple[World, ...] | None = None
    methods: tuple[Method, ...] | None = None
    sizes: tuple[int, ...] | None = None

    least: ClassVar = {"seeds": 1, "steps": 1, "sizes": 2}


SIZES = (4, 6, 8, 10, 14, 20, 30)
EPISODES = 1_000
# Where a method is cheaper or dearer than the others: the episodes, and the largest size.
EPISODES_OF: dict[Method, int] = {"optimistic": 2_500}
LARGEST: dict[Method, int] = {"bootstrapped": 10}
OTHERS = (
    Sweep(world="chain", method="entropy", size=20, steps=14_000),
    Sweep(world="river_swim", method="entropy", steps=20_000),
    Sweep(world="mountain_car", method="entropy", steps=100_000, num_envs=8),
    Sweep(world="door_key", method="entropy", size=5, steps=200_000, num_envs=8),
)
# Of whose observations a table can be made.
FINITE = ("deep_sea", "chain", "river_swim")


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    worlds = arguments.env or ("deep_sea", *LEVELS)
    sizes = arguments.sizes or ((4, 6) if arguments.quick else SIZES)
    sweeps = []
    for method in arguments.methods or tuple(LABELS):
        if "deep_sea" in worlds:
            episodes = EPISODES_OF.get(method, EPISODES)
            for size in sizes:
                if size <= LARGEST.get(method, size):
                    sweep = Sweep(world="deep_sea", method=method, size=size, steps=size * episodes)
                    quick = {"seeds": 2, "steps": 30 * size}
                    sweeps.append(arguments.apply(sweep, quick))
        for other in OTHERS:
            if other.world in worlds and (other.world in FINITE or method != "optimistic"):
                sweep = dataclasses.replace(other, method=method)
                quick = {"seeds": 2, "steps": 2_000, "records": 5}
                sweeps.append(arguments.apply(sweep, quick))
    return sweeps
