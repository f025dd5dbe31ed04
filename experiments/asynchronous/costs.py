"""The measurement of the time of each part of A3C, and of the bytes of its messages."""

from __future__ import annotations

import tempfile
import time
from typing import Any

import numpy as np

from experiments.asynchronous import runs
from experiments.asynchronous.sweep import Costs, Sweep
from experiments.frame import Arrays
from maxent_tf import distributed
from maxent_tf.distributed.server import Job, ParameterServer
from maxent_tf.distributed.worker import seed_of_worker, work
from maxent_tf.environments import CartPole, Environment, TwoGoalGrid
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.seeds import as_seed


def run(sweep: Costs) -> Arrays:
    """Times the parts of A3C: a worker and the server in this process, and a run with one worker.

    Returns:
      `worker` [updates], the seconds of a rollout and its gradients; `server` [updates], the
      seconds of an update; `cycle` [], the seconds of one rollout, one update and the exchange of
      messages between two processes; `bytes` [], the size of both messages.
    """
    world, learner = make(sweep)
    steps = sweep.rollout_length * (sweep.updates + 1)
    parts: dict[str, list[float]] = {"worker": [], "server": []}
    with tempfile.TemporaryDirectory() as scratch:
        job = Job(learner, world, steps, as_seed(sweep.seed).numpy(), 1, 1, 1, None, scratch)
        server = ParameterServer(job)
        weights = server.join(0, 0)
        assert weights is not None
        began = time.perf_counter()

        def deliver(gradients: Any, episodes: Any) -> Any:
            nonlocal weights, began
            assert weights is not None
            delivered = time.perf_counter()
            weights = server.deliver(0, (weights.start, weights.version), gradients, episodes)
            answered = time.perf_counter()
            parts["worker"].append(delivered - began)
            parts["server"].append(answered - delivered)
            began = answered
            return None if weights is None else weights.state

        work(job, seed_of_worker(job, 0, 0), weights.state, deliver)
    # There are two records: the first includes the start of the processes.
    result = distributed.train_a3c(learner, world, 2 * steps, sweep.seed, num_workers=1, records=2)
    rate = result.history["worker_steps_per_second"][-1, 0]
    return {
        # The first update includes the compilation.
        **{name: np.array(seconds[1:]) for name, seconds in parts.items()},
        "cycle": np.array(sweep.rollout_length / rate),
        "bytes": result.history["bytes_per_update"][-1],
    }


def make(sweep: Costs) -> tuple[Environment, A2C]:
    """Returns the environment and the learner, or the batch of learners, that is timed."""
    if sweep.learner == "grid":
        grid = TwoGoalGrid()
        kind = Sweep(
            method="a3c", workers=1, seeds=sweep.seeds, rollout_length=sweep.rollout_length
        )
        return grid, runs.make_learner(kind, grid)
    world = CartPole()
    config = A2CConfig(hidden_sizes=sweep.hidden_sizes, rollout_length=sweep.rollout_length)
    return world, A2C(world.spec, config)
