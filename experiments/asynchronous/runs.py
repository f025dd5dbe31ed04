"""The measurements: learning curves by steps and by seconds, and what learners settle on."""

from __future__ import annotations

import time

import numpy as np

from experiments import exact
from experiments.asynchronous.sweep import Costs, Sweep
from experiments.frame import Arrays
from experiments.learning import train
from maxent_tf.environments import TwoGoalGrid
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.optimizers import RMSProp


def make_learner(sweep: Sweep, world: TwoGoalGrid) -> A2C:
    """Returns the learners of a sweep, of batch shape [rates, alphas, seeds]; each has a table."""
    rates = np.array(sweep.learning_rates, np.float32)[:, None, None]
    optimizer = RMSProp(rates, sweep.rho, sweep.epsilon)
    config = A2CConfig(
        network="table",
        hidden_sizes=(),
        actor_optimizer=optimizer,
        critic_optimizer=optimizer,
        max_grad_norm=None,
        rollout_length=sweep.rollout_length,
        alpha=np.array(sweep.alphas, np.float32)[:, None],
    )
    return A2C(world.spec, config, (*rates.shape[:1], len(sweep.alphas), sweep.seeds))


def run(sweep: Sweep | Costs, progress: bool = False) -> Arrays:
    """Returns the arrays of `run_learners`, or of `costs.run`."""
    if not isinstance(sweep, Costs):
        return run_learners(sweep, progress)
    # This import is not at the top: only a run of A3C needs Ray.
    from experiments.asynchronous import costs

    return costs.run(sweep)


def run_learners(sweep: Sweep, progress: bool) -> Arrays:
    """Trains the learners of a sweep, and evaluates their final policies exactly.

    Only A2C has a progress bar.

    Returns:
      `steps` and `seconds` [records], where the seconds count from the first record on, without the
      time to compile and to start processes; `return` [records, rates, alphas, seeds], the
      undiscounted mean over the episodes since the last record; `updates` []; `staleness` and
      `largest_staleness` [records], 0 for A2C; and the results of `learned_on_grid` for the final
      policies, [rates, alphas, seeds].
    """
    world = TwoGoalGrid()
    learner = make_learner(sweep, world)
    if sweep.method == "a3c":
        # This import is not at the top: only a run of A3C needs Ray.
        from maxent_tf import distributed

        result = distributed.train_a3c(
            learner,
            world,
            sweep.steps,
            sweep.seed,
            num_workers=sweep.workers,
            records=sweep.records,
        )
        taken = np.diff(result.history["env_steps"], prepend=0)
        durations = taken / result.history["worker_steps_per_second"].sum(axis=-1)
        seconds = np.cumsum(durations) - durations[0]
        staleness, largest = (result.history[name] for name in ("staleness", "largest_staleness"))
    else:
        moments: list[float] = []
        result = train(
            learner,
            world,
            sweep,
            progress,
            num_envs=sweep.workers,
            callback=lambda *_: moments.append(time.perf_counter()),
        )
        seconds = np.array(moments) - moments[0]
        staleness = largest = np.zeros(len(moments), np.float32)
    return {
        "steps": result.history["env_steps"],
        "seconds": seconds,
        "return": result.history["episode_return"],
        "updates": np.array(result.updates),
        "staleness": staleness,
        "largest_staleness": largest,
        **exact.learned_on_grid(learner, result.state, world)._asdict(),
    }
