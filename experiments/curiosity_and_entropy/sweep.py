"""The constants of the experiment: temperatures, scales of the bonus, and the environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from experiments import frame

World = Literal["mountain_car", "door_key"]
Method = Literal["rnd", "icm"]

# The names of environments and intrinsic rewards in tables and figures.
WORLDS: Mapping[str, str] = {"mountain_car": "MountainCar", "door_key": "DoorKey"}
METHODS: Mapping[str, str] = {"rnd": "RND", "icm": "ICM"}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """PPO with every pair of a temperature and a scale of an intrinsic reward, in one program.

    Attributes:
      world: The environment.
      method: The intrinsic reward.
      alphas: The temperatures, in standard deviations of the advantage per nat, 0 first.
      scales: The factors of the intrinsic reward, in units of the largest reward, 0 first.
      choosing: The number of learners of each pair by which the best pairs are chosen.
      seeds: The number of further learners of each pair, which alone are reported.
      steps: The environment steps of each learner.
      num_envs: The number of environments of each learner.
      records: The number of points of the learning curve, evenly spaced.
      episodes: The number of greedy episodes at the end.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}-{method}"

    world: World
    method: Method
    alphas: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1)
    scales: tuple[float, ...] = (0.0, 0.03, 0.1, 0.3, 1.0)
    choosing: int
    seeds: int
    steps: int = 24 * 2048
    num_envs: int = 8
    records: int = 24
    episodes: int = 20
    seed: int = 0


# More learners where a step is cheap.
_LEARNERS: Mapping[World, dict[str, int]] = {
    "mountain_car": {"choosing": 4, "seeds": 12},
    "door_key": {"choosing": 3, "seeds": 6},
}
_QUICK: dict[str, Any] = {
    "alphas": (0.0, 0.01),
    "scales": (0.0, 1.0),
    "steps": 2048,
    "choosing": 1,
    "seeds": 2,
    "records": 2,
    "episodes": 2,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """PPO with an entropy bonus, with an intrinsic reward, with both, and with neither.

    A quick run has only the first of the environments and of the intrinsic rewards.

    Attributes:
      seeds: The number of learners of each pair that are reported. A few more choose the pairs.
      env: The environments.
      methods: The intrinsic rewards.
    """

    env: tuple[World, ...] = get_args(World)
    methods: tuple[Method, ...] = get_args(Method)

    # A fraction of learners and its interval need two learners at least.
    least: ClassVar = {**frame.Arguments.least, "seeds": 2}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    worlds, methods = arguments.env, arguments.methods
    if arguments.quick:
        worlds, methods = worlds[:1], methods[:1]
    return [
        arguments.apply(Sweep(world=world, method=method, **_LEARNERS[world]), _QUICK)
        for world in worlds
        for method in methods
    ]
