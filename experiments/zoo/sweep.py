"""The constants of the experiment: the presets, and how they are measured."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments import frame
from maxent_tf.presets import PRESETS, Preset

# These environments are not in the default set, because their learners take long and need an extra.
EXPENSIVE = ("HalfCheetah-v5", "Hopper-v5", "Walker2d-v5", "Ant-v5")
ENVS = tuple(dict.fromkeys(preset.env for preset in PRESETS))
DEFAULT_ENVS = tuple(env for env in ENVS if env not in EXPENSIVE)

# The number of learners: three where training takes long.
_SEEDS = 5
_FEW_SEEDS = 3
_FEW = ("LunarLander-v3", "LunarLanderContinuous-v3", "BipedalWalker-v3", *EXPENSIVE)


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """The learners of one preset.

    Attributes:
      algo: The name of the learner.
      environment: The Gymnasium id.
      in_graph: The name of the same environment in `maxent_tf.environments`, where learners are
        trained then; empty for Gymnasium's.
      steps: The number of steps of each learner.
      num_envs: The number of environments of each learner.
      normalize_observation: Whether observations are normalised.
      normalize_reward: Whether rewards are normalised.
      config: The hyperparameters that are not the learner's defaults.
      seeds: The number of learners.
      records: The number of points of the learning curves.
      episodes: The number of greedy episodes of each learner at the end.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{environment}-{algo}"

    algo: str
    environment: str
    in_graph: str
    steps: int
    num_envs: int
    normalize_observation: bool
    normalize_reward: bool
    config: dict[str, Any]
    seeds: int = _SEEDS
    records: int = 25
    episodes: int = 100
    seed: int = 0


_QUICK: dict[str, Any] = {"seeds": 2, "steps": 256, "num_envs": 2, "records": 2, "episodes": 2}
_QUICK_CONFIG: dict[str, Any] = {
    "hidden_sizes": (8,),
    "rollout_length": 8,
    "num_epochs": 1,
    "num_minibatches": 2,
    "batch_size": 8,
    "learning_starts": 50,
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Trains each preset, and shows the return that it reaches beside the published one.

    A quick run has only the first of the environments. Those of MuJoCo are not among the defaults:
    they need the extra `mujoco`, and take from a quarter of an hour to an hour each. LunarLander
    and BipedalWalker need the extra `box2d`.

    Attributes:
      env: The environments, by their Gymnasium ids.
    """

    env: tuple[str, ...] = DEFAULT_ENVS

    def __post_init__(self) -> None:
        super().__post_init__()
        for env in self.env:
            if env not in ENVS:
                raise ValueError(f"--env must be of {', '.join(ENVS)}, not {env}.")


def sweep_of(preset: Preset) -> Sweep:
    """Returns the learners of a preset."""
    in_graph = [name for name in preset.aliases if "-v" not in name]
    return Sweep(
        algo=preset.algo,
        environment=preset.env,
        in_graph="".join(in_graph),
        steps=preset.num_steps,
        num_envs=preset.num_envs,
        normalize_observation=preset.normalize_observation,
        normalize_reward=preset.normalize_reward,
        config=dict(preset.config),
        seeds=_FEW_SEEDS if preset.env in _FEW else _SEEDS,
    )


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags."""
    chosen = arguments.env[:1] if arguments.quick else arguments.env
    sweeps = []
    for preset in (preset for preset in PRESETS if preset.env in chosen):
        sweep = arguments.apply(sweep_of(preset), _QUICK)
        if arguments.quick:
            small = {name: value for name, value in _QUICK_CONFIG.items() if name in sweep.config}
            sweep = dataclasses.replace(sweep, config=sweep.config | small)
        sweeps.append(sweep)
    return sweeps
