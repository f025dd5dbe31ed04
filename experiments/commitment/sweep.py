"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame

TWO_ARMS = (1.0, 0.9)


@dataclass(frozen=True)
class NaturalGradient(frame.Sweep):
    """Sampled natural policy gradient on two arms that pay exactly (1, 0.9).

    Attributes:
      step_sizes: The step sizes eta, each without entropy.
      alphas: The temperatures, in reward per nat, each at each of `entropy_step_sizes`.
      entropy_step_sizes: The step sizes eta where the temperature is varied.
      runs: The number of runs for each step size and temperature, with and without the value as the
        baseline.
      steps: The number of steps of each run.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "natural_gradient"

    step_sizes: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
    alphas: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
    entropy_step_sizes: tuple[float, ...] = (1.0, 0.1)
    runs: int = 3000
    steps: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class NoisyBandit(frame.Sweep):
    """Sampled policy gradient on three arms with noise of standard deviation 1, from a bad start.

    Attributes:
      alphas: The temperatures, in reward per nat.
      seeds: The number of runs at each temperature.
      steps: The number of steps of each run.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "noisy_bandit"

    alphas: tuple[float, ...] = (0.0, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
    seeds: int = 600
    steps: int = 30_000
    seed: int = 1


@dataclass(frozen=True)
class World:
    """A bandit whose arms pay 0 or 1, or else always their mean.

    Attributes:
      name: The name for people.
      means: The means of the arms, with the best arm first.
      sure: For each arm, whether it always pays its mean.
    """

    name: str
    means: tuple[float, ...]
    sure: tuple[bool, ...]


@dataclass(frozen=True)
class Explorer:
    """A way to choose among the arms by their average rewards.

    Attributes:
      kind: "constant", "log" or "root": Boltzmann's policy at the inverse temperature eta = c, c
        log t or c sqrt(t); "gumbel": Boltzmann-Gumbel with beta = c / sqrt(N); "ucb": UCB1.
      constant: The constant c.
    """

    kind: Literal["constant", "log", "root", "gumbel", "ucb"]
    constant: float = 1.0

    @property
    def label(self) -> str:
        """The name of the explorer in tables and figures."""
        c = f"{self.constant:g}"
        return {
            "constant": f"Boltzmann, eta = {c}",
            "log": f"Boltzmann, eta = {c} log t",
            "root": f"Boltzmann, eta = {c} sqrt t",
            "gumbel": f"Boltzmann-Gumbel, C = {c}",
            "ucb": "UCB1",
        }[self.kind]


LUCK_NEEDED = World("luck needed", (0.7, 0.5), (False, True))
SMALL_GAP = World("small gap", (0.55, 0.45), (False, False))
FIVE_ARMS = World("five arms", (0.7,) + (0.5,) * 4, (False,) * 5)


@dataclass(frozen=True)
class Exploration(frame.Sweep):
    """The regret of explorers on bandits.

    Attributes:
      worlds: The bandits.
      explorers: The ways to choose an arm.
      runs: The number of runs of each explorer on each bandit.
      steps: The number of steps of each run.
      marks: The number of times at which regret is recorded, evenly spaced in the logarithm.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "exploration"

    worlds: tuple[World, ...] = (LUCK_NEEDED, SMALL_GAP, FIVE_ARMS)
    explorers: tuple[Explorer, ...] = (
        Explorer("constant", 10.0),
        Explorer("log", 1.0),
        Explorer("log", 10.0),
        Explorer("root", 1.0),
        Explorer("gumbel", 0.5),
        Explorer("ucb"),
    )
    runs: int = 200
    steps: int = 100_000
    marks: int = 31
    seed: int = 0


_QUICK: tuple[dict[str, Any], ...] = (
    {"runs": 50, "steps": 100},
    {"seeds": 20, "steps": 600},
    {"runs": 20, "steps": 1000},
)


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """Premature commitment on bandits: policy gradients, and exploration by Boltzmann's policy.

    Attributes:
      seeds: The number of runs of each natural gradient, noisy gradient and explorer.
      steps: The steps of each run.
    """

    seeds: int | None = None
    steps: int | None = None

    least: ClassVar = {"seeds": 2, "steps": 100}  # for an interval, and for regret over time
    sets: ClassVar = {"seeds": ("seeds", "runs")}


def plan(arguments: Arguments) -> list[NaturalGradient | NoisyBandit | Exploration]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = (NaturalGradient(), NoisyBandit(), Exploration())
    return [arguments.apply(s, quick) for s, quick in zip(sweeps, _QUICK, strict=True)]
