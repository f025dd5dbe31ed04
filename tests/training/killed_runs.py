"""Trains in processes that are killed, then whole: `python killed_runs.py KIND KILLS RECORDS`.

Prints JSON: for every kill, the newest checkpoint then on disk; for every process that lived to
load it, its number and the step from which it went on; and the outcomes' digests with and without
kills. Every run is a process of its own, forked before TensorFlow has looked at its devices, which
saves importing it anew.
"""

import hashlib
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx


def learner_and_world(kind: str) -> tuple[Any, Any]:
    """Two tiny learners, on policy or off, and their world."""
    if kind == "a2c":
        chain: Any = mx.environments.Chain(4)
        config: Any = mx.learners.A2CConfig(network="table", rollout_length=2)
        return mx.learners.A2C(chain.spec, config, [2]), chain
    world = mx.environments.Pendulum(max_episode_steps=7)
    config = mx.learners.SACConfig(
        hidden_sizes=(4,), batch_size=4, replay_capacity=50, learning_starts=10
    )
    return mx.learners.SAC(world.spec, config, [2]), world


def train(kind: str, directory: pathlib.Path, records: int, number: int) -> None:
    """Trains from the newest checkpoint on; writes where that was, and in the end a digest."""
    learner, world = learner_and_world(kind)
    steps = 2 * records
    trainer = mx.training.Trainer(
        learner, world, seed=3, compile="graph", checkpoint_dir=directory / "checkpoints"
    )
    with open(directory / "started", "a") as file:
        print(number, trainer.env_steps, file=file)
    result = trainer.run(steps, records=records)
    digest = hashlib.sha256()
    for leaf in (*tf.nest.flatten(result.state), *result.history.values()):
        digest.update(np.asarray(leaf).tobytes())
    (directory / "digest").write_text(digest.hexdigest())


def fork(kind: str, directory: pathlib.Path, records: int, number: int) -> int:
    """Starts a run; returns its process."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        train(kind, directory, records, number)
        status = 0
    finally:
        os._exit(status)


def newest(directory: pathlib.Path) -> int:
    """The step of the newest checkpoint on disk; 0 if there is none."""
    found = (directory / "checkpoints").glob("checkpoint-*.index")
    return max((int(path.stem.split("-")[1]) for path in found), default=0)


def main(kind: str, kills: int, records: int) -> dict[str, Any]:
    """Runs everything; see the module."""
    draw = random.Random(0)
    report: dict[str, Any] = {"newest": [], "drafts": 0}
    with tempfile.TemporaryDirectory() as temporary:
        whole, killed = pathlib.Path(temporary, "whole"), pathlib.Path(temporary, "killed")
        whole.mkdir()
        killed.mkdir()
        while len(report["newest"]) < kills:
            before = newest(killed)
            process = fork(kind, killed, records, len(report["newest"]))
            if len(report["newest"]) % 5 < 4:  # the others are killed while they start
                while newest(killed) == before:
                    time.sleep(0.001)
                time.sleep(draw.uniform(0, 0.15))
            else:
                time.sleep(draw.uniform(0, 1.0))
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            assert os.WIFSIGNALED(status), "the run ended before it was killed: more records"
            report["newest"].append(newest(killed))
            report["drafts"] += len([*(killed / "checkpoints").glob("*_temp")])
        for directory in (killed, whole):
            _, status = os.waitpid(fork(kind, directory, records, kills), 0)
            assert status == 0
        lines = (killed / "started").read_text().splitlines()
        report["started"] = [[int(x) for x in line.split()] for line in lines]
        report["digests"] = [(d / "digest").read_text() for d in (killed, whole)]
    return report


if __name__ == "__main__":
    print("REPORT" + json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
