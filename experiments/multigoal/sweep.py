"""The constants of the experiment: which learner, on whose costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments import frame
from maxent_tf.environments import MultiGoal

Name = Literal["sql", "sac"]

DISCOUNT = 0.99


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """Learners of one kind, at every temperature, on the multi-goal task with one paper's costs.

    Attributes:
      learner: "sql" has a sampler that may have many modes, and "sac" a squashed Gaussian.
      costs: "sql" has the costs of soft Q-learning with its reward scale of 0.1, and "sac" those of
        soft actor-critic with its scale of 3.
      alphas: The temperatures, in scaled reward per nat; both papers have 1.
      seeds: The number of learners for each temperature.
      steps: The number of environment steps of each learner.
      learning_rate: The learning rate of Adam, for actor or sampler, and critics.
      tau: The fraction by which target critics follow.
      batch_size: The number of transitions in a minibatch.
      hidden_sizes: The widths of the hidden layers of all networks.
      num_particles: The number of particles that SQL's sampler draws at each state, from which
        SQL's soft value is estimated, too.
      learning_starts: The number of steps at the start, with uniformly random actions.
      rollouts: The number of rollouts of each trained learner, with actions drawn.
      drawn: The number of the rollouts of the first learner at each temperature that are kept for
        the figure.
      resolution: The number of points along each side of the grid of actions on which the critic is
        kept.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{learner}-on-{costs}"

    learner: Name
    costs: Name
    alphas: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    seeds: int = 5
    steps: int = 10_000
    learning_rate: float = 1e-3
    tau: float = 0.01
    batch_size: int = 32
    hidden_sizes: tuple[int, ...] = (64, 64)
    num_particles: int = 16
    learning_starts: int = 500
    rollouts: int = 400
    drawn: int = 40
    resolution: int = 41
    seed: int = 0


def make_world(costs: Name) -> MultiGoal:
    """Returns the environment with a paper's costs, multiplied by its reward scale."""
    if costs == "sql":
        return MultiGoal(actuation_cost=3.0, distance_cost=0.1, goal_reward=1.0)
    return MultiGoal(actuation_cost=3.0, distance_cost=0.3, goal_reward=3.0)


SWEEPS = (Sweep("sql", "sql"), Sweep("sac", "sql"), Sweep("sac", "sac"), Sweep("sql", "sac"))

_QUICK = {
    "alphas": (0.3, 1.0),
    "seeds": 2,
    "steps": 60,
    "hidden_sizes": (8,),
    "num_particles": 4,
    "batch_size": 8,
    "learning_starts": 30,
    "rollouts": 20,
    "drawn": 5,
    "resolution": 5,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """The multi-goal environment: which goals SQL and SAC reach, and how evenly.

    Attributes:
      alphas: The temperatures, in scaled reward per nat.
    """

    alphas: tuple[float, ...] | None = None

    positive: ClassVar = ("alphas",)  # SQL divides by them


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    return [arguments.apply(sweep, _QUICK) for sweep in SWEEPS]
