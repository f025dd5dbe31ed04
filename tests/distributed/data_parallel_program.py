"""Processes with data-parallel learners, which write what they learned; see `test_data_parallel`.

python -m tests.distributed.data_parallel_program JOB DIRECTORY [ARGUMENT ...]

A process is one of several if the environment variable TF_CONFIG says so. Otherwise it has two
devices.
"""

import json
import os
import pathlib
import sys
import time
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import distributed
from maxent_tf.learners import Learner, OffPolicy
from maxent_tf.types import Transition, Updated
from tests.contracts.learners import B, P, batched, random_batch, random_state

GRID = mx.environments.TwoGoalGrid()


def grid_learner(**changes: Any) -> mx.learners.PPO:
    config = {"hidden_sizes": (8,), "rollout_length": 8, "num_minibatches": 2, **changes}
    return mx.learners.PPO(GRID.spec, mx.learners.PPOConfig(**config))


def pendulum_learner() -> mx.learners.SAC:
    config = mx.learners.SACConfig(
        hidden_sizes=(8,), batch_size=16, learning_starts=20, priorities=mx.replay.Priorities()
    )
    return mx.learners.SAC(mx.gymnasium_spec("Pendulum-v1"), config)


def batch_of(name: str, step: int) -> tuple[Transition, Any]:
    """Returns a batch for a learner of the table, and importance weights if it takes any.

    The second half of the environments has fewer valid steps than the first; that of one learner
    has none.
    """
    batch, rng = random_batch(batched(name), step), np.random.default_rng(step)
    if isinstance(batched(name).experience, OffPolicy):
        return batch, tf.constant(rng.uniform(0.2, 1, (*P, B)).astype(np.float32))
    valid = np.ones(batch.valid.shape, bool)
    valid[1:, ..., B // 2 :] = False
    valid[:, 1, 1, B // 2 :] = False
    return batch._replace(valid=tf.constant(valid)), None


def half(structure: Any, axis: int, index: int) -> Any:
    return tf.nest.map_structure(lambda x: tf.split(x, 2, axis)[index], structure)


def two_updates(learner: Learner, name: str, index: int | None = None) -> Updated:
    """Makes two updates on batches, or on those halves of them that a process has."""
    update = tf.function(learner.update, autograph=False)
    state, updated = random_state(batched(name)), None
    for step in range(2):
        batch, weight = batch_of(name, step)
        if index is not None:
            axis = batch.reward.shape.rank - 1
            batch, weight = (
                half(batch, axis, index),
                None if weight is None else half(weight, -1, index),
            )
        # Each process has a seed of its own, and that of process 0 counts.
        updated = update(state, batch, seed=tf.constant([9 * (index or 0), step]), weight=weight)
        state = updated.state
    return updated


def save(path: pathlib.Path, structure: Any) -> None:
    np.savez(path, *map(np.asarray, tf.nest.flatten(structure)))


class Process:
    """One process: its strategy and its number, 0 of a single one."""

    def __init__(self, directory: str):
        self.directory = pathlib.Path(directory)
        # Before TensorFlow looks at its devices.
        if "TF_CONFIG" in os.environ:
            self.strategy: Any = tf.distribute.MultiWorkerMirroredStrategy()
            self.index: int | None = self.strategy.cluster_resolver.task_id
        else:
            (cpu,) = tf.config.list_physical_devices("CPU")
            two = 2 * [tf.config.LogicalDeviceConfiguration()]
            tf.config.set_logical_device_configuration(cpu, two)
            self.strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
            self.index = None

    def parallel(self, learner: Learner) -> Learner:
        return distributed.data_parallel(learner, self.strategy)

    def updates(self, *names: str) -> None:
        """Makes updates of learners of the table."""
        for name in names:
            updated = two_updates(self.parallel(batched(name)), name, self.index)
            save(self.directory / f"{name}-{self.index or 0}.npz", updated)

    def devices(self) -> None:
        """Trains on two devices: in both loops, and in a run that another learner goes on with."""
        result = mx.train(self.parallel(grid_learner()), GRID, 160, seed=3, num_envs=4, records=5)
        save(self.directory / "grid.npz", result.state)
        result = mx.train(self.parallel(pendulum_learner()), "Pendulum-v1", 60, num_envs=2)
        save(self.directory / "pendulum.npz", result.state)
        mx.train(
            self.parallel(grid_learner()), GRID, 160, seed=3, num_envs=4, records=5,
            normalize_reward=True, checkpoint_dir=self.directory / "run",
        )  # fmt: skip
        try:
            mx.train(self.parallel(grid_learner()), GRID, 160, num_envs=3)
        except ValueError as error:
            (self.directory / "error.txt").write_text(str(error))

    def processes(self) -> None:
        """Trains in two processes, and then tries what cannot go well."""
        learner, index = grid_learner(rollout_length=16), self.index or 0
        parallel = self.parallel(learner)
        kept: list[Any] = []
        result = mx.train(
            parallel, GRID, 320, seed=index, state=learner.init(5), num_envs=4, records=5,
            callback=lambda steps, metrics, state: kept.append(metrics),
        )  # fmt: skip
        save(self.directory / f"trained-{index}.npz", result.state)
        own = {name: float(result.history[name][-1]) for name in ("entropy", "episode_length")}
        errors = []
        for arguments in ({"normalize_observation": True}, {"state": None}):
            given = {"state": learner.init(5), **arguments}
            try:
                mx.train(parallel, GRID, 320, seed=index, num_envs=4, **given)
            except (ValueError, tf.errors.InvalidArgumentError) as error:
                errors.append(str(error))
        (self.directory / f"report-{index}.json").write_text(json.dumps([own, errors]))

    def unequal(self) -> None:
        """Trains with another number of environments in each process."""
        learner, index = grid_learner(), self.index or 0
        mx.train(self.parallel(learner), GRID, 320, state=learner.init(0), num_envs=2 + index)

    def endless(self, limit: str = "600", stops: str = "") -> None:
        """Trains until it is killed. The process of number `stops` only trains for one record."""
        # The module: the function of its name hides it in the package.
        sys.modules[distributed.data_parallel.__module__]._LIMIT_SECONDS = float(limit)
        learner = grid_learner()

        def callback(*_: Any) -> str | None:
            print("record", flush=True)
            return "stop" if stops == str(self.index) else None

        mx.train(
            self.parallel(learner), GRID, 10**7, state=learner.init(0), num_envs=2, records=10**4,
            callback=callback,
        )  # fmt: skip
        time.sleep(600)


if __name__ == "__main__":
    job, directory, *arguments = sys.argv[1:]
    getattr(Process(directory), job)(*arguments)
