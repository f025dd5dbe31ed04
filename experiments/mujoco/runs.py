"""Training one learner, of either implementation, with evaluations in between."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import project
from experiments.frame import Arrays
from experiments.learning import configure
from experiments.mujoco.sweep import OURS, Run
from maxent_tf.training import Trainer

_PEER_SCRIPT = pathlib.Path(__file__).with_name("stable_baselines3_sac.py")
# The seed of the evaluations, far from the seeds of training.
_EVALUATION_SEED = 1_000_000


def run(sweep: Run, progress: bool, folder: pathlib.Path, python: Any) -> Arrays:
    """Trains and evaluates a learner, or goes on where a killed run stopped.

    The folder holds evaluations and checkpoints. A run of the peer needs the peer's interpreter.

    Returns:
      "returns", [evaluations, episodes]; "wall_time" and "cpu_time", [evaluations], the seconds of
      training since the evaluation before, NaN where only a killed run knew them; "step",
      [evaluations]; "versions", [packages], strings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sweep.implementation == OURS:
        _train_ours(sweep, folder, progress)
    else:
        _train_peer(sweep, folder, python)
    stored = json.loads((folder / "evaluations.json").read_text())
    arrays = {
        name: np.array([row[name] for row in stored["rows"]], np.float64)
        for name in ("step", "returns", "wall_time", "cpu_time")
    }
    versions = [f"{package} {version}" for package, version in stored["versions"].items()]
    return {**arrays, "versions": np.array(versions)}


def _train_ours(sweep: Run, folder: pathlib.Path, progress: bool) -> None:
    """Trains ours and writes `evaluations.json`, row by row, with checkpoints beside it."""
    if sweep.threads is not None:  # only a process that has computed nothing yet takes this
        tf.config.threading.set_intra_op_parallelism_threads(sweep.threads)
        tf.config.threading.set_inter_op_parallelism_threads(sweep.threads)
    spec = mx.gymnasium_spec(sweep.env)
    target = mx.temperature.target_entropy(spec.action, "minus_dim")
    alpha = mx.temperature.AutoTemperature(target, learning_rate=sweep.learning_rate)
    learner = mx.learners.SAC(spec, configure(mx.learners.SACConfig, sweep, alpha=alpha))
    path = folder / "evaluations.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    versions = project.provenance(sweep, wall_time=0)["versions"]
    checkpoints = folder / "checkpoints"
    with Trainer(learner, sweep.env, sweep.seed, checkpoint_dir=checkpoints) as trainer:
        for step in sweep.evaluation_steps[len(rows) :]:
            trained = trainer.env_steps == step  # by a run that was killed before its evaluation
            wall, cpu = time.perf_counter(), time.process_time()
            trainer.run(step, records=1, progress=progress)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            seed = _EVALUATION_SEED + sweep.seed
            evaluation = mx.evaluate(learner, trainer.state, sweep.env, sweep.episodes, seed)
            rows.append(
                {
                    "step": step,
                    "returns": evaluation.returns.tolist(),
                    "wall_time": np.nan if trained else wall,
                    "cpu_time": np.nan if trained else cpu,
                }
            )
            project.write_json(path, {"rows": rows, "versions": versions})


def _train_peer(sweep: Run, folder: pathlib.Path, python: Any) -> None:
    """Has the peer's interpreter train the peer and write `evaluations.json`."""
    description = {**project.canonical(sweep), "evaluation_steps": sweep.evaluation_steps}
    project.write_json(folder / "run.json", description)
    command = [python, _PEER_SCRIPT, folder]
    finished = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if finished.returncode:
        raise RuntimeError(
            f"Stable-Baselines3 failed in {python} (see --peers):\n{finished.stderr}"
            "The same command goes on from its last evaluation."
        )
