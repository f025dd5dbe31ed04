"""The constants of the experiment: ways to search, and the trees that are searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from experiments import frame
from maxent_tf import search
from maxent_tf.regularizers import KL, Regularizer, Shannon, Tsallis

# The names of the methods. The two methods of RENTS differ in the prior alone.
LABELS: Mapping[str, str] = {
    "uct": "UCT, c = 0.1",
    "uct_textbook": "UCT, c = 1.41",
    "ments": "MENTS",
    "rents": "RENTS, uniform prior",
    "rents_oracle": "RENTS, oracle prior",
    "tents": "TENTS",
    "dents": "DENTS",
}
# The methods whose values converge to a regularised recursion at a fixed temperature.
REGULARISED = ("ments", "rents", "rents_oracle", "tents")


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Searches of synthetic trees of one branching, by every method.

    Attributes:
      branching: The number of actions.
      depths: The numbers of actions from the root to a leaf.
      simulations: The number of simulations of each search.
      trees: The number of trees of each depth.
      runs: The number of searches of each tree by each method.
      methods: The methods.
      alpha: The temperature of the regularised searches.
      epsilon: The rate of exploration of the regularised searches, and the constant of UCT.
      records: The number of times at which the root is measured, evenly spaced in the logarithm of
        the simulations.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "branching-{branching}"

    branching: int
    depths: tuple[int, ...] = (1, 2, 3, 4, 5)
    simulations: int = 10_000
    trees: int = 5
    runs: int = 5
    methods: tuple[str, ...] = tuple(LABELS)
    alpha: float = 0.1
    epsilon: float = 0.1
    records: int = 31
    seed: int = 0

    @property
    def counts(self) -> np.ndarray:
        """The numbers of simulations after which the root is looked at, [records or fewer]."""
        spaced = np.geomspace(min(10, self.simulations), self.simulations, self.records)
        return np.unique(np.round(spaced).astype(int))


def make_rule(sweep: Sweep, method: str) -> search.Rule:
    """Returns the rule of a method."""

    def falling(visits: tf.Tensor) -> tf.Tensor:
        # The temperature of Painter et al. (2023) is 1 / log(e + n), here times alpha.
        return sweep.alpha / tf.math.log(np.e + visits)

    if method == "uct":
        return search.Uct(sweep.epsilon)
    if method == "uct_textbook":
        return search.Uct()
    if method == "dents":
        return search.Entropic(Shannon(), falling, sweep.epsilon)
    regularizer = {"ments": Shannon(), "tents": Tsallis()}.get(method, KL)
    return search.Entropic(regularizer, sweep.alpha, sweep.epsilon)


def limit(sweep: Sweep, method: str) -> tuple[Any, float]:
    """Returns the limit of the values of a method: a regulariser and its temperature.

    Returns:
      A function from the largest means below the children of nodes, [nodes, A], to the
      regulariser; and the temperature, 0 where the limit is the largest mean.
    """

    def regularizer(best: np.ndarray) -> Regularizer:
        if method == "tents":
            return Tsallis()
        if method == "rents":
            return KL(np.full(best.shape, 1 / sweep.branching))
        if method == "rents_oracle":
            return KL(best / best.sum(axis=-1, keepdims=True))
        return Shannon()

    return regularizer, sweep.alpha if method in REGULARISED else 0.0


_QUICK = {"depths": (1, 2, 3), "simulations": 300, "trees": 2, "runs": 2, "records": 7}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """Searches with and without entropy, on trees whose values are known.

    A quick run has only the first two numbers of actions.

    Attributes:
      branchings: The numbers of actions.
      depths: The numbers of actions from the root to a leaf.
      simulations: The simulations of each search.
    """

    branchings: tuple[int, ...] = (2, 4, 6, 8, 10, 12, 14, 16)
    depths: tuple[int, ...] | None = None
    simulations: int | None = None

    least: ClassVar[Mapping[str, float]] = {"branchings": 2, "depths": 1, "simulations": 2}
    sets: ClassVar = {"branchings": ()}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    branchings = arguments.branchings[:2] if arguments.quick else arguments.branchings
    return [arguments.apply(Sweep(branching=branching), _QUICK) for branching in branchings]
