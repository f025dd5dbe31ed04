"""Run folders: what `train` writes, and what the other commands read."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from maxent_tf.cli import toml_file
from maxent_tf.cli.environments import by_name
from maxent_tf.cli.settings import Settings, defaults
from maxent_tf.learners import Learner
from maxent_tf.training import evaluate, load
from maxent_tf.training.log_directory import RECORDS

CONFIG, CHECKPOINTS, POLICY = "config.toml", "checkpoints", "policy"
EVALUATION, PROVENANCE, METRICS = "evaluation.json", "provenance.json", RECORDS


class Trained(NamedTuple):
    """What a run has learned.

    Attributes:
      settings: The settings of the run.
      env: What `evaluate` takes as the environment.
      learner: The learners.
      state: The state of the learners: of each the one with the best greedy return, if the run was
        evaluated while it trained; else the last one.
      which: "best" or "last".
      env_steps: The number of steps that each learner had taken at the last checkpoint.
    """

    settings: Settings
    env: Any
    learner: Learner
    state: Any
    which: str
    env_steps: int


def default_folder(algo: str, env: str, seed: int) -> pathlib.Path:
    """Returns the folder of a run that names none.

    >>> default_folder("ppo", "ALE/Pong-v5", 1).as_posix()
    'runs/ALE-Pong-v5_ppo_1'
    """
    return pathlib.Path("runs", f"{env.replace('/', '-')}_{algo}_{seed}")


def read_settings(folder: pathlib.Path) -> Settings:
    """Returns the settings of a run.

    Raises:
      ValueError: If the folder is not that of a run.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(
            f"RUN={str(folder)!r} holds no {CONFIG}: name a folder that `train` has made."
        )
    stored = toml_file.load(path)
    run, learner = defaults(stored["algo"], stored, where=str(path))
    return Settings(stored["algo"], stored["env"], run, learner)


def open_run(folder: pathlib.Path) -> Trained:
    """Returns what a run has learned, from its newest checkpoint.

    Raises:
      ValueError: If the folder is not that of a run.
      CheckpointError: If it has no checkpoint yet.
    """
    settings = read_settings(folder)
    env, spec = by_name(settings.env)
    learner = settings.make_learner(spec)
    loaded = load(learner, folder / CHECKPOINTS)
    best = loaded.best_state is not None
    state = loaded.best_state if best else loaded.state
    return Trained(settings, env, learner, state, "best" if best else "last", loaded.env_steps)


def measure(trained: Trained, episodes: int, seed: int) -> dict[str, np.ndarray]:
    """Returns the returns [learners, episodes] of "greedy" and of "sampled" policies."""
    return {
        name: np.atleast_2d(
            evaluate(
                trained.learner, trained.state, trained.env, episodes, seed, greedy=greedy
            ).returns
        )
        for name, greedy in (("greedy", True), ("sampled", False))
    }


def read_evaluation(folder: pathlib.Path) -> dict[str, Any]:
    """Returns the evaluation at the end of a run.

    Returns:
      "state", which is "best" or "last", and "env_steps", the number of steps of each learner;
      "greedy" and "sampled", the mean returns of every learner over "episodes" episodes; and
      "policy_of_learner", the number of the learner whose policy is stored.

    Raises:
      ValueError: If the run has not ended.
    """
    path = folder / EVALUATION
    if not path.is_file():
        raise ValueError(
            f"RUN={str(folder)!r} holds no {EVALUATION}: the run has not ended. Go on with it by "
            "`train ALGO ENV --resume`."
        )
    return json.loads(path.read_text())


def write_json(path: pathlib.Path, content: Mapping[str, Any] | list[Any]) -> None:
    """Writes JSON by one rename."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(draft, path)
