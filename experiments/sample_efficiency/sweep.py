"""The constants of the experiment: learners and environments, each at settings of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame
from maxent_tf.environments import CartPole, Environment, Pendulum

World = Literal["pendulum", "cartpole"]
Learner = Literal["sac", "discrete_sac", "a2c", "ppo"]

# The mean return from which an environment counts as learned: some 100 below the best return of the
# pendulum, and Gymnasium's own threshold for CartPole-v1.
LEVELS: dict[World, float] = {"pendulum": -250.0, "cartpole": 475.0}


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """The settings that all learners have.

    Attributes:
      world: The environment.
      learner: The kind of the learners.
      steps: The number of environment steps of each learner, over all its environments.
      learning_rate: The learning rate of Adam, for actor and critics, at the factor 1.
      annealed: Whether the learning rate falls linearly to 0 over the steps.
      factors: The factors by which the learning rate is multiplied.
      seeds: The number of learners for each factor.
      num_envs: The number of environments of each learner.
      hidden_sizes: The widths of the hidden layers of all networks.
      records: The number of evaluations, evenly spaced.
      episodes: The number of episodes of each evaluation, from the same starts every time.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}-{learner}"

    world: World
    learner: Learner
    steps: int
    learning_rate: float
    annealed: bool
    factors: tuple[float, ...] = (1 / 3, 1.0, 3.0)
    seeds: int = 10
    num_envs: int = 1
    hidden_sizes: tuple[int, ...] = (64, 64)
    records: int = 25
    episodes: int = 10
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ReplaySweep(Sweep):
    """Learners from replay, with the discount 0.99 and one update a step.

    Attributes:
      tau: The fraction by which target networks follow.
      batch_size: The number of transitions in a minibatch.
      learning_starts: The number of steps at the start, with uniformly random actions.
    """

    tau: float
    batch_size: int
    learning_starts: int


@dataclass(frozen=True, kw_only=True)
class RolloutSweep(Sweep):
    """Learners from rollouts.

    Attributes:
      rollout_length: The number of steps of each environment between two updates.
      discount: The discount factor gamma.
      gae_lambda: The parameter lambda of the advantages.
      alpha: The weight of the entropy bonus.
    """

    rollout_length: int
    discount: float
    gae_lambda: float
    alpha: float


@dataclass(frozen=True, kw_only=True)
class PPOSweep(RolloutSweep):
    """Learners by PPO.

    Attributes:
      num_epochs: The number of times that an update goes over the steps of its rollout.
      num_minibatches: The number of minibatches of each epoch.
    """

    num_epochs: int
    num_minibatches: int


def make_world(world: World) -> Environment:
    """Returns the environment of a name."""
    return Pendulum() if world == "pendulum" else CartPole()


SWEEPS: dict[World, tuple[Sweep, ...]] = {
    "pendulum": (
        ReplaySweep(
            world="pendulum",
            learner="sac",
            steps=10_000,
            learning_rate=1e-3,
            annealed=False,
            seeds=5,
            tau=0.01,
            batch_size=64,
            learning_starts=200,
        ),
        RolloutSweep(
            world="pendulum",
            learner="a2c",
            steps=200_000,
            learning_rate=1e-3,
            annealed=True,
            seeds=5,
            num_envs=8,
            rollout_length=8,
            discount=0.9,
            gae_lambda=0.9,
            alpha=0.0,
        ),
        PPOSweep(
            world="pendulum",
            learner="ppo",
            steps=200_000,
            learning_rate=1e-3,
            annealed=True,
            seeds=5,
            num_envs=16,
            rollout_length=256,
            discount=0.9,
            gae_lambda=0.95,
            alpha=0.0,
            num_epochs=10,
            num_minibatches=32,
        ),
    ),
    "cartpole": (
        ReplaySweep(
            world="cartpole",
            learner="discrete_sac",
            steps=25_000,
            learning_rate=2e-3,
            annealed=True,
            seeds=5,
            tau=0.02,
            batch_size=128,
            learning_starts=1000,
        ),
        RolloutSweep(
            world="cartpole",
            learner="a2c",
            steps=500_000,
            learning_rate=1e-3,
            annealed=True,
            num_envs=8,
            rollout_length=8,
            discount=0.99,
            gae_lambda=0.95,
            alpha=0.01,
        ),
        PPOSweep(
            world="cartpole",
            learner="ppo",
            steps=100_000,
            learning_rate=1e-3,
            annealed=True,
            num_envs=8,
            rollout_length=32,
            discount=0.98,
            gae_lambda=0.8,
            alpha=0.0,
            num_epochs=20,
            num_minibatches=1,
        ),
    ),
}

_QUICK: dict[str, Any] = {
    "seeds": 2,
    "steps": 400,
    "hidden_sizes": (8,),
    "records": 2,
    "episodes": 2,
}
_QUICK_REPLAY = {"batch_size": 8, "learning_starts": 50}
_QUICK_ROLLOUT = {"num_envs": 2, "rollout_length": 8}
_QUICK_PPO = {"num_epochs": 2, "num_minibatches": 2}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """SAC beside A2C and PPO: return against steps, spread over seeds, and learning rates.

    Attributes:
      env: The environments.
    """

    env: tuple[World, ...] = ("pendulum", "cartpole")


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = []
    for sweep in (sweep for world in arguments.env for sweep in SWEEPS[world]):
        quick = _QUICK | (_QUICK_REPLAY if isinstance(sweep, ReplaySweep) else _QUICK_ROLLOUT)
        quick |= _QUICK_PPO if isinstance(sweep, PPOSweep) else {}
        sweeps.append(arguments.apply(sweep, quick))
    return sweeps


def budget(sweep: Sweep) -> int:
    """Returns the steps at which learners with different numbers of steps are compared."""
    return min(sweep.steps, *(other.steps for other in SWEEPS[sweep.world]))
