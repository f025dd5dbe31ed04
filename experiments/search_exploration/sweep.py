"""The constants of the experiment: environments, ways to explore, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame

World = Literal["deep_sea", "best_play", "self_play"]
Method = Literal["search", "noise", "bonus"]

_CONSTANTS = (0.001, 0.01, 0.1, 1.0, 10.0)
# The settings of the bonus are about the temperatures of these constants.
_ALPHAS = (0.0002, 0.002, 0.02, 0.2, 2.0)


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Learners with one way to explore in one environment, in one program.

    Attributes:
      world: The environment: DeepSea; tic-tac-toe against an opponent who plays best; or
        tic-tac-toe by self-play.
      method: "search" is `AlphaZero` with PUCT, "noise" is the same with Dirichlet noise in the
        prior of the root, and "bonus" is `A2C` with an entropy bonus.
      settings: The constants of PUCT, in units of value, or the temperatures of the bonus.
      noise: The share of noise in the prior of the root; 0 without a search.
      simulations: The number of simulations of a search.
      steps: The environment steps of each learner.
      evaluations: Whether learners go on until their networks have been evaluated as often as those
        of a search are in acting, which is `simulations + 1` times for each step.
      learning_rate: The learning rate of Adam.
      num_envs: The number of environments of each learner.
      seeds: The number of learners for each setting.
      hidden_sizes: The widths of the hidden layers.
      records: The number of measurements after the first, evenly spaced over `steps`; and as many
        more if learners go on.
      episodes: The number of episodes of each learner in a measurement.
      size: The number of rows of DeepSea.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}-{method}"

    world: World
    method: Method
    settings: tuple[float, ...]
    noise: float
    simulations: int
    steps: int
    evaluations: bool
    learning_rate: float
    num_envs: int
    seeds: int = 10
    hidden_sizes: tuple[int, ...] = (64, 64)
    records: int = 8
    episodes: int = 64
    size: int = 10
    seed: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of settings and of seeds."""
        return len(self.settings), self.seeds


_SEARCH: dict[str, Any] = {
    "settings": _CONSTANTS,
    "evaluations": False,
    "learning_rate": 1e-3,
    "num_envs": 16,
}
_METHODS: Mapping[Method, dict[str, Any]] = {
    "search": {**_SEARCH, "noise": 0.0},
    "noise": {**_SEARCH, "noise": 0.25},
    "bonus": {
        "settings": _ALPHAS,
        "noise": 0.0,
        "evaluations": True,
        "learning_rate": 3e-3,
        "num_envs": 4,
    },
}
_WORLDS: Mapping[World, dict[str, Any]] = {
    "deep_sea": {"simulations": 16, "steps": 20_000},
    "best_play": {"simulations": 32, "steps": 10_000},
    "self_play": {"simulations": 32, "steps": 20_000},
}
_QUICK: dict[str, Any] = {
    "seeds": 2,
    "steps": 480,
    "simulations": 2,
    "records": 2,
    "episodes": 4,
    "hidden_sizes": (8,),
    "size": 4,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """PUCT's constant and noise beside an entropy bonus, in the same environments.

    A quick run has only the first of the environments.

    Attributes:
      env: The environments.
      methods: The ways to explore.
    """

    env: tuple[World, ...] = ("deep_sea", "best_play", "self_play")
    methods: tuple[Method, ...] = ("search", "noise", "bonus")


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags.

    There is no bonus in self-play: policy-gradient learners learn in environments of one player.
    """
    sweeps = []
    for world in arguments.env[:1] if arguments.quick else arguments.env:
        for name in arguments.methods:
            if (world, name) != ("self_play", "bonus"):
                sweep = Sweep(world=world, method=name, **_METHODS[name], **_WORLDS[world])
                sweeps.append(arguments.apply(sweep, _QUICK))
    return sweeps
