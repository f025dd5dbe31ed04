"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame

GRID_ALPHAS = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
NEURAL_ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)
TRAP_ALPHAS = (0.0, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 1.0)
GYMNASIUM_ALPHAS = (0.0, 0.01, 0.1)
SCHEDULES = ("constant", "annealed")

# The widths of the hills of the trap and of the optimum, where the trap is the broader one.
BROAD = (0.3, 0.1)

# An annealed temperature falls linearly to 0 over this share of the updates.
ANNEALED_SHARE = 0.8


class Named(frame.Sweep):
    """The name of a sweep, in the summary and in the files.

    Attributes:
      part: The kind of environment: "grid", "trap" or "gymnasium".
      algorithm: The learner: "a2c_tabular", "a2c" or "sac".
      setting: The part of the file names that tells sweeps of one algorithm apart.
      control: The change from the main sweep; empty for the main sweep itself.
    """

    part: ClassVar[str]
    algorithm: Any
    setting: Any = ""
    control: Any = ""

    @property
    def name(self) -> str:
        """The name of the sweep's files."""
        words = (self.part, self.algorithm, self.setting, self.control.replace(" ", "-"))
        return "_".join(word for word in words if word)


@dataclass(frozen=True)
class TabularSweep(Named):
    """One-step actor-critic with a table of logits and a table of values on `TwoGoalGrid`.

    Attributes:
      alphas: The temperatures, in reward per nat.
      schedules: The schedules: "constant", "annealed" or both.
      seeds: The number of learners for each temperature and schedule.
      steps: The number of environment steps of each learner.
      actor_rate: The step size of plain gradient ascent on the logits.
      critic_rate: The step size on the values.
      discount: The discount factor gamma.
      seed: The seed of everything that is drawn.
    """

    part: ClassVar[str] = "grid"
    algorithm: ClassVar[str] = "a2c_tabular"

    alphas: tuple[float, ...] = GRID_ALPHAS
    schedules: tuple[str, ...] = SCHEDULES
    seeds: int = 100
    steps: int = 100_000
    actor_rate: float = 0.5
    critic_rate: float = 0.1
    discount: float = 0.99
    seed: int = 0

    @property
    def control(self) -> str:
        """The change from the main sweep."""
        return "" if self.critic_rate == 0.1 else f"critic rate {self.critic_rate:g}"


@dataclass(frozen=True)
class NeuralSweep(Named):
    """A2C with networks on `TwoGoalGrid`; the other attributes are those of `TabularSweep`.

    Attributes:
      hidden_sizes: The widths of the hidden layers of actor and critic, with tanh in between.
      rollout_length: The number of steps of each environment between two updates.
      num_envs: The number of environments of each learner.
    """

    part: ClassVar[str] = "grid"
    algorithm: ClassVar[str] = "a2c"

    alphas: tuple[float, ...] = NEURAL_ALPHAS
    schedules: tuple[str, ...] = ("annealed",)
    seeds: int = 20
    steps: int = 120_000
    actor_rate: float = 1e-3
    critic_rate: float = 1e-4
    discount: float = 0.99
    hidden_sizes: tuple[int, ...] = (64, 64)
    rollout_length: int = 5
    num_envs: int = 8
    seed: int = 0

    @property
    def control(self) -> str:
        """The change from the main sweep."""
        return "critic as fast" if self.critic_rate == self.actor_rate else ""


@dataclass(frozen=True)
class OnTrap(Named):
    """The common part of SAC on `ContinuousTrap`; the other attributes: see `TabularSweep`.

    Attributes:
      learning_rate: The learning rate of Adam, for actor and critics.
      initial_stddev: The standard deviation of the pre-tanh Gaussian of a fresh policy.
      widths: The widths of the hills of the trap and of the optimum.
    """

    part: ClassVar[str] = "trap"
    algorithm: ClassVar[str] = "sac"

    seeds: int = 40
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 64
    hidden_sizes: tuple[int, ...] = (32, 32)
    initial_stddev: float = 0.3
    widths: tuple[float, float] = (0.15, 0.15)
    seed: int = 0

    @property
    def control(self) -> str:
        """The change from the main sweep."""
        if self.initial_stddev != 0.3:
            return f"initial stddev {self.initial_stddev:g}"
        return "broad trap" if self.widths == BROAD else ""


@dataclass(frozen=True)
class TrapSweep(OnTrap):
    """SAC at given temperatures; the attributes are those of `TabularSweep`."""

    alphas: tuple[float, ...] = TRAP_ALPHAS
    schedules: tuple[str, ...] = SCHEDULES


@dataclass(frozen=True)
class AutomaticTrapSweep(OnTrap):
    """SAC with an automatic temperature.

    Attributes:
      starts: The pairs of the initial temperature and the target entropy, in nats.
    """

    setting: ClassVar[str] = "automatic"

    starts: tuple[tuple[float, float], ...] = (
        (1.0, -3.0),
        (1.0, -2.0),
        (1.0, -1.0),
        (1.0, -0.5),
        (1.0, 0.0),
        (0.01, -3.0),
        (0.01, -1.0),
        (0.01, 0.0),
    )
    seed: int = 1


@dataclass(frozen=True)
class GymnasiumSweep(Named):
    """Learners of one algorithm on one Gymnasium environment, through the host loop.

    Attributes:
      world: The Gymnasium id of the environment.
      algorithm: The learner: "a2c" or "sac".
      alphas: The temperatures, in reward per nat; an empty tuple means an automatic temperature.
      seeds: The number of learners for each temperature.
      steps: The number of environment steps of each learner.
      num_envs: The number of environments of each learner.
      solved_at: The return at which the environment counts as solved; a learner with a lower mean
        return counts as stuck.
      episodes: The number of episodes of the final evaluation of each learner.
      seed: The seed of everything that is drawn.
    """

    part: ClassVar[str] = "gymnasium"

    world: str
    algorithm: str
    alphas: tuple[float, ...]
    seeds: int
    steps: int
    num_envs: int
    solved_at: float
    episodes: int = 20
    seed: int = 0

    @property
    def setting(self) -> str:
        """The environment of the sweep, and the kind of its temperature."""
        return f"{self.world}_{'fixed' if self.alphas else 'automatic'}"


Sweep = TabularSweep | NeuralSweep | TrapSweep | AutomaticTrapSweep | GymnasiumSweep


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Premature convergence of policy gradients across temperatures.

    Attributes:
      env: The environments: the grid with two goals, the continuous trap, Gymnasium's.
      alphas: The temperatures, in reward per nat.
      schedules: The schedules of the temperature on grid and trap.
      controls: Also run the controls of grid and trap, which take five minutes more.
    """

    env: tuple[Literal["grid", "trap", "gymnasium"], ...] = ("grid", "trap")
    alphas: tuple[float, ...] | None = None
    schedules: tuple[Literal["constant", "annealed"], ...] | None = None
    controls: bool = False

    least: ClassVar = {**frame.Arguments.least, "alphas": 0}


_MAIN: dict[str, list[Sweep]] = {
    "grid": [TabularSweep(), NeuralSweep()],
    "trap": [TrapSweep(), AutomaticTrapSweep()],
    "gymnasium": [
        GymnasiumSweep("Pendulum-v1", "sac", GYMNASIUM_ALPHAS, 3, 20_000, 1, -200.0),
        GymnasiumSweep("Pendulum-v1", "sac", (), 3, 20_000, 1, -200.0),
        GymnasiumSweep("CartPole-v1", "a2c", GYMNASIUM_ALPHAS, 3, 500_000, 16, 475.0),
    ],
}
_CONTROLS: dict[str, list[Sweep]] = {
    "grid": [TabularSweep(critic_rate=0.5), NeuralSweep(critic_rate=1e-3)],
    "trap": [
        TrapSweep(initial_stddev=1.0),
        TrapSweep(widths=BROAD),
        AutomaticTrapSweep(widths=BROAD),
    ],
    "gymnasium": [],
}
_QUICK_STEPS = {
    TabularSweep: 5_000,
    NeuralSweep: 4_000,
    TrapSweep: 150,
    AutomaticTrapSweep: 150,
    GymnasiumSweep: 2_000,
}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    # With an automatic temperature, there is no grid of alphas for the flag to replace.
    without = dataclasses.replace(arguments, alphas=None)
    planned = []
    for part in ("grid", "trap", "gymnasium"):
        if part in arguments.env:
            for sweep in (*_MAIN[part], *(_CONTROLS[part] if arguments.controls else ())):
                quick: dict[str, Any] = {"seeds": 3, "steps": _QUICK_STEPS[type(sweep)]}
                if isinstance(sweep, GymnasiumSweep):
                    quick["episodes"] = 2
                given = arguments if getattr(sweep, "alphas", ()) else without
                planned.append(given.apply(sweep, quick))
    return planned
