"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from experiments import frame

ALGORITHMS = ("a2c", "a3c")


@dataclass(frozen=True)
class Sweep:
    """A2C with `workers` environments, or A3C with as many workers of one environment each.

    Attributes:
      algorithm: "a2c" or "a3c".
      workers: environments of a learner.
      alphas: constant temperatures of the bonus, in reward per nat.
      seeds: learners for each temperature.
      steps: of each learner, over all environments.
      rollout_length: steps of an environment between two updates.
      learning_rate: of RMSProp, for actor and critic.
      hidden_sizes: of actor and critic.
      discount: gamma.
      seed: of everything drawn.
    """

    algorithm: str
    workers: int
    alphas: tuple[float, ...] = (0.0, 0.01, 0.05)
    seeds: int = 20
    steps: int = 60_000
    rollout_length: int = 5
    learning_rate: float = 7e-4
    hidden_sizes: tuple[int, ...] = (32,)
    discount: float = 0.99
    seed: int = 0

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.algorithm}_{self.workers}"


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """A3C against A2C at equal environment steps: who is stuck, and what staleness does.

    Attributes:
      workers: The numbers of workers, and of environments of A2C.
      alphas: The temperatures of the bonus, in reward per nat.
    """

    workers: tuple[int, ...] = (1, 2, 4)
    alphas: tuple[float, ...] | None = None

    least: ClassVar = {**frame.Arguments.least, "workers": 1, "alphas": 0}
    # The flag holds many numbers, and a sweep one.
    sets: ClassVar = {"workers": ()}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    quick = {"seeds": 2, "steps": 400}
    return [
        arguments.apply(Sweep(algorithm, workers), quick)
        for algorithm in ALGORITHMS
        for workers in arguments.workers
    ]
