"""The constants of the experiment: the tasks, and the published settings of PPO."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments import frame

Task = Literal["door_key", "empty_random", "four_rooms", "six_rooms"]
Bonus = Literal["none", "rnd", "counts"]

# The names of the tasks in MiniGrid. The last has six rooms by mistake, which its next version
# corrects.
IDS: Mapping[Task, str] = {
    "door_key": "MiniGrid-DoorKey-5x5-v0",
    "empty_random": "MiniGrid-Empty-Random-5x5-v0",
    "four_rooms": "MiniGrid-MultiRoom-N4-S5-v1",
    "six_rooms": "MiniGrid-MultiRoom-N4-S5-v0",
}
BONUSES: Mapping[Bonus, str] = {"none": "none", "rnd": "RND", "counts": "counts"}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """PPO on one task, with one kind of intrinsic reward, in one program.

    The settings that are not varied are those of RL Baselines3 Zoo.

    Attributes:
      task: The environment.
      bonus: The intrinsic reward.
      scales: The factors of the intrinsic reward, in units of the normalised reward. With 0, PPO
        learns from the reward alone.
      steps: The environment steps of each learner.
      seeds: The number of learners for each scale.
      num_envs: The number of environments of each learner.
      rollout_length: The steps of each environment between two updates.
      minibatch: The number of steps in a minibatch.
      num_epochs: The number of times that an update goes over its steps.
      learning_rate: The learning rate of Adam.
      clip_epsilon: The distance from 1 at which ratios of probabilities are clipped.
      records: The number of points of the learning curve, evenly spaced.
      episodes: The number of greedy episodes at the end.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{task}-{bonus}"

    task: Task
    bonus: Bonus = "none"
    scales: tuple[float, ...] = (0.0,)
    steps: int = 100_000
    seeds: int = 5
    num_envs: int = 8
    rollout_length: int = 128
    minibatch: int = 64
    num_epochs: int = 10
    learning_rate: float = 2.5e-4
    clip_epsilon: float = 0.2
    records: int = 49
    episodes: int = 100
    seed: int = 0


SWEEPS: tuple[Sweep, ...] = (
    Sweep(task="door_key"),
    Sweep(task="empty_random", seeds=3),
    *(
        Sweep(task=task, bonus=bonus, scales=scales, seeds=3)
        for task in ("four_rooms", "six_rooms")
        for bonus, scales in (("rnd", (0.0, 0.3)), ("counts", (0.3,)))
    ),  # type: ignore[arg-type]
)
_QUICK = {"steps": 1024, "seeds": 2, "num_envs": 2, "num_epochs": 2, "records": 2, "episodes": 2}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """PPO with the published settings on MiniGrid, and with intrinsic rewards where it fails.

    All tasks but the first need the extra `minigrid`. A quick run has only the first. Each of the
    tasks with rooms takes ten minutes, with RND, with counts and with neither.

    Attributes:
      tasks: The environments.
    """

    tasks: tuple[Task, ...] = ("door_key", "empty_random")


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    tasks = arguments.tasks[:1] if arguments.quick else arguments.tasks
    return [arguments.apply(sweep, _QUICK) for sweep in SWEEPS if sweep.task in tasks]
