"""The measurements: learners on the grid with two goals, and what an update costs the server."""

from __future__ import annotations

import tempfile
import time
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.asynchronous.sweep import Sweep
from experiments.exact import evaluate_grid
from maxent_tf.environments import TwoGoalGrid
from maxent_tf.optimizers import RMSProp


def run(sweep: Sweep, progress: bool = False) -> dict[str, np.ndarray]:
    """Trains all learners of one algorithm and number of workers in one run.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar; A3C has none.

    Returns:
      P(best goal), P(other goal), return and entropy of each final policy, exactly: `best`, `trap`,
      `value`, `entropy` [alphas, seeds]; `seconds`, of the run; of A3C, `staleness` and
      `largest_staleness`, over all updates, `bytes_per_update`, and `server_seconds`, the time that
      the server itself takes to apply gradients and to answer.
    """
    world = TwoGoalGrid()
    learner = make_learner(sweep)
    if sweep.algorithm == "a2c":
        result = mx.train(
            learner,
            world,
            sweep.steps,
            seed=sweep.seed,
            num_envs=sweep.workers,
            records=1,
            progress=progress,
        )
        measured: dict[str, Any] = {}
    else:
        # Not above: only this needs Ray.
        from maxent_tf.distributed import train_a3c

        result = train_a3c(
            learner, world, sweep.steps, seed=sweep.seed, num_workers=sweep.workers, records=1
        )
        measured = {
            name: result.history[name][-1]
            for name in ("staleness", "largest_staleness", "bytes_per_update")
        }
        measured["server_seconds"] = server_seconds(sweep)
    shape = (*learner.batch_shape, world.num_states, world.num_states)
    every_state = tf.broadcast_to(tf.eye(world.num_states), shape)
    logits = learner.policy(result.state, every_state).logits.numpy()
    outcome = evaluate_grid(world, logits, sweep.discount)
    return {
        **outcome._asdict(),
        "seconds": np.array(result.wall_time),
        **{name: np.asarray(value) for name, value in measured.items()},
    }


def make_learner(sweep: Sweep) -> mx.learners.A2C:
    """Returns the learners of a sweep, [alphas, seeds]."""
    optimizer = RMSProp(sweep.learning_rate, rho=0.99, epsilon=1e-5)
    config = mx.learners.A2CConfig(
        hidden_sizes=sweep.hidden_sizes,
        actor_optimizer=optimizer,
        critic_optimizer=optimizer,
        rollout_length=sweep.rollout_length,
        discount=sweep.discount,
        alpha=np.float32(sweep.alphas)[:, None],
    )
    return mx.learners.A2C(TwoGoalGrid().spec, config, (len(sweep.alphas), sweep.seeds))


def server_seconds(sweep: Sweep, calls: int = 200) -> float:
    """Returns the median time of one delivery, measured in this process without Ray."""
    from maxent_tf.distributed.server import Job, ParameterServer
    from maxent_tf.training.rollout import no_episodes

    learner = make_learner(sweep)
    with tempfile.TemporaryDirectory() as scratch:
        steps = 10 * calls * sweep.rollout_length
        job = Job(learner, TwoGoalGrid(), steps, np.int32([0, 0]), 1, 1, 1, None, scratch)
        server = ParameterServer(job)
        weights = server.join(0, 0)
        assert weights is not None
        zeros = tf.nest.map_structure(lambda x: np.zeros(x.shape, x.dtype), weights.state)
        scalars = np.zeros(learner.batch_shape, np.float32)
        gradients = mx.learners.A2CGradients(zeros.actor, zeros.critic, *[scalars] * 4)
        episodes = tf.nest.map_structure(lambda x: x.numpy(), no_episodes(learner.batch_shape))
        times = []
        for _ in range(calls):
            started = time.perf_counter()
            server.deliver(0, (weights.start, weights.version), gradients, episodes)
            times.append(time.perf_counter() - started)
    return float(np.median(times))
