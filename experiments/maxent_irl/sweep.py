"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from experiments import frame


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """The fits to demonstrations on `IcyGrid`.

    Attributes:
      seeds: The number of sets of demonstrations, drawn with the seeds 0 .. seeds - 1.
      count: The number of demonstrations in a set; as many more are held out.
      discount: The discount factor gamma of the demonstrator and of the causal model.
      sharpness: The factor in the demonstrator's policy, which is proportional to exp(sharpness *
        V(s')).
    """

    seeds: int = 5
    count: int = 200
    discount: float = 0.7
    sharpness: float = 5.0

    files: ClassVar = "icy_grid"


@dataclass(frozen=True)
class Controls(Sweep):
    """The duals on many sets; the other attributes are those of `Sweep`.

    Attributes:
      variants: The pairs of the pseudocount of the empirical policy and the penalty l2.
    """

    seeds: int = 100
    variants: tuple[tuple[float, float], ...] = (
        (0.0, 0.0),
        (0.1, 0.0),
        (0.0, 1e-5),
        (0.0, 1e-4),
        (0.0, 1e-3),
    )

    files: ClassVar = "controls"


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """MaxEnt inverse reinforcement learning on the icy grid: two models, two ways to fit them.

    Attributes:
      seeds: The number of sets of demonstrations.
      demonstrations: The number of demonstrations in each set.
      controls: Also fit the duals to many sets, with and without penalties, for a minute more.
    """

    seeds: int | None = None
    demonstrations: int | None = None
    controls: bool = False

    least: ClassVar = {"seeds": 1, "demonstrations": 1}
    sets: ClassVar = {"demonstrations": ("count",)}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = [Sweep(), *([Controls()] if arguments.controls else [])]
    return [arguments.apply(sweep, {"seeds": 1, "count": 60}) for sweep in sweeps]
