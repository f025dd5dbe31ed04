"""The constants of the experiment: ways to explore, their settings, and the environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame

World = Literal["chain", "cartpole"]
Method = Literal["epsilon_greedy", "boltzmann", "noisy"]

# The name of each method, its hyperparameter, and the values of the hyperparameter on each
# environment.
LABELS: Mapping[Method, str] = {
    "epsilon_greedy": "epsilon-greedy",
    "boltzmann": "Boltzmann",
    "noisy": "noisy layers",
}
SETTINGS: Mapping[Method, tuple[str, dict[World, tuple[float, ...]]]] = {
    "epsilon_greedy": (
        "epsilon",
        {"chain": (0.0, 0.05, 0.2, 0.5), "cartpole": (0.0, 0.05, 0.2, 0.5)},
    ),
    "boltzmann": (
        "alpha",
        {"chain": (0.001, 0.01, 0.1, 1.0), "cartpole": (0.01, 0.1, 1.0, 10.0)},
    ),
    "noisy": ("sigma0", {"chain": (0.1, 0.5, 1.0, 2.0), "cartpole": (0.1, 0.5, 1.0, 2.0)}),
}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Soft DQN with one way to explore, on one environment, in one program.

    Attributes:
      world: The environment.
      method: The way to explore.
      settings: The values of the method's own hyperparameter.
      steps: The environment steps of each learner.
      learning_rate: The learning rate of Adam.
      tau: The fraction by which target networks follow.
      batch_size: The number of transitions in a minibatch; there is one minibatch for each step.
      seeds: The number of learners for each setting.
      hidden_sizes: The widths of the hidden layers.
      records: The number of evaluations and measurements, evenly spaced.
      episodes: The number of greedy episodes of each evaluation.
      draws: The number of times that each learner acts in every state at a measurement, an even
        number.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}-{method}"

    world: World
    method: Method
    settings: tuple[float, ...]
    steps: int
    learning_rate: float
    tau: float
    batch_size: int
    seeds: int = 10
    hidden_sizes: tuple[int, ...] = (64, 64)
    records: int = 25
    episodes: int = 5
    draws: int = 400
    seed: int = 0


CONSTANTS: Mapping[World, dict[str, Any]] = {
    "chain": {
        "steps": 3_000,
        "learning_rate": 3e-3,
        "tau": 0.05,
        "batch_size": 32,
        "seeds": 20,
        "hidden_sizes": (32,),
        "episodes": 1,
    },
    "cartpole": {"steps": 15_000, "learning_rate": 1e-3, "tau": 0.02, "batch_size": 64, "seeds": 5},
}
_QUICK = {"seeds": 2, "steps": 60, "records": 2, "draws": 20, "hidden_sizes": (8,)}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Noisy layers beside epsilon-greedy and Boltzmann exploration, on the same soft DQN.

    A quick run has only the first of the environments.

    Attributes:
      env: The environments.
    """

    env: tuple[World, ...] = ("chain", "cartpole")


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = []
    for world in arguments.env[:1] if arguments.quick else arguments.env:
        for method, (_, settings) in SETTINGS.items():
            sweep = Sweep(world=world, method=method, settings=settings[world], **CONSTANTS[world])
            sweeps.append(arguments.apply(sweep, _QUICK))
    return sweeps
