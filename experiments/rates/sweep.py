"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from experiments import frame
from experiments.random_processes import COUNT


@dataclass(frozen=True)
class Bandits(frame.Sweep):
    """Policy gradients on bandits.

    Attributes:
      alphas: The number of temperatures of the U-shape in a grid, besides the tabulated ones.
      iterations: The numbers of steps of ascent at each temperature, rising; the tabulated figures
        are for 3000.
      from_uniform: The rewards of the bandits of ascent without entropy, with the best arm first.
      steps: The number of steps of ascent without entropy.
      temperatures: The temperatures tau of ascent with entropy on two arms.
      gap: The gap Delta between these two arms.
      step_sizes: The step sizes eta of natural gradients at tau = 1.
      natural_steps: The number of steps of natural gradients.
    """

    alphas: int = 81
    iterations: tuple[int, ...] = (300, 3000, 30_000)
    from_uniform: tuple[tuple[float, ...], ...] = (
        (1.0, 0.0),
        (1.0, 0.2, 0.2),
        (1.0, *(0.5,) * 9),
        (1.0, 0.9, 0.1),
    )
    steps: int = 400_000
    temperatures: tuple[float, ...] = (0.15, 0.2, 0.3, 0.5, 1.0, 2.0)
    gap: float = 1.0
    step_sizes: tuple[float, ...] = (0.03, 0.1, 0.3)
    natural_steps: int = 300

    files: ClassVar = "bandits"


@dataclass(frozen=True)
class Processes(frame.Sweep):
    """Theorems on random decision processes.

    Attributes:
      count: The number of processes.
      alphas: The lowest and the highest temperature of the identity and the bounds, and the number
        of temperatures.
      alpha: The temperature of natural policy gradient.
      fractions: The step sizes of natural policy gradient, as fractions of the largest, (1 - gamma)
        / alpha.
      natural_steps: The number of steps of natural policy gradient.
      iteration_alphas: The temperatures of soft policy iteration and soft value iteration.
      policy_steps: The number of iterations of soft policy iteration.
      backups: The number of backups of soft value iteration.
      contraction_alphas: The temperatures of single backups.
    """

    count: int = COUNT
    alphas: tuple[float, float, int] = (1e-3, 10.0, 25)
    alpha: float = 0.2
    fractions: tuple[float, ...] = (0.2, 0.5, 1.0)
    natural_steps: int = 100
    iteration_alphas: tuple[float, ...] = (0.02, 0.2, 2.0)
    policy_steps: int = 6
    backups: int = 240
    contraction_alphas: tuple[float, ...] = (0.01, 0.2, 2.0)

    files: ClassVar = "processes"


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """Rates and bounds of entropy-regularised methods, with the predictions drawn in.

    Attributes:
      processes: The number of random decision processes.
    """

    processes: int | None = None

    least: ClassVar = {"processes": 1}
    sets: ClassVar = {"processes": ("count",)}


_QUICK: tuple[dict[str, Any], ...] = (
    {
        "alphas": 5,
        "iterations": (300, 3000),
        "from_uniform": ((1.0, 0.0), (1.0, 0.2, 0.2)),
        "steps": 60_000,
        "temperatures": (0.5, 1.0),
        "step_sizes": (0.1,),
    },
    {"count": 5, "alphas": (0.02, 2.0, 3), "fractions": (0.5, 1.0)},
)


def plan(arguments: Arguments) -> list[Bandits | Processes]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = (Bandits(), Processes())
    return [arguments.apply(s, quick) for s, quick in zip(sweeps, _QUICK, strict=True)]
