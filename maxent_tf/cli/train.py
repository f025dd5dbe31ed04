"""The command `train`: learners on an environment, into a run folder."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from maxent_tf import policies, presets
from maxent_tf.cli import provenance, runs, toml_file
from maxent_tf.cli.choice import choose
from maxent_tf.cli.environments import by_name
from maxent_tf.cli.extras import require
from maxent_tf.cli.settings import RunSettings, Settings, defaults, hyperparameters
from maxent_tf.cli.table import returns_table
from maxent_tf.training import Trainer

_PROGRAM = "python -m maxent_tf train"
_ABOUT = (
    "Train a learner on an environment. `train ALGO ENV` takes every hyperparameter of the learner "
    "that is a number or a word as a flag. Learners:"
)
# Of every learner and kind, at the end of a run.
_EPISODES = 20
SUMMARIES = {
    "a2c": "advantage actor-critic; discrete or continuous actions, on-policy",
    "ppo": "proximal policy optimisation; discrete or continuous actions, on-policy",
    "sac": "soft actor-critic; continuous actions, off-policy",
    "discrete-sac": "soft actor-critic; discrete actions, off-policy",
    "soft-dqn": "soft deep Q-learning, also hard (alpha 0) and Munchausen; discrete actions",
    "sql": "soft Q-learning with a sampler; continuous actions, off-policy",
}


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where a run comes from and goes to.

    Attributes:
      run: The folder of the run; None for runs/ENV_ALGO_SEED. It gets config.toml (all settings,
        for --config), metrics.csv and TensorBoard's files (the learning curves), config.json (what
        resuming compares), checkpoints/, policy/ (of the learner with the best greedy return at the
        end), evaluation.json (the returns of all learners at the end) and provenance.json.
      resume: Go on with the run in the folder, whose settings are then the defaults of all flags. A
        run that is there is otherwise refused.
      config: A TOML file whose values become the defaults of flags; it need not be complete.
      preset: Take settings whose return on ENV was measured, see `presets.for_env`, as the defaults
        of flags.
      save_config: A TOML file to write all settings to, instead of training.
    """

    run: pathlib.Path | None = None
    resume: bool = False
    config: pathlib.Path | None = None
    preset: bool = False
    save_config: pathlib.Path | None = None


def main(args: Sequence[str]) -> None:
    """Runs the command with the arguments behind its name."""
    require("tyro", "cli")
    algo, rest = choose(_PROGRAM, _ABOUT, "algo", SUMMARIES, args)
    settings, files = parse(algo, rest)
    if files.save_config is not None:
        if files.save_config.exists():
            raise ValueError(
                f"--save-config {files.save_config} is there already: name another file."
            )
        settings.save(files.save_config)
        print(f"wrote {files.save_config}")
        return
    folder = _folder(algo, settings.env, settings.run.seed, files.run)
    train(settings, folder, resume=files.resume, args=list(args))


def parse(algo: str, args: Sequence[str]) -> tuple[Settings, Files]:
    """Returns what the arguments behind the name of a learner ask for.

    Raises:
      SystemExit: After `--help`, or if the arguments are not understood.
      ValueError: If a value is out of range, or a file or a preset is not there.
    """
    tyro = require("tyro", "cli")
    # A first look: the defaults of the other flags depend on these.
    first = argparse.ArgumentParser(_PROGRAM, add_help=False, allow_abbrev=False)
    first.add_argument("--config")
    first.add_argument("--run", type=pathlib.Path)
    first.add_argument("--seed", type=int)
    first.add_argument("--preset", action="store_true")
    first.add_argument("--resume", action="store_true")
    seen, _ = first.parse_known_args(list(args))
    env = args[0] if args and not args[0].startswith("-") else None
    layers: list[Mapping[str, Any]] = []
    if seen.preset and env is not None:
        layers.append(_as_layer(presets.for_env(algo, env)))
    if seen.config is not None:
        layers.append(toml_file.load(seen.config))
    if seen.resume and env is not None:
        stored = _folder(algo, env, seen.seed or 0, seen.run) / runs.CONFIG
        layers.append(toml_file.load(stored))
        _check_same("ENV", env, layers[-1]["env"], stored)
    run, learner = defaults(algo, *layers, where=str(seen.config or "the configuration"))
    kind = _flags(algo)
    given = {field.name: getattr(run, field.name) for field in dataclasses.fields(RunSettings)}
    start = kind(env=tyro.MISSING, learner=learner, **given)
    program, about = f"{_PROGRAM} {algo}", f"Train {SUMMARIES[algo]}."
    chosen = tyro.cli(kind, args=list(args), default=start, prog=program, description=about)

    def part(of: Any) -> Any:
        return of(**{field.name: getattr(chosen, field.name) for field in dataclasses.fields(of)})

    return Settings(algo, chosen.env, part(RunSettings), chosen.learner), part(Files)


def train(settings: Settings, folder: pathlib.Path, *, resume: bool, args: list[str]) -> None:
    """Trains, writes the run folder and prints the returns at the end.

    Args:
      settings: The settings of the run.
      folder: The folder of the run.
      resume: Whether to go on with the run in the folder.
      args: The arguments of the command, for the provenance.

    Raises:
      ValueError: If the folder holds a run although it is not to be resumed, or the learner does
        not fit the environment.
      CheckpointError: If the run in the folder has other settings.
    """
    run = settings.run
    if not resume and folder.exists() and any(folder.iterdir()):
        raise ValueError(
            f"--run {folder} is not empty, and nothing is overwritten: go on with the run in it by "
            "--resume, or name another folder."
        )
    env, spec = by_name(settings.env)
    learner = settings.make_learner(spec)
    sessions = _sessions(folder) if resume else []
    begun = provenance.session(args)
    with Trainer(
        learner,
        env,
        run.seed,
        num_envs=run.num_envs,
        compile=run.compile,
        normalize_observation=run.normalize_observation,
        normalize_reward=run.normalize_reward,
        checkpoint_dir=folder / runs.CHECKPOINTS,
    ) as trainer:
        settings.save(folder / runs.CONFIG)
        runs.write_json(folder / runs.PROVENANCE, [*sessions, begun])
        # That of an earlier session is not true of what is trained now.
        (folder / runs.EVALUATION).unlink(missing_ok=True)
        result = trainer.run(
            run.steps,
            records=run.records,
            progress=sys.stderr.isatty(),
            log_dir=folder,
            checkpoint_every=run.checkpoint_every or -(-run.steps // 10),
            eval_every=run.eval_every,
            eval_episodes=run.eval_episodes,
        )
    finished = provenance.ended(begun, result.env_steps, result.wall_time)
    runs.write_json(folder / runs.PROVENANCE, [*sessions, finished])
    _finish(folder)
    print(f"{result.env_steps} steps of each learner in {result.wall_time:.0f} s; wrote {folder}")


def _finish(folder: pathlib.Path) -> None:
    """Evaluates all learners of a run, and stores the policy of the best one."""
    trained = runs.open_run(folder)
    # Training draws from the seed itself.
    returns = runs.measure(trained, _EPISODES, trained.settings.run.seed + 1)
    means = {name: each.mean(axis=-1) for name, each in returns.items()}
    chosen = int(np.argmax(means["greedy"]))
    runs.write_json(
        folder / runs.EVALUATION,
        {
            "state": trained.which,
            "env_steps": trained.env_steps,
            "episodes": _EPISODES,
            "policy_of_learner": chosen,
            **{name: each.tolist() for name, each in means.items()},
        },
    )
    index = None if trained.settings.run.seeds == 1 else chosen
    policies.save(folder / runs.POLICY, trained.learner, trained.state, index=index)
    print(returns_table(returns))


@functools.cache
def _flags(algo: str) -> Any:
    """Returns the class of all flags: a frozen dataclass."""
    conf = require("tyro", "cli").conf
    env = Annotated[str, conf.Positional, conf.arg(metavar="ENV", help=ENV_HELP)]
    learner: Any = Annotated[hyperparameters(algo), conf.arg(name="")]
    return dataclasses.make_dataclass(
        "Train",
        [("env", env), ("learner", learner)],
        bases=(Files, RunSettings),
        frozen=True,
        kw_only=True,
    )


ENV_HELP = (
    "The environment: a Gymnasium id, or the name of an in-graph environment such as CartPole."
)


def _folder(algo: str, env: str, seed: int, named: pathlib.Path | None) -> pathlib.Path:
    return runs.default_folder(algo, env, seed) if named is None else named


def _as_layer(preset: presets.Preset) -> dict[str, Any]:
    return {
        "steps": preset.num_steps,
        "num_envs": preset.num_envs,
        "normalize_observation": preset.normalize_observation,
        "normalize_reward": preset.normalize_reward,
        "learner": preset.config,
    }


def _check_same(what: str, now: str, then: str, where: pathlib.Path) -> None:
    if now != then:
        raise ValueError(f"{what} was {then!r} in {where}, and is {now!r}.")


def _sessions(folder: pathlib.Path) -> list[dict[str, Any]]:
    return json.loads((folder / runs.PROVENANCE).read_text())
