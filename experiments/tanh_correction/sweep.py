"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame
from maxent_tf.environments import ContinuousTrap, Pendulum

World = Literal["trap", "bound", "pendulum"]

CORRECTIONS = ("exact", "epsilon", "none")


@dataclass(frozen=True)
class Sweep(frame.Sweep):
    """SAC under every correction, from every start, on one environment.

    The temperature is automatic, from 1, with a target entropy of -1 nat for each dimension of an
    action scaled to [-1, 1].

    Attributes:
      world: The environment: "trap" has its optimum inside the range of actions; "bound" has a
        single hill, centred on the upper bound; "pendulum" is a control task.
      corrections: The corrections of the log-density for the tanh: "exact", log(1 - tanh(u)^2);
        "epsilon", log(1 - tanh(u)^2 + 1e-6); "none", 0.
      starts: The pre-tanh means of a fresh policy.
      seeds: The number of learners for each correction and start.
      steps: The number of environment steps of each learner.
      learning_rate: The learning rate of Adam, for actor, critics and temperature.
      tau: The fraction by which target critics follow.
      batch_size: The number of transitions in a minibatch.
      hidden_sizes: The widths of the hidden layers of actor and critics.
      learning_starts: The number of steps at the start, with uniformly random actions.
      episodes: The number of episodes of the final evaluation of each learner, where the return
        cannot be integrated.
      records: The number of points of the history that are kept.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{world}"

    world: World
    corrections: tuple[str, ...] = CORRECTIONS
    starts: tuple[float, ...] = (0.0, 6.0, 9.0, 12.0)
    seeds: int = 20
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 32
    hidden_sizes: tuple[int, ...] = (32, 32)
    learning_starts: int = 0
    episodes: int = 10
    records: int = 50
    seed: int = 0

    # The change from the main sweep.
    control: ClassVar[str] = ""
    # The range to which the pre-tanh log standard deviation is clipped, which is SAC's usual one.
    log_std_range: ClassVar[tuple[float, float]] = (-5.0, 2.0)


@dataclass(frozen=True)
class WideSweep(Sweep):
    """A control whose standard deviation may pass the bound beyond which it has no gradient."""

    files: ClassVar = "{world}-control"

    control: ClassVar[str] = "log std up to 8"
    log_std_range: ClassVar[tuple[float, float]] = (-5.0, 8.0)


def make_world(world: World) -> Any:
    """Returns the environment of a name."""
    if world == "pendulum":
        return Pendulum()
    if world == "bound":
        return ContinuousTrap(heights=(1.0,), centres=(1.0,), widths=(0.3,))
    return ContinuousTrap()


SWEEPS = {
    "trap": Sweep("trap"),
    "bound": Sweep("bound"),
    "pendulum": Sweep(
        "pendulum",
        seeds=6,
        steps=10_000,
        learning_rate=1e-3,
        tau=0.01,
        batch_size=64,
        learning_starts=200,
    ),
}

_QUICK = {
    "seeds": 3,
    "steps": 150,
    "episodes": 2,
    "records": 10,
    "learning_starts": 0,
    "hidden_sizes": (8,),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """The tanh correction of SAC's entropy: exact, with an epsilon, or forgotten.

    Attributes:
      env: The environments.
      starts: The pre-tanh means of the fresh policies.
      controls: Also run the trap with a wider range of the standard deviation.
    """

    env: tuple[World, ...] = ("trap", "bound", "pendulum")
    starts: tuple[float, ...] | None = None
    controls: bool = False


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    sweeps = [SWEEPS[world] for world in arguments.env]
    if arguments.controls:
        sweeps.append(WideSweep("trap"))
    return [arguments.apply(sweep, _QUICK) for sweep in sweeps]
