"""The constants of the experiment: which ways to explore, on which environments, for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from experiments import frame

World = Literal["finite", "mountain_car", "door_key"]
Method = Literal[
    "entropy",
    "boltzmann",
    "epsilon_greedy",
    "noisy",
    "counts",
    "dqn_counts",
    "rnd",
    "icm",
    "bootstrapped",
    "optimistic",
]

# The names of the methods in tables and figures.
LABELS: dict[str, str] = {
    "entropy": "A2C, entropy bonus",
    "boltzmann": "soft DQN, Boltzmann",
    "epsilon_greedy": "DQN, epsilon-greedy",
    "noisy": "DQN, noisy layers",
    "counts": "A2C, counts",
    "dqn_counts": "DQN, counts",
    "rnd": "A2C, RND",
    "icm": "A2C, ICM",
    "bootstrapped": "bootstrapped DQN",
    "optimistic": "optimistic Q",
}

# The rules that only bandits have.
RULES: dict[str, str] = {
    "epsilon_greedy": "epsilon-greedy, 0.1",
    "boltzmann": "Boltzmann, alpha 0.1",
    "gumbel": "Boltzmann-Gumbel",
    "ucb1": "UCB1",
    "thompson": "Thompson sampling",
}

# The meaning of the settings of each method: a temperature, epsilon, sigma0, the scale of a bonus
# or of the prior functions. Scales are in units of the largest reward, which is 1 everywhere.
SETTINGS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "entropy": ("alpha", (0.003, 0.03, 0.3)),
    "boltzmann": ("alpha", (0.003, 0.01, 0.03)),
    "epsilon_greedy": ("epsilon", (0.01, 0.05, 0.2)),
    "noisy": ("sigma0", (0.5,)),
    "counts": ("scale", (0.1, 0.5, 3.0)),
    "dqn_counts": ("scale", (0.1, 0.5, 3.0)),
    "rnd": ("scale", (0.1, 0.5, 3.0)),
    "icm": ("scale", (0.1, 0.5, 3.0)),
    "bootstrapped": ("prior scale", (3.0,)),
    "optimistic": ("bonus", (0.01, 0.1)),
}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Learners that explore in one way, in one program.

    Attributes:
      world: The environment; "finite" stands for all finite environments, side by side.
      method: The way to explore.
      settings: The values of the method's own hyperparameter.
      steps: The environment steps of each learner.
      sizes: The numbers of rows of DeepSea, among the finite environments.
      num_envs: The number of environments of each learner.
      records: The number of points of the learning curve.
      seeds: The number of learners for each environment and setting.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}-{method}"

    world: World
    method: Method
    settings: tuple[float, ...]
    steps: int
    sizes: tuple[int, ...] = ()
    num_envs: int = 1
    records: int = 50
    seeds: int = 5
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class BanditSweep(frame.Sweep):
    """Rules that choose among the arms by averages and counts, each at settings of its own.

    Attributes:
      steps: The number of draws.
      records: The number of points of the curve of the regret, evenly spaced.
      seeds: The number of runs.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "bandit"

    steps: int = 4_000
    records: int = 50
    seeds: int = 100
    seed: int = 0


# The sizes of DeepSea, and the steps and the number of learners: as far as a method is cheap.
SMALL, MIDDLE, LARGE = (4, 6, 8, 10), (4, 6, 8, 10, 14), (4, 6, 8, 10, 14, 20, 30)
FINITE: Mapping[Method, tuple[tuple[int, ...], int, int]] = {
    "entropy": (MIDDLE, 28_000, 5),
    "boltzmann": (SMALL, 5_000, 4),
    "epsilon_greedy": (SMALL, 5_000, 4),
    "noisy": (SMALL, 5_000, 4),
    "counts": (MIDDLE, 28_000, 5),
    "dqn_counts": (SMALL, 5_000, 4),
    "rnd": (MIDDLE, 14_000, 5),
    "icm": (SMALL, 10_000, 5),
    "bootstrapped": (SMALL, 4_000, 3),
    "optimistic": (LARGE, 54_000, 5),
}
# The steps of learners on the other environments, and the methods that go there: those that need no
# table.
STEPS: Mapping[World, int] = {"mountain_car": 500_000, "door_key": 100_000}
ELSEWHERE: tuple[Method, ...] = tuple(method for method in FINITE if method != "optimistic")
_QUICK: dict[str, Any] = {"seeds": 2, "steps": 200, "sizes": (4,), "records": 4}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Every way to explore on environments whose reward is far away.

    A quick run has only the first of the environments and of the methods, because each program
    takes longer to compile than to run.

    Attributes:
      env: The environments.
      methods: The ways to explore.
      sizes: The numbers of rows of DeepSea.
    """

    env: tuple[World, ...] = ("finite", *STEPS)
    methods: tuple[Method, ...] = tuple(FINITE)
    sizes: tuple[int, ...] | None = None

    least: ClassVar = {**frame.Arguments.least, "sizes": 2}

    def __post_init__(self) -> None:
        super().__post_init__()
        if "finite" not in self.env and not set(self.methods) & set(ELSEWHERE):
            raise ValueError(
                f"--methods {' '.join(self.methods)} needs a table, which --env "
                f"{' '.join(self.env)} does not have: add finite to --env, or another method."
            )


def plan(arguments: Arguments) -> list[Sweep | BanditSweep]:
    """Returns the sweeps to run, with the values of given flags."""
    worlds, methods = arguments.env, arguments.methods
    if arguments.quick:
        worlds, methods = worlds[:1], methods[:1]
    sweeps: list[Sweep | BanditSweep] = []
    if "finite" in worlds:
        sweeps.append(arguments.apply(BanditSweep(), {"seeds": 10, "steps": 200, "records": 4}))
    for world in worlds:
        for method in methods:
            if world == "finite" or method in ELSEWHERE:
                sweep = arguments.apply(_sweep(world, method), _QUICK)
                # The sizes are DeepSea's alone; elsewhere they must not make another sweep of it.
                sweeps.append(sweep if world == "finite" else replace(sweep, sizes=()))
    return sweeps


def _sweep(world: World, method: Method) -> Sweep:
    if world == "finite":
        sizes, steps, seeds = FINITE[method]
        records = steps // (20 if steps <= 5_000 else 40)
        own: dict[str, Any] = {"sizes": sizes, "steps": steps, "seeds": seeds, "records": records}
    else:
        own = {"steps": STEPS[world], "num_envs": 8, "seeds": 3}
    return Sweep(world=world, method=method, settings=SETTINGS[method][1], **own)
