"""Runs a sweep: from constants to arrays, one compiled program for all of its learners."""

from __future__ import annotations

from typing import Any

import numpy as np

import maxent_tf as mx
from experiments import exact
from experiments.frame import Arrays
from experiments.learning import configure, train
from experiments.premature_convergence.sweep import (
    ANNEALED_SHARE,
    AutomaticTrapSweep,
    GymnasiumSweep,
    NeuralSweep,
    Sweep,
    TabularSweep,
    TrapSweep,
)
from maxent_tf.optimizers import SGD, Adam


def scheduled_alpha(alphas: tuple[float, ...], schedules: tuple[str, ...], updates: float) -> Any:
    """Returns one schedule for all learners, whose values are [schedules, alphas, 1].

    Args:
      alphas: The initial temperatures.
      schedules: The schedules, each "constant" or "annealed".
      updates: The number of updates of the training.
    """
    initial = np.tile(np.asarray(alphas, np.float32)[None, :, None], (len(schedules), 1, 1))
    constant = np.array([schedule == "constant" for schedule in schedules])[:, None, None]
    return mx.temperature.linear(initial, initial * constant, ANNEALED_SHARE * updates)


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Runs a sweep of any kind."""
    if isinstance(sweep, TabularSweep):
        return run_tabular(sweep, progress)
    if isinstance(sweep, NeuralSweep):
        return run_neural(sweep, progress)
    if isinstance(sweep, GymnasiumSweep):
        return run_gymnasium(sweep, progress)
    return run_trap(sweep, progress)


def run_tabular(sweep: TabularSweep, progress: bool) -> Arrays:
    """Trains and evaluates a tabular sweep; arrays are [schedules, alphas, seeds]."""
    config = mx.learners.A2CConfig(
        network="table",
        actor_optimizer=SGD(sweep.actor_rate),
        critic_optimizer=SGD(sweep.critic_rate),
        max_grad_norm=None,
        rollout_length=1,
        discount=sweep.discount,
        alpha=scheduled_alpha(sweep.alphas, sweep.schedules, sweep.steps),
    )
    return _run_grid(sweep, config, progress)


def run_neural(sweep: NeuralSweep, progress: bool) -> Arrays:
    """Trains and evaluates a neural sweep; arrays are [schedules, alphas, seeds]."""
    updates = sweep.steps / (sweep.num_envs * sweep.rollout_length)
    config = configure(
        mx.learners.A2CConfig,
        sweep,
        actor_optimizer=Adam(sweep.actor_rate),
        critic_optimizer=Adam(sweep.critic_rate),
        max_grad_norm=None,
        alpha=scheduled_alpha(sweep.alphas, sweep.schedules, updates),
    )
    return _run_grid(sweep, config, progress)


def _run_grid(sweep: TabularSweep | NeuralSweep, config: Any, progress: bool) -> Arrays:
    world = mx.environments.TwoGoalGrid()
    shape = (len(sweep.schedules), len(sweep.alphas), sweep.seeds)
    learner = mx.learners.A2C(world.spec, config, batch_shape=shape)
    result = train(learner, world, sweep, progress)
    outcome = exact.learned_on_grid(learner, result.state, world)
    return {**outcome._asdict(), **_curves(result)}


def run_trap(sweep: TrapSweep | AutomaticTrapSweep, progress: bool) -> Arrays:
    """Trains and evaluates a sweep on the trap.

    Arrays are [schedules, alphas, seeds], or [starts, seeds] with an automatic temperature.
    """
    if isinstance(sweep, TrapSweep):
        shape: tuple[int, ...] = (len(sweep.schedules), len(sweep.alphas), sweep.seeds)
        alpha = scheduled_alpha(sweep.alphas, sweep.schedules, sweep.steps)
    else:
        shape = (len(sweep.starts), sweep.seeds)
        initial, target = np.array(sweep.starts, np.float32).T[..., None]
        alpha = mx.temperature.AutoTemperature(target, initial, learning_rate=sweep.learning_rate)
    world = mx.environments.ContinuousTrap(widths=sweep.widths)
    config = configure(mx.learners.SACConfig, sweep, alpha=alpha, learning_starts=0)
    learner = mx.learners.SAC(world.spec, config, batch_shape=shape)
    # The learners are hundreds of small ones: XLA ran twice as fast as the graph here.
    result = train(learner, world, sweep, progress, compile="xla")
    outcome, entropy = exact.learned_on_trap(learner, result.state, world)
    alphas = result.history["alpha"][-1]
    return {**outcome._asdict(), "entropy": entropy, "alpha": alphas, **_curves(result)}


# The number is small enough that every record holds updates, in the quick run too.
_GYMNASIUM_RECORDS = 25


def run_gymnasium(sweep: GymnasiumSweep, progress: bool) -> Arrays:
    """Trains and evaluates on a Gymnasium environment; arrays are [alphas, seeds]."""
    spec = mx.gymnasium_spec(sweep.world)
    shape = (max(len(sweep.alphas), 1), sweep.seeds)
    alpha: Any = np.asarray(sweep.alphas, np.float32)[:, None] if sweep.alphas else "auto"
    learner: Any
    if sweep.algorithm == "a2c":
        config = mx.learners.A2CConfig(alpha=alpha)
        learner = mx.learners.A2C(spec, config, batch_shape=shape)
    else:
        sac = mx.learners.SACConfig(
            hidden_sizes=(64, 64),
            actor_optimizer=Adam(1e-3),
            critic_optimizer=Adam(1e-3),
            alpha=alpha,
            replay_capacity=sweep.steps,
        )
        learner = mx.learners.SAC(spec, sac, batch_shape=shape)
    result = train(learner, sweep.world, sweep, progress, records=_GYMNASIUM_RECORDS)
    outcome = mx.evaluate(learner, result.state, sweep.world, sweep.episodes, seed=sweep.seed + 1)
    return {
        "value": outcome.returns.mean(axis=-1),
        "entropy": result.history["entropy"][-1],
        "alpha": result.history["alpha"][-1],
        **_curves(result),
    }


def _curves(result: mx.training.TrainResult) -> Arrays:
    """Returns the curves over time, as means and standard errors over seeds, [records, ...]."""
    curves = {"curve_steps": result.history["env_steps"]}
    for name in ("episode_return", "entropy"):
        values = result.history[name]
        known = np.isfinite(values)  # a record in which no episode ended has no return
        count = np.where(known.any(axis=-1), known.sum(axis=-1), np.nan)
        mean = np.where(known, values, 0).sum(axis=-1) / count
        squares = np.where(known, values - mean[..., None], 0) ** 2
        curves[f"curve_{name}"] = mean
        # With a single seed there is no spread.
        spread = np.where(count > 1, squares.sum(axis=-1) / np.maximum(count - 1, 1), 0)
        curves[f"curve_{name}_error"] = np.sqrt(spread / count)
    return curves
