"""The command `ablate`: learners at several temperatures."""

from __future__ import annotations

import dataclasses
import pathlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from maxent_tf import ablation, presets
from maxent_tf.cli import runs, trials
from maxent_tf.cli.choice import choose
from maxent_tf.cli.environments import by_name
from maxent_tf.cli.extras import require
from maxent_tf.cli.settings import hyperparameters
from maxent_tf.cli.train import ENV_HELP, SUMMARIES

_PROGRAM = "python -m maxent_tf ablate"
_ABOUT = (
    "Train learners at several temperatures, with several seeds each, and show what the "
    "temperature does. `ablate ALGO ENV` takes the other hyperparameters as flags. Learners:"
)
_TEMPERATURE = ("alpha", "alpha_final", "auto_alpha")
_QUICK = {"seeds": 2, "steps": 2_000, "episodes": 2, "records": 10}


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What an ablation goes over.

    Attributes:
      alphas: The temperatures, in reward per nat; "auto" is the automatic temperature, for sac and
        discrete-sac.
      seeds: The number of learners at each temperature.
      steps: The number of steps of each learner, over all its environments.
      schedule: "annealed" lets every alpha fall linearly to 0 over the first 80% of the updates.
      stuck_below: The return below which a learner counts as stuck; None counts none.
      episodes: The number of episodes in which each learner is evaluated at the end.
      num_envs: The number of parallel environments of each learner.
      records: The number of points of the learning curves.
      chunk: The number of seeds that train as one program; None for all. An interrupted ablation
        goes on behind the last chunk that is done.
      seed: The seed of the ablation.
      track: "tensorboard" writes the curves and the final numbers of every learner into the folder
        tensorboard/ of the run, where the HParams plugin shows each learner as a trial.
      quick: Lower --seeds to 2, --steps to 2000, --episodes to 2 and --records to 10 where they are
        higher, for a first look.
      run: The folder to write; None for runs/ENV_ALGO_ablation_SEED, with _quick behind it if
        --quick is given. It gets ablation.json and the arrays, which `mx.Ablation.load` reads, and
        ablation.png. The same command goes on with an ablation that is there; another is refused.
    """

    alphas: tuple[float | Literal["auto"], ...] = (0.0, 0.01, 0.03, 0.1, 0.3)
    seeds: int = 10
    steps: int = 100_000
    schedule: Literal["constant", "annealed"] = "constant"
    stuck_below: float | None = None
    episodes: int = 10
    num_envs: int = 1
    records: int = 100
    chunk: int | None = None
    seed: int = 0
    track: Literal["tensorboard"] | None = None
    quick: bool = False
    run: pathlib.Path | None = None


def main(args: Sequence[str]) -> None:
    """Runs the command with the arguments behind its name."""
    conf = require("tyro", "cli").conf
    algo, rest = choose(_PROGRAM, _ABOUT, "algo", SUMMARIES, args)
    learner: Any = hyperparameters(algo, without=_TEMPERATURE)
    env = Annotated[str, conf.Positional, conf.arg(metavar="ENV", help=ENV_HELP)]
    described: Any = Annotated[learner, conf.arg(name="")]
    kind = dataclasses.make_dataclass(
        "Ablate",
        [("env", env), ("learner", described, dataclasses.field(default=learner()))],
        bases=(Sweep,),
        frozen=True,
        kw_only=True,
    )
    about = f"Train at several temperatures: {SUMMARIES[algo]}."
    chosen = require("tyro", "cli").cli(
        kind, args=rest, prog=f"{_PROGRAM} {algo}", description=about
    )
    ablate(algo, chosen.env, chosen, dataclasses.asdict(chosen.learner))


def ablate(algo: str, env: str, sweep: Sweep, values: dict[str, Any]) -> None:
    """Runs an ablation, writes its folder and prints its table.

    Args:
      algo: The name of the learner.
      env: The name of the environment.
      sweep: What the ablation goes over.
      values: The plain hyperparameters other than the temperature.
    """
    require("matplotlib", "cli")
    if sweep.track is not None:
        require("tensorboard", "cli")
    if sweep.quick:
        lower = {name: min(getattr(sweep, name), least) for name, least in _QUICK.items()}
        sweep = dataclasses.replace(sweep, **lower)
    folder = sweep.run
    if folder is None:
        usual = runs.default_folder(f"{algo}_ablation", env, sweep.seed)
        folder = usual.with_name(usual.name + "_quick") if sweep.quick else usual
    world, spec = by_name(env)
    config = presets.make_config(algo, values, spec, sweep.steps, sweep.num_envs)
    result = ablation.ablate(
        world,
        presets.ALGORITHMS[algo].learner,
        sweep.alphas,
        sweep.seeds,
        sweep.steps,
        config=config,
        schedule=sweep.schedule,
        stuck_below=sweep.stuck_below,
        num_envs=sweep.num_envs,
        episodes=sweep.episodes,
        chunk=sweep.chunk,
        folder=folder,
        seed=sweep.seed,
        records=sweep.records,
        progress=sys.stderr.isatty(),
    )
    result.plot(folder / "ablation.png")
    if sweep.track is not None:
        trials.write(result, folder / "tensorboard")
    print(result, f"\nwrote {folder}", sep="\n")
