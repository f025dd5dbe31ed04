"""Which sweeps a command line asks for."""

from __future__ import annotations

import dataclasses
import pathlib
from dataclasses import dataclass
from typing import Any, Literal

from experiments.premature_convergence.sweep import (
    GYMNASIUM_ALPHAS,
    AutomaticTrapSweep,
    GymnasiumSweep,
    NeuralSweep,
    TabularSweep,
    TrapSweep,
)

Sweep = TabularSweep | NeuralSweep | TrapSweep | AutomaticTrapSweep | GymnasiumSweep


@dataclass(frozen=True)
class Arguments:
    """Premature convergence of policy gradients across temperatures.

    Attributes:
      part: which worlds: the grid with two goals, the continuous trap, Gymnasium's.
      alphas: temperatures instead of each part's own.
      schedules: for grid and trap, instead of each part's own.
      seeds: learners for each temperature, instead of each part's own.
      steps: of each learner, instead of each part's own.
      output: the folder that results go to.
      quick: everything small: for a first look and for continuous integration.
      controls: also run the controls of grid and trap.
    """

    part: tuple[Literal["grid", "trap", "gymnasium"], ...] = ("grid", "trap")
    alphas: tuple[float, ...] | None = None
    schedules: tuple[Literal["constant", "annealed"], ...] | None = None
    seeds: int | None = None
    steps: int | None = None
    output: pathlib.Path = pathlib.Path("results")
    quick: bool = False
    controls: bool = False

    def __post_init__(self) -> None:
        for name in ("seeds", "steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name} must be at least 1, not {value}.")
        if self.alphas is not None and not (self.alphas and min(self.alphas) >= 0):
            raise ValueError(f"--alphas must be numbers of at least 0, not {self.alphas}.")


@dataclass(frozen=True)
class Study:
    """A sweep with its place in the summary.

    Attributes:
      part: "grid", "trap" or "gymnasium".
      algorithm: "a2c_tabular", "a2c" or "sac".
      control: what is changed from the main sweep; empty for the main sweep itself.
      sweep: the constants.
    """

    part: str
    algorithm: str
    control: str
    sweep: Sweep

    @property
    def name(self) -> str:
        """A readable name for files, unique within one run."""
        words = [self.part, self.algorithm]
        if isinstance(self.sweep, AutomaticTrapSweep):
            words.append("automatic")
        if isinstance(self.sweep, GymnasiumSweep):
            words += [self.sweep.world, "fixed" if self.sweep.alphas else "automatic"]
        if self.control:
            words.append(self.control.replace(" ", "-"))
        return "_".join(words)


def plan(arguments: Arguments) -> list[Study]:
    """Returns the sweeps to run, with the command line's overrides applied."""
    studies: list[Study] = []
    if "grid" in arguments.part:
        studies += [
            Study("grid", "a2c_tabular", "", TabularSweep()),
            Study("grid", "a2c", "", NeuralSweep()),
        ]
        if arguments.controls:
            studies += [
                Study("grid", "a2c_tabular", "critic rate 0.5", TabularSweep(critic_rate=0.5)),
                Study("grid", "a2c", "critic as fast", NeuralSweep(critic_rate=1e-3)),
            ]
    if "trap" in arguments.part:
        studies += [
            Study("trap", "sac", "", TrapSweep()),
            Study("trap", "sac", "", AutomaticTrapSweep()),
        ]
        if arguments.controls:
            broad = (0.3, 0.1)
            studies += [
                Study("trap", "sac", "initial stddev 1", TrapSweep(initial_stddev=1.0)),
                Study("trap", "sac", "broad trap", TrapSweep(widths=broad)),
                Study("trap", "sac", "broad trap", AutomaticTrapSweep(widths=broad)),
            ]
    if "gymnasium" in arguments.part:
        for alphas in (GYMNASIUM_ALPHAS, ()):
            pendulum = GymnasiumSweep("Pendulum-v1", "sac", alphas, 3, 20_000, 1, -200.0)
            studies.append(Study("gymnasium", "sac", "", pendulum))
        cartpole = GymnasiumSweep("CartPole-v1", "a2c", GYMNASIUM_ALPHAS, 3, 500_000, 16, 475.0)
        studies.append(Study("gymnasium", "a2c", "", cartpole))
    return [dataclasses.replace(s, sweep=_overridden(s.sweep, arguments)) for s in studies]


_QUICK_STEPS = {
    TabularSweep: 5_000,
    NeuralSweep: 4_000,
    TrapSweep: 150,
    AutomaticTrapSweep: 150,
    GymnasiumSweep: 2_000,
}


def _overridden(sweep: Sweep, arguments: Arguments) -> Sweep:
    changes: dict[str, Any] = {}
    if arguments.quick:
        changes = {"seeds": 3, "steps": _QUICK_STEPS[type(sweep)]}
        if isinstance(sweep, GymnasiumSweep):
            changes["episodes"] = 2
    # An automatic temperature has neither a grid of alphas nor a schedule.
    if arguments.alphas is not None and getattr(sweep, "alphas", ()):
        changes["alphas"] = arguments.alphas
    if arguments.schedules is not None and hasattr(sweep, "schedules"):
        changes["schedules"] = arguments.schedules
    for name in ("seeds", "steps"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    return dataclasses.replace(sweep, **changes)
