"""The constants of the experiment: fixed and automatic temperatures, on each environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from experiments import frame

World = Literal["pendulum", "held", "mountain_car", "by_state"]


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """The common settings of SAC with fixed and with automatic temperatures.

    Attributes:
      world: The environment. "pendulum" rewards every step. "mountain_car" rewards only the goal,
        and charges for the way. "held" is the mountain car whose throttle each action sets for
        several steps. "by_state" is the mountain car itself, explored by noise that is a function
        of the state.
      alphas: The fixed temperatures, or the initial values of automatic temperatures, in reward per
        nat.
      seeds: The number of learners for each setting.
      steps: The number of environment steps of each learner.
      num_envs: The number of environments of each learner, which updates once for each step of
        each of them.
      learning_rate: The learning rate of Adam, for actor, critics and automatic temperatures.
      tau: The fraction by which target critics follow.
      batch_size: The number of transitions in a minibatch.
      hidden_sizes: The widths of the hidden layers of actor and critics.
      learning_starts: The number of steps at the start, with uniformly random actions.
      seed_period: The number of steps for which noise stays one function of the state; 1 draws the
        noise anew at every step.
      episodes: The number of episodes of the final evaluation of each learner.
      records: The number of points of the history that are kept.
      seed: The seed of everything that is drawn.
    """

    world: World
    alphas: tuple[float, ...]
    seeds: int = 5
    steps: int = 6000
    num_envs: int = 1
    learning_rate: float = 1e-3
    tau: float = 0.01
    batch_size: int = 64
    hidden_sizes: tuple[int, ...] = (32, 32)
    learning_starts: int = 200
    seed_period: int = 1
    episodes: int = 10
    records: int = 50
    seed: int = 0


@dataclass(frozen=True)
class FixedSweep(Sweep):
    """SAC with fixed temperatures."""

    files: ClassVar = "{world}-fixed"

    @property
    def targets(self) -> tuple[None]:
        """The target entropies, of which there are none."""
        return (None,)


@dataclass(frozen=True)
class AutomaticSweep(Sweep):
    """SAC with automatic temperatures.

    Attributes:
      targets: The target entropies, in nats for each dimension of an action scaled to [-1, 1]; the
        usual one is -1, and the largest entropy is log 2.
    """

    files: ClassVar = "{world}-automatic"

    targets: tuple[float, ...] = (-2.0, -1.0, 0.0)


_ALPHAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_STARTS = (0.01, 10.0)

# The period of RL Baselines3 Zoo's settings for this environment, which collects so many steps at a
# time.
_SEED_PERIOD = 32

SWEEPS: dict[World, tuple[FixedSweep, AutomaticSweep]] = {
    "pendulum": (FixedSweep("pendulum", _ALPHAS), AutomaticSweep("pendulum", _STARTS)),
    "held": (
        FixedSweep("held", _ALPHAS, seeds=10, steps=10_000, num_envs=4),
        AutomaticSweep("held", _STARTS, seeds=10, steps=10_000, num_envs=4),
    ),
    "mountain_car": (
        FixedSweep("mountain_car", _ALPHAS, steps=15_000, num_envs=10),
        AutomaticSweep("mountain_car", _STARTS, steps=15_000, num_envs=10),
    ),
    "by_state": (
        FixedSweep("by_state", _ALPHAS, steps=15_000, num_envs=10, seed_period=_SEED_PERIOD),
        AutomaticSweep("by_state", _STARTS, steps=15_000, num_envs=10, seed_period=_SEED_PERIOD),
    ),
}

_QUICK = {
    "seeds": 2,
    "steps": 1200,
    "episodes": 2,
    "records": 10,
    "batch_size": 8,
    "hidden_sizes": (8,),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """SAC's temperature: fixed at many values, or automatic from many starts.

    Attributes:
      env: The environments.
    """

    env: tuple[World, ...] = ("pendulum", "held", "mountain_car", "by_state")


def plan(arguments: Arguments) -> list[FixedSweep | AutomaticSweep]:
    """Returns the sweeps to run, with the values of given flags."""
    return [arguments.apply(sweep, _QUICK) for world in arguments.env for sweep in SWEEPS[world]]
