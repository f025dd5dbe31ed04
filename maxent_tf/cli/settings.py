"""The settings of a training run: plain data, in a file or as flags."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from maxent_tf import presets
from maxent_tf.checks import as_integer
from maxent_tf.cli import toml_file
from maxent_tf.cli.extras import require
from maxent_tf.learners import Learner
from maxent_tf.specs import EnvironmentSpec


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What determines a run beside the algorithm, the environment and the hyperparameters.

    Attributes:
      steps: The number of steps of each learner, over all its environments.
      seed: The seed of the run. On a CPU, the same seed gives the same numbers, to the bit.
      seeds: The number of learners, which train as one program, each from random numbers of its
        own.
      num_envs: The number of parallel environments of each learner.
      records: The number of points of the learning curves.
      eval_every: The number of steps between evaluations during training, in environments of their
        own; None for none. With evaluations, the policy of the run is the one with the best greedy
        return, else the last one.
      eval_episodes: The number of episodes of each evaluation during training.
      checkpoint_every: The number of steps between checkpoints; None for a tenth of the run.
      normalize_observation: Whether learners get observations minus their running mean, divided by
        their running standard deviation.
      normalize_reward: Whether learners get rewards divided by the running standard deviation of
        the discounted return.
      compile: How programs are compiled; "auto" takes what was measured to be the fastest.
    """

    steps: int = 100_000
    seed: int = 0
    seeds: int = 1
    num_envs: int = 1
    records: int = 100
    eval_every: int | None = None
    eval_episodes: int = 10
    checkpoint_every: int | None = None
    normalize_observation: bool = False
    normalize_reward: bool = False
    compile: Literal["auto", "xla", "graph", "eager"] = "auto"

    def __post_init__(self) -> None:
        for name in ("steps", "seeds", "num_envs", "records", "eval_episodes"):
            as_integer(name, getattr(self, name))
        as_integer("seed", self.seed, least=0)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The batch shape of the learners."""
        return () if self.seeds == 1 else (self.seeds,)


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
      algo: The name of the learner.
      env: The name of the environment.
      run: Whatever else determines the run.
      learner: The hyperparameters, an object of the class `hyperparameters(algo)`.
    """

    algo: str
    env: str
    run: RunSettings
    learner: Any

    def make_learner(self, spec: EnvironmentSpec) -> Learner:
        """Returns the learners of the run, for an environment of a specification."""
        return presets.make_learner(
            self.algo,
            dataclasses.asdict(self.learner),
            spec,
            self.run.steps,
            self.run.num_envs,
            self.run.batch_shape,
        )

    def as_plain(self) -> dict[str, Any]:
        """Returns the settings as plain data, in which nothing is left to defaults."""
        return {
            "algo": self.algo,
            "env": self.env,
            **dataclasses.asdict(self.run),
            "learner": dataclasses.asdict(self.learner),
        }

    def save(self, path: pathlib.Path) -> None:
        """Writes the settings to a TOML file."""
        path.write_text(toml_file.dumps(self.as_plain()), "utf-8")


_RUN_NAMES = tuple(field.name for field in dataclasses.fields(RunSettings))


@functools.cache
def hyperparameters(algo: str, without: tuple[str, ...] = ()) -> Any:
    """Returns the class of the flags of an algorithm's hyperparameters, a frozen dataclass."""
    conf = require("tyro", "cli").conf
    described: list[tuple[str, Any, Any]] = [
        (
            option.name,
            Annotated[option.kind, conf.arg(help=option.help)],
            dataclasses.field(default=option.default),
        )
        for option in presets.options(algo)
        if option.name not in without
    ]
    return dataclasses.make_dataclass("Hyperparameters", described, frozen=True)


def defaults(algo: str, *layers: Mapping[str, Any], where: str) -> tuple[RunSettings, Any]:
    """Returns the settings of a run before its flags: the defaults, under layers of plain data.

    Args:
      algo: The name of the learner.
      *layers: Plain data as of a file, which need not be complete; later ones count more.
      where: What the layers are, for errors.

    Raises:
      ValueError: If a layer is of another algorithm, or has what is no setting.
    """
    run, learner = RunSettings(), hyperparameters(algo)()
    for layer in layers:
        if layer.get("algo", algo) != algo:
            raise ValueError(f"{where} is for algo={layer['algo']!r}, not {algo!r}.")
        unknown = sorted(layer.keys() - {"algo", "env", "learner", *_RUN_NAMES})
        if unknown:
            raise ValueError(
                f"{where} has {unknown[0]!r}, which is no setting: there are {_RUN_NAMES}, and the "
                "hyperparameters in the table [learner]."
            )
        chosen = {name: layer[name] for name in _RUN_NAMES if name in layer}
        run = dataclasses.replace(run, **chosen)
        learner = _replaced(where, learner, layer.get("learner", {}))
    return run, learner


def _replaced(where: str, group: Any, values: Mapping[str, Any]) -> Any:
    there = {field.name: getattr(group, field.name) for field in dataclasses.fields(group)}
    unknown = sorted(values.keys() - there.keys())
    if unknown:
        raise ValueError(
            f"{where} has {unknown[0]!r}, which is no hyperparameter: there are {sorted(there)}."
        )
    changed = {
        name: _replaced(where, there[name], value) if isinstance(value, Mapping) else value
        for name, value in values.items()
    }
    return dataclasses.replace(group, **changed)
