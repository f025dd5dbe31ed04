"""Trains Stable-Baselines3's SAC in an interpreter of its own: `PYTHON THIS_FILE FOLDER`.

The folder holds `run.json`, a `Run` of `sweep.py`. After each evaluation, `evaluations.json` in the
folder gains a row, and model and replay are saved. So the same call goes on where a killed one
stopped. This script imports nothing of this project: its interpreter may lack TensorFlow.
"""

from __future__ import annotations

import json
import os
import pathlib
import platform
import sys
import time
from importlib import metadata
from typing import Any

import gymnasium
import stable_baselines3
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

VERSIONS = ("stable-baselines3", "torch", "gymnasium", "mujoco", "numpy")


def main(folder: pathlib.Path) -> None:
    """Trains and evaluates the run that the folder describes."""
    run = json.loads((folder / "run.json").read_text())
    if run["threads"] is not None:
        torch.set_num_threads(run["threads"])
    path = folder / "evaluations.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    model = begin(run, folder, rows)
    # The episodes of evaluation differ from those of training, and are the same at every
    # evaluation.
    worlds = make_vec_env(run["env"], n_envs=run["episodes"], seed=1_000_000 + run["seed"])
    for step in run["evaluation_steps"][len(rows) :]:
        wall, cpu = time.perf_counter(), time.process_time()
        model.learn(step - model.num_timesteps, reset_num_timesteps=False)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        worlds.seed(1_000_000 + run["seed"])
        returns, _ = evaluate_policy(
            model, worlds, run["episodes"], deterministic=True, return_episode_rewards=True
        )
        returns = [float(x) for x in returns]
        rows.append({"step": step, "returns": returns, "wall_time": wall, "cpu_time": cpu})
        save(model, folder, step)
        write(path, {"rows": rows, "versions": versions()})


def begin(run: dict[str, Any], folder: pathlib.Path, rows: list[Any]) -> Any:
    """Returns a fresh model, or the model that the last row was made with."""
    world = gymnasium.make(run["env"])
    if rows:
        stem = folder / str(rows[-1]["step"])
        model = stable_baselines3.SAC.load(stem.with_suffix(".zip"), env=world, device="cpu")
        model.load_replay_buffer(stem.with_suffix(".pkl"))
        return model
    return stable_baselines3.SAC(
        "MlpPolicy",
        world,
        learning_rate=run["learning_rate"],
        buffer_size=run["steps"],
        learning_starts=run["learning_starts"],
        batch_size=run["batch_size"],
        tau=run["tau"],
        gamma=run["discount"],
        train_freq=1,
        gradient_steps=1,
        ent_coef="auto",
        target_entropy="auto",
        policy_kwargs={"net_arch": list(run["hidden_sizes"])},
        seed=run["seed"],
        device="cpu",
    )


def save(model: Any, folder: pathlib.Path, step: int) -> None:
    """Saves model and replay under the name of the step; the row that names them comes after."""
    earlier = [path for path in folder.iterdir() if path.suffix in (".zip", ".pkl")]
    model.save(folder / f"{step}.zip")
    model.save_replay_buffer(folder / f"{step}.pkl")
    # The saves before the last one stay until the next save: after a kill between this line and the
    # row, they are needed.
    for path in sorted(earlier, key=lambda path: int(path.stem))[:-2]:
        path.unlink()


def write(path: pathlib.Path, content: Any) -> None:
    """Writes JSON by one rename."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content))
    os.replace(draft, path)


def versions() -> dict[str, str]:
    """Returns the versions that the script ran on."""
    return {"python": platform.python_version(), **{p: metadata.version(p) for p in VERSIONS}}


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
