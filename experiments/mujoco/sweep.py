"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
from dataclasses import dataclass
from typing import ClassVar

from experiments import frame

OURS, PEER = "maxent_tf", "Stable-Baselines3"


@dataclass(frozen=True)
class Run(frame.Sweep):
    """One learner of one implementation.

    A setting that is not given here is both implementations' default and the same in both: twin
    critics, ReLU, Adam, one update a step, and a temperature that starts from 1 and seeks an
    entropy of -dim(A).

    Attributes:
      implementation: The implementation, `OURS` or `PEER`.
      env: The Gymnasium id of the environment.
      steps: The number of environment steps of training.
      seed: The seed of everything that is drawn.
      evaluations: The number of evaluations of the deterministic policy, evenly spaced, the last at
        the end.
      episodes: The number of episodes of each evaluation.
      learning_starts: The number of steps at the start, with uniformly random actions.
      batch_size: The number of transitions in a minibatch.
      learning_rate: The learning rate of actor, critics and temperature.
      hidden_sizes: The widths of the hidden layers of actor and critics.
      discount: The discount factor gamma.
      tau: The fraction by which target critics follow.
      threads: The number of threads that the implementation may compute with; None leaves the
        choice to the implementation.
    """

    implementation: str
    env: str = "HalfCheetah-v5"
    steps: int = 100_000
    seed: int = 0
    evaluations: int = 10
    episodes: int = 10
    learning_starts: int = 10_000
    batch_size: int = 256
    learning_rate: float = 3e-4
    hidden_sizes: tuple[int, ...] = (256, 256)
    discount: float = 0.99
    tau: float = 0.005
    threads: int | None = None

    @property
    def name(self) -> str:
        """The name of the run's results; a Gymnasium id may have a namespace."""
        return f"{self.env.replace('/', '-')}-{self.implementation}-seed-{self.seed}"

    @property
    def evaluation_steps(self) -> list[int]:
        """The numbers of steps after which the policy is evaluated."""
        return [self.steps * k // self.evaluations for k in range(1, self.evaluations + 1)]


_QUICK = {
    "steps": 1000,
    "evaluations": 2,
    "episodes": 2,
    "learning_starts": 50,
    "batch_size": 32,
    "hidden_sizes": (16,),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.Arguments):
    """SAC on a MuJoCo environment, ours and Stable-Baselines3's.

    Attributes:
      env: A Gymnasium id; those of MuJoCo need the `mujoco` extra.
      seeds: The number of learners of each implementation; each is trained by itself.
      steps: The environment steps of each learner.
      evaluations: The evaluations of each learner, evenly spaced, the last at the end.
      peers: The Python interpreter that has Stable-Baselines3. Without it, ours is run alone.
      threads: The number of threads of either implementation; by default each has its own.
    """

    env: str = Run.env
    seeds: int = 3
    steps: int | None = None
    evaluations: int | None = None
    peers: pathlib.Path | None = None
    threads: int | None = None

    least: ClassVar = {**frame.Arguments.least, "evaluations": 1, "threads": 1}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.peers is not None and shutil.which(self.peers) is None:
            raise ValueError(
                f"--peers must be a Python interpreter, not {self.peers}: make one by python3 -m "
                "venv and install stable-baselines3 and gymnasium[mujoco] into it."
            )


def plan(arguments: Arguments) -> list[Run]:
    """Returns the runs, implementation by implementation, seed by seed."""
    first = arguments.apply(Run(OURS), _QUICK)
    if first.evaluations > first.steps:
        raise ValueError(
            f"--evaluations must be at most the number of --steps, {first.steps}, not "
            f"{first.evaluations}."
        )
    implementations = (OURS,) if arguments.peers is None else (OURS, PEER)
    return [
        dataclasses.replace(first, implementation=implementation, seed=seed)
        for implementation in implementations
        for seed in range(arguments.seeds)
    ]
