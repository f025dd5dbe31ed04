"""The constants of the experiment: what is varied, and what is held fixed."""

from __future__ import annotations

from dataclasses import dataclass

GRID_ALPHAS = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
NEURAL_ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)
TRAP_ALPHAS = (0.0, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 1.0)
GYMNASIUM_ALPHAS = (0.0, 0.01, 0.1)
SCHEDULES = ("constant", "annealed")

# An annealed temperature falls linearly to 0 over this share of the updates.
ANNEALED_SHARE = 0.8


@dataclass(frozen=True)
class TabularSweep:
    """One-step actor-critic with a table of logits and a table of values on `TwoGoalGrid`.

    Attributes:
      alphas: temperatures, in reward per nat.
      schedules: "constant", "annealed" or both.
      seeds: learners for each temperature and schedule.
      steps: of each learner.
      actor_rate: step size of plain gradient ascent on the logits.
      critic_rate: step size on the values.
      discount: gamma.
      seed: of everything drawn.
    """

    alphas: tuple[float, ...] = GRID_ALPHAS
    schedules: tuple[str, ...] = SCHEDULES
    seeds: int = 100
    steps: int = 100_000
    actor_rate: float = 0.5
    critic_rate: float = 0.1
    discount: float = 0.99
    seed: int = 0


@dataclass(frozen=True)
class NeuralSweep:
    """A2C with networks on `TwoGoalGrid`; attributes as in `TabularSweep`.

    Attributes:
      hidden_sizes: of actor and critic, with tanh between.
      rollout_length: steps between updates.
      num_envs: worlds of each learner.
    """

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


@dataclass(frozen=True)
class TrapSweep:
    """SAC on `ContinuousTrap`, at given temperatures; other attributes as in `TabularSweep`.

    Attributes:
      learning_rate: of Adam, for actor and critics.
      initial_stddev: of the pre-tanh Gaussian of a fresh policy.
      widths: of the trap's and of the optimum's hill.
    """

    alphas: tuple[float, ...] = TRAP_ALPHAS
    schedules: tuple[str, ...] = SCHEDULES
    seeds: int = 40
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 64
    hidden_sizes: tuple[int, ...] = (32, 32)
    initial_stddev: float = 0.3
    widths: tuple[float, float] = (0.15, 0.15)
    seed: int = 0


@dataclass(frozen=True)
class AutomaticTrapSweep:
    """SAC on `ContinuousTrap` with automatic temperature; other attributes as in `TrapSweep`.

    Attributes:
      starts: pairs of the first temperature and the target entropy, in nats.
    """

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
    seeds: int = 40
    steps: int = 1500
    learning_rate: float = 3e-3
    tau: float = 0.005
    batch_size: int = 64
    hidden_sizes: tuple[int, ...] = (32, 32)
    initial_stddev: float = 0.3
    widths: tuple[float, float] = (0.15, 0.15)
    seed: int = 1


@dataclass(frozen=True)
class GymnasiumSweep:
    """One learner on one Gymnasium world through the host loop.

    Attributes:
      world: a Gymnasium id.
      algorithm: "a2c" or "sac".
      alphas: temperatures, in reward per nat; an empty tuple means automatic.
      seeds: learners for each temperature.
      steps: of each learner.
      num_envs: worlds of each learner.
      solved_at: a mean return below this counts as stuck.
      episodes: of the final evaluation, for each learner.
      seed: of everything drawn.
    """

    world: str
    algorithm: str
    alphas: tuple[float, ...]
    seeds: int
    steps: int
    num_envs: int
    solved_at: float
    episodes: int = 20
    seed: int = 0
