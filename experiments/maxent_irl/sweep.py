"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Sweep:
    """Fits to demonstrations on `IcyGrid`.

    Attributes:
      seeds: sets of demonstrations, drawn with the seeds 0 .. seeds - 1.
      count: demonstrations in a set; as many more are held out.
      discount: gamma, of the demonstrator and of the causal model.
      sharpness: the demonstrator's policy is proportional to exp(sharpness * V(s')).
    """

    seeds: int = 5
    count: int = 200
    discount: float = 0.7
    sharpness: float = 5.0

    def __post_init__(self) -> None:
        for name in ("seeds", "count"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} must be at least 1, not {getattr(self, name)}.")


@dataclass(frozen=True)
class Controls(Sweep):
    """The duals on many sets, attributes as in `Sweep`.

    Attributes:
      variants: pairs of the pseudocount of the empirical policy and the penalty l2.
    """

    seeds: int = 100
    variants: tuple[tuple[float, float], ...] = (
        (0.0, 0.0),
        (0.1, 0.0),
        (0.0, 1e-5),
        (0.0, 1e-4),
        (0.0, 1e-3),
    )


@dataclass(frozen=True)
class Arguments:
    """MaxEnt inverse reinforcement learning on the icy grid: two models, two ways to fit them.

    Attributes:
      seeds: sets of demonstrations.
      count: demonstrations in each.
      output: the folder that results go to.
      controls: instead fit the duals alone to a hundred sets, with and without penalties.
    """

    seeds: int = 5
    count: int = 200
    output: pathlib.Path = pathlib.Path("results")
    controls: bool = False
