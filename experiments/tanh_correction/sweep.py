"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import dataclasses
import pathlib
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from maxent_tf.environments import ContinuousTrap, Pendulum

World = Literal["trap", "bound", "pendulum"]

CORRECTIONS = ("exact", "epsilon", "none")


@dataclass(frozen=True)
class Sweep:
    """SAC under every correction, from every start, on one world.

    The temperature is automatic, from 1, with a target entropy of -1 nat for each dimension of an
    action scaled to [-1, 1].

    Attributes:
      world: "trap" has its optimum inside the range of actions; "bound" has a single hill, centred
        on the upper bound; "pendulum" is a control task.
      corrections: of the log-density for the tanh: "exact", log(1 - tanh(u)^2); "epsilon",
        log(1 - tanh(u)^2 + 1e-6); "none", 0.
      starts: pre-tanh means of a fresh policy.
      seeds: learners for each correction and start.
      steps: of each learner.
      learning_rate: of Adam, for actor, critics and temperature.
      tau: the fraction by which target critics follow.
      batch_size: of the minibatches.
      hidden_sizes: of actor and critics.
      learning_starts: steps with uniformly random actions.
      episodes: of the final evaluation of each learner, where it cannot be integrated.
      records: points of history kept.
      seed: of everything drawn.
    """

    world: World
    corrections: tuple[str, ...] = CORRECTIONS
    starts: tuple[float, ...] = (0.0, 6.0, 9.0, 12.0)
    seeds: int = 20
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 32
    hidden_sizes: tuple[int, ...] = (32, 32)
    learning_starts: int = 0
    episodes: int = 10
    records: int = 50
    seed: int = 0

    # What is changed from the main sweep.
    control: ClassVar[str] = ""
    # To which the pre-tanh log standard deviation is clipped: SAC's usual one.
    log_std_range: ClassVar[tuple[float, float]] = (-5.0, 2.0)


@dataclass(frozen=True)
class WideSweep(Sweep):
    """A control: the standard deviation may pass the bound beyond which it has no gradient."""

    control: ClassVar[str] = "log std up to 8"
    log_std_range: ClassVar[tuple[float, float]] = (-5.0, 8.0)


def make_world(world: World) -> Any:
    """Returns the world of a name."""
    if world == "pendulum":
        return Pendulum()
    if world == "bound":
        return ContinuousTrap(heights=(1.0,), centres=(1.0,), widths=(0.3,))
    return ContinuousTrap()


SWEEPS = {
    "trap": Sweep("trap"),
    "bound": Sweep("bound"),
    "pendulum": Sweep(
        "pendulum",
        seeds=6,
        steps=10_000,
        learning_rate=1e-3,
        tau=0.01,
        batch_size=64,
        learning_starts=200,
    ),
}

_QUICK = {
    "seeds": 3,
    "steps": 150,
    "episodes": 2,
    "records": 10,
    "learning_starts": 0,
    "hidden_sizes": (8,),
}


@dataclass(frozen=True)
class Arguments:
    """The tanh correction of SAC's entropy: exact, with an epsilon, or forgotten.

    Attributes:
      worlds: which worlds.
      starts: pre-tanh means of the fresh policies, instead of each world's own.
      seeds: learners for each correction and start, instead of each world's own.
      steps: of each learner, instead of each world's own.
      output: the folder that results go to.
      quick: everything small: for a first look and for continuous integration.
      controls: also run the trap with a wider range of the standard deviation.
    """

    worlds: tuple[World, ...] = ("trap", "bound", "pendulum")
    starts: tuple[float, ...] | None = None
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


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the command line's overrides applied."""
    changes: dict[str, Any] = dict(_QUICK) if arguments.quick else {}
    for name in ("starts", "seeds", "steps"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    sweeps = [SWEEPS[world] for world in arguments.worlds]
    if arguments.controls:
        sweeps.append(WideSweep("trap"))
    return [dataclasses.replace(sweep, **changes) for sweep in sweeps]
