"""The constants of the experiment: A2C and A3C on the grid with two goals, and what A3C costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame

Method = Literal["a2c", "a3c"]
LABELS: Mapping[Method, str] = {"a2c": "A2C", "a3c": "A3C"}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Learners on the grid with two goals, trained by one method.

    Attributes:
      method: "a2c" has all environments of a learner in one process and updates once for all of
        them. "a3c" has a worker for each environment, and updates once for each worker.
      workers: The number of environments of each learner, and with A3C also of worker processes.
      alphas: The temperatures.
      seeds: The number of learners for each learning rate and temperature.
      steps: The environment steps of each learner, over all its environments.
      rollout_length: The number of environment steps between two deliveries of a worker.
      learning_rates: The learning rates of RMSProp, each for the actor and for the critic.
      rho: The decay of RMSProp's mean of squares.
      epsilon: The number that RMSProp adds to that mean.
      records: The number of points of the learning curves.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{method}-{workers}"

    method: Method
    workers: int
    alphas: tuple[float, ...] = (0.0, 0.01, 0.05, 0.1)
    seeds: int = 20
    steps: int = 40_000
    rollout_length: int = 5
    learning_rates: tuple[float, ...] = (0.003, 0.01)
    rho: float = 0.99
    epsilon: float = 1e-5
    records: int = 40
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Costs(frame.Sweep):
    """The time of the parts of A3C and the bytes of its messages, for a learner of one kind.

    Attributes:
      learner: "grid" is the batch of learners of the sweeps, which have a table. "cartpole" is one
        learner on CartPole with hidden layers.
      hidden_sizes: The widths of the hidden layers on CartPole.
      seeds: The number of learners for each learning rate and temperature, on the grid.
      rollout_length: The number of environment steps between two deliveries of a worker.
      updates: The number of updates that are timed.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "costs-{learner}"

    learner: Literal["grid", "cartpole"]
    hidden_sizes: tuple[int, ...] = (256, 256)
    seeds: int = 20
    rollout_length: int = 5
    updates: int = 1_000
    seed: int = 0


_QUICK: dict[str, Any] = {"seeds": 2, "steps": 400, "records": 2}
_QUICK_COSTS: dict[str, Any] = {"seeds": 2, "hidden_sizes": (8,), "updates": 20}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """A3C beside A2C on the grid with two goals; needs Ray, `pip install 'maxent_tf[ray]'`.

    A quick run has only the first of the numbers of workers.

    Attributes:
      workers: The numbers of workers of A3C, and of environments of A2C.
      alphas: The temperatures, constant through training.
    """

    workers: tuple[int, ...] = (1, 2, 4)
    alphas: tuple[float, ...] | None = None

    least: ClassVar = {**frame.LearnerArguments.least, "workers": 1, "alphas": 0}
    sets: ClassVar = {"workers": ()}  # one sweep has one number of workers


def plan(arguments: Arguments) -> list[Sweep | Costs]:
    """Returns the sweeps to run, with the values of given flags."""
    workers = arguments.workers[:1] if arguments.quick else arguments.workers
    methods: tuple[Method, ...] = ("a2c", "a3c")
    sweeps = [Sweep(method=method, workers=number) for method in methods for number in workers]
    costs = (Costs(learner="grid"), Costs(learner="cartpole"))
    return [
        *(arguments.apply(sweep, _QUICK) for sweep in sweeps),
        *(arguments.apply(cost, _QUICK_COSTS) for cost in costs),
    ]
