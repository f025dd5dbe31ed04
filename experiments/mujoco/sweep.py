"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
from dataclasses import dataclass
from typing import Any

OURS, PEER = "maxent_tf", "Stable-Baselines3"


@dataclass(frozen=True)
class Run:
    """One learner of one implementation.

    What is not said here is both implementations' default and the same in both: twin critics, ReLU,
    Adam, one update a step, and a temperature that starts from 1 and seeks an entropy of -dim(A).

    Attributes:
      implementation: `OURS` or `PEER`.
      env: a Gymnasium id.
      steps: of training.
      seed: of everything drawn.
      evaluations: of the deterministic policy, evenly spaced, the last at the end.
      episodes: of each evaluation.
      learning_starts: steps with uniformly random actions.
      batch_size: of the minibatches.
      learning_rate: of actor, critics and temperature.
      hidden_sizes: of actor and critics.
      discount: gamma.
      tau: the fraction by which target critics follow.
      threads: that the implementation may compute with; None leaves it the choice.
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
        """What its results are called; a Gymnasium id may have a namespace."""
        return f"{self.env.replace('/', '-')}-{self.implementation}-seed-{self.seed}"

    @property
    def evaluation_steps(self) -> list[int]:
        """The numbers of steps after which the policy is evaluated."""
        return [self.steps * k // self.evaluations for k in range(1, self.evaluations + 1)]


_QUICK = {
    "episodes": 2,
    "learning_starts": 50,
    "batch_size": 32,
    "hidden_sizes": (16,),
}


@dataclass(frozen=True)
class Arguments:
    """SAC on a MuJoCo world, ours and Stable-Baselines3's.

    Attributes:
      env: a Gymnasium id (MuJoCo's need the `mujoco` extra).
      steps: of each learner.
      seeds: of the learners; each is trained by itself.
      evaluations: of each learner, evenly spaced, the last at the end.
      peers: the Python interpreter that has Stable-Baselines3; None leaves it out.
      threads: that either implementation may compute with; None leaves it the choice.
      output: the folder that results go to.
      quick: small networks and few episodes: for a first look and for continuous integration.
    """

    env: str = "HalfCheetah-v5"
    steps: int = 100_000
    seeds: tuple[int, ...] = (0, 1, 2)
    evaluations: int = 10
    peers: pathlib.Path | None = None
    threads: int | None = None
    output: pathlib.Path = pathlib.Path("results")
    quick: bool = False

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError("--seeds must name at least one seed.")
        if not 1 <= self.evaluations <= self.steps:
            raise ValueError(
                f"--evaluations must be from 1 to the number of --steps, {self.steps}, not "
                f"{self.evaluations}."
            )
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"--threads must be at least 1, not {self.threads}.")
        if self.peers is not None and shutil.which(self.peers) is None:
            raise ValueError(
                f"--peers must be a Python interpreter, not {self.peers}: make one by python3 -m "
                "venv and install stable-baselines3 and gymnasium[mujoco] into it."
            )


def plan(arguments: Arguments) -> list[Run]:
    """Returns the runs, implementation by implementation, seed by seed."""
    changes: dict[str, Any] = dict(_QUICK) if arguments.quick else {}
    implementations = (OURS,) if arguments.peers is None else (OURS, PEER)
    first = Run(
        OURS,
        arguments.env,
        arguments.steps,
        evaluations=arguments.evaluations,
        threads=arguments.threads,
        **changes,
    )
    return [
        dataclasses.replace(first, implementation=implementation, seed=seed)
        for implementation in implementations
        for seed in arguments.seeds
    ]
