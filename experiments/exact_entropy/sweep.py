"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments import frame
from maxent_tf.environments import ContinuousTrap, Pendulum

# The estimators, in the order of the first axis of every array; the others are compared with the
# first.
ESTIMATORS = ("sample", "exact", "path")


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """SAC at fixed temperatures with each estimator of the entropy, on one environment.

    Attributes:
      world: The environment: "trap", "pendulum" or a Gymnasium id.
      alphas: The temperatures, in reward per nat.
      seeds: The number of learners for each estimator and temperature.
      steps: The number of environment steps of each learner.
      learning_rate: The learning rate of Adam, for actor and critics.
      tau: The fraction by which target critics follow.
      batch_size: The number of transitions in a minibatch.
      hidden_sizes: The widths of the hidden layers of actor and critics.
      learning_starts: The number of steps at the start, with uniformly random actions.
      initial_stddev: The standard deviation of the pre-tanh Gaussian of a fresh policy.
      episodes: The number of episodes of the final evaluation of each learner, where the return
        cannot be integrated.
      states: The number of states at which the variance of the gradient is measured, for each
        learner.
      horizon: The number of steps over which these states are spread.
      draws: The number of draws of the actions, for the variance of each gradient.
      records: The number of points of the history that are kept.
      seed: The seed of everything that is drawn.
    """

    world: str
    alphas: tuple[float, ...] = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0)
    seeds: int = 24
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 32
    hidden_sizes: tuple[int, ...] = (32, 32)
    learning_starts: int = 0
    initial_stddev: float = 0.3
    episodes: int = 10
    states: int = 32
    horizon: int = 1
    draws: int = 500
    records: int = 50
    seed: int = 0

    @property
    def name(self) -> str:
        """The name of the sweep's files; a Gymnasium id may have a namespace."""
        return self.world.replace("/", "-")


PENDULUM = Sweep(
    "pendulum",
    alphas=(0.01, 0.03, 0.1, 0.2, 0.5, 1.0),
    seeds=8,
    steps=6000,
    learning_rate=1e-3,
    tau=0.01,
    batch_size=64,
    learning_starts=200,
    initial_stddev=1.0,
    horizon=150,
)
GYMNASIUM = dataclasses.replace(
    PENDULUM,
    world="a Gymnasium id",
    alphas=(0.05, 0.2, 1.0),
    seeds=4,
    steps=30_000,
    hidden_sizes=(64, 64),
    episodes=2,
    states=16,
    horizon=50,
    draws=300,
)


def make_world(name: str) -> Any:
    """Returns the environment of a name: one of this package's, or the Gymnasium id as it is."""
    return {"trap": ContinuousTrap, "pendulum": Pendulum}.get(name, lambda: name)()


_QUICK = {
    "alphas": (0.1, 1.0),
    "seeds": 3,
    "steps": 150,
    "episodes": 2,
    "records": 5,
    "draws": 20,
    "states": 4,
    "horizon": 5,
    "learning_starts": 20,
    "hidden_sizes": (8,),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Three estimators of the entropy in SAC: the gradient's variance, and learning.

    Attributes:
      env: The environments: "trap", "pendulum" or Gymnasium ids, such as HalfCheetah-v5, which
        needs the `mujoco` extra and takes ten minutes.
      alphas: The temperatures, in reward per nat.
    """

    env: tuple[str, ...] = ("trap", "pendulum")
    alphas: tuple[float, ...] | None = None

    positive: ClassVar = ("alphas",)


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    own = {"trap": Sweep("trap"), "pendulum": PENDULUM}
    sweeps = [own.get(w, dataclasses.replace(GYMNASIUM, world=w)) for w in arguments.env]
    return [arguments.apply(sweep, _QUICK) for sweep in sweeps]
