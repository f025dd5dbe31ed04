"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from experiments import frame
from experiments.random_processes import COUNT


@dataclass(frozen=True)
class Bandits:
    """Policy gradients on bandits.

    Attributes:
      alphas: of the U-shape, besides the tabulated ones, a grid of so many temperatures.
      iterations: of ascent at each, rising; the tabulated figures are for 3000.
      from_uniform: rewards, the best one first, of ascent without entropy.
      steps: of it.
      temperatures: tau of ascent with entropy on two arms.
      gap: Delta, between these.
      step_sizes: eta of natural gradients at tau = 1.
      natural_steps: of them.
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

    name: ClassVar[str] = "bandits"


@dataclass(frozen=True)
class Processes:
    """Theorems on random decision processes.

    Attributes:
      count: of the processes.
      alphas: lowest and highest temperature, and how many between them, of identity and bounds.
      alpha: of natural policy gradient.
      fractions: of its largest step size, (1 - gamma) / alpha.
      natural_steps: of it.
      iteration_alphas: temperatures of soft policy and value iteration.
      policy_steps: of the former.
      backups: of the latter.
      contraction_alphas: temperatures of single backups.
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

    name: ClassVar[str] = "processes"


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
