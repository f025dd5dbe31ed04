"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame
from maxent_tf.environments import ContinuousTrap, Environment, Pendulum

World = Literal["trap", "pendulum", "grid"]

# The estimators, in the order of the first axis of every array of continuous actions.
ESTIMATORS = ("exact", "base", "sample", "stored")
# The objectives, in the order of the first axis of every array of the grid, see
# `PPOConfig.entropy`.
OBJECTIVES = ("bonus", "reward")


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """PPO with each entropy in its bonus, on an environment with continuous actions.

    Attributes:
      world: The environment: "trap" has a lower hill of reward near a fresh policy and a higher one
        further away; "pendulum" is a control task.
      alphas: The coefficients of the bonus, in reward per nat, or, where advantages are normalised,
        in standard deviations of the advantage per nat. The first is 0: no bonus, whatever the
        estimator.
      seeds: The number of learners for each estimator and coefficient.
      steps: The number of environment steps of each learner.
      num_envs: The number of environments of each learner.
      rollout_length: The number of steps of each environment between two updates.
      num_epochs: The number of times that an update goes over its steps.
      num_minibatches: The number of minibatches into which the steps of an epoch are divided.
      learning_rate: The learning rate of Adam, for actor and critic.
      normalize_advantage: Whether the advantages of each minibatch are normalised.
      target_kl: The divergence, in nats, beyond which a learner leaves an update.
      discount: The discount factor gamma.
      hidden_sizes: The widths of the hidden layers of actor and critic.
      initial_stddev: The standard deviation of the pre-tanh Gaussian of a fresh policy.
      episodes: The number of episodes of the final evaluation of each learner, where the return
        cannot be integrated.
      records: The number of points of the history that are kept.
      seed: The seed of everything that is drawn.
      kinds: The names along the first axis of every array.
    """

    files: ClassVar = "{world}"
    kinds: ClassVar = ESTIMATORS

    world: World
    alphas: tuple[float, ...]
    seeds: int
    steps: int
    num_envs: int
    rollout_length: int
    num_epochs: int
    num_minibatches: int
    learning_rate: float
    normalize_advantage: bool
    target_kl: float = 0.05
    discount: float = 0.9
    hidden_sizes: tuple[int, ...] = (32, 32)
    initial_stddev: float = 1.0
    episodes: int = 10
    records: int = 50
    seed: int = 0


@dataclass(frozen=True)
class GridSweep(frame.Sweep):
    """PPO on `TwoGoalGrid`, whose discrete policies have one entropy: as a bonus or as a reward.

    The attributes are those of `Sweep`; both objectives have coefficients in reward per nat.
    """

    files: ClassVar = "{world}"
    kinds: ClassVar = OBJECTIVES

    world: World = "grid"
    alphas: tuple[float, ...] = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)
    seeds: int = 20
    steps: int = 60_000
    num_envs: int = 8
    rollout_length: int = 16
    num_epochs: int = 4
    num_minibatches: int = 2
    learning_rate: float = 3e-3
    normalize_advantage: bool = False
    discount: float = 0.99
    hidden_sizes: tuple[int, ...] = (32, 32)
    records: int = 50
    seed: int = 0


def make_world(world: World) -> Environment:
    """Returns the environment with continuous actions of a name."""
    return ContinuousTrap() if world == "trap" else Pendulum()


SWEEPS: dict[World, Sweep | GridSweep] = {
    "trap": Sweep(
        "trap",
        alphas=(0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 1.0),
        seeds=20,
        steps=40_000,
        num_envs=64,
        rollout_length=1,
        num_epochs=4,
        num_minibatches=1,
        learning_rate=3e-3,
        normalize_advantage=False,
        initial_stddev=0.3,
    ),
    "pendulum": Sweep(
        "pendulum",
        alphas=(0.0, 0.001, 0.003, 0.01, 0.03, 0.1),
        seeds=10,
        steps=120_000,
        num_envs=8,
        rollout_length=128,
        num_epochs=8,
        num_minibatches=4,
        learning_rate=1e-3,
        normalize_advantage=True,
    ),
    "grid": GridSweep(),
}

_QUICK: dict[str, Any] = {
    "alphas": (0.0, 0.03, 0.3),
    "seeds": 3,
    "steps": 2048,
    "records": 4,
    "hidden_sizes": (8,),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """The entropy in PPO's bonus: exact, of the Gaussian before tanh, sampled, or none.

    Attributes:
      env: The environments.
    """

    env: tuple[World, ...] = ("trap", "pendulum", "grid")


def plan(arguments: Arguments) -> list[Sweep | GridSweep]:
    """Returns the sweeps to run, with the values of given flags."""
    return [arguments.apply(SWEEPS[world], _QUICK) for world in arguments.env]
