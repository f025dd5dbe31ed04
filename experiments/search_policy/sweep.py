"""The constants of the experiment: what is searched, by which constants and temperatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from experiments import frame

Subject = Literal["nodes", "exact_game", "random_game"]


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """PUCT beside the regularised policy, at many roots.

    Attributes:
      subject: Nodes with fixed random values, or searches in tic-tac-toe, which evaluate positions
        by their exact values or by random ones.
      actions: The number of actions of nodes; tic-tac-toe has 9, as many as the cells.
      roots: The number of nodes or positions.
      simulations: The largest number of simulations; at a fixed constant, the root is measured
        after each.
      constant: The fixed constant of PUCT.
      counts: The numbers of simulations at which constants and temperatures are compared.
      settings: The number of constants, and of temperatures.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{subject}-{actions}"

    subject: Subject
    actions: int
    roots: int = 64
    simulations: int = 1024
    constant: float = 1.25
    counts: tuple[int, ...] = (64, 256, 1024)
    settings: int = 9
    seed: int = 0

    @property
    def constants(self) -> np.ndarray:
        """The constants of PUCT, [settings]."""
        return np.geomspace(0.1, 10, self.settings)

    @property
    def temperatures(self) -> np.ndarray:
        """The temperatures lambda, [settings]."""
        return np.geomspace(0.01, 1, self.settings)


SWEEPS = (
    *(Sweep(subject="nodes", actions=actions, roots=200) for actions in (2, 8, 32)),
    *(Sweep(subject=game, actions=9) for game in ("exact_game", "random_game")),
)
_QUICK: dict[str, Any] = {"roots": 8, "simulations": 64, "counts": (4, 16, 64), "settings": 3}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """The visits of PUCT beside the policy that they approach, and their temperature.

    Attributes:
      roots: The number of nodes, and of positions.
    """

    roots: int | None = None

    least: ClassVar = {"roots": 1}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    return [arguments.apply(sweep, _QUICK) for sweep in SWEEPS]
