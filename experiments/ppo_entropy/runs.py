"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import exact
from experiments.frame import Arrays, stacked
from experiments.learning import configure, entropy_of_scaling, train
from experiments.ppo_entropy.learner import ManyBonuses
from experiments.ppo_entropy.sweep import ESTIMATORS, OBJECTIVES, GridSweep, Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments import ContinuousTrap
from maxent_tf.seeds import as_seed


def run(sweep: Sweep | GridSweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Returns:
      With [kinds, alphas, seeds], where kinds are estimators, or on the grid objectives: "value",
      the final policies' expected return (trap, grid) or the mean return of their median actions
      (pendulum); and "entropy", the true entropy of the final policies, in nats. The history has
      "steps", [records], and "episode_return" and "true_entropy", [records, kinds, alphas, seeds].
      Entropies of continuous actions are those of the action scaled to [-1, 1].
    """
    return _run_grid(sweep, progress) if isinstance(sweep, GridSweep) else _run(sweep, progress)


def _config(sweep: Sweep | GridSweep, **settings: Any) -> mx.learners.PPOConfig:
    alpha = tf.constant(sweep.alphas)[:, None]
    return configure(mx.learners.PPOConfig, sweep, alpha=alpha, **settings)


def _run(sweep: Sweep, progress: bool) -> Arrays:
    world = make_world(sweep.world)
    config = _config(sweep, bonus_entropy=ManyBonuses(ESTIMATORS))
    shape = (len(ESTIMATORS), len(sweep.alphas), sweep.seeds)
    learner = mx.learners.PPO(world.spec, config, shape)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = train(learner, world, sweep, progress, seed=train_seed)
    history = _history(result, entropy_of_scaling(world.spec.action))
    if isinstance(world, ContinuousTrap):
        outcome, entropy = exact.learned_on_trap(learner, result.state, world)
        return {"value": outcome.value, "entropy": entropy, **history}
    evaluation = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
    value = evaluation.returns.mean(axis=-1)
    return {"value": value, "entropy": history["true_entropy"][-1], **history}


def _run_grid(sweep: GridSweep, progress: bool) -> Arrays:
    world = mx.environments.TwoGoalGrid()
    shape = (len(sweep.alphas), sweep.seeds)
    ends, histories = [], []
    for seed, objective in enumerate(OBJECTIVES, start=sweep.seed):
        learner = mx.learners.PPO(world.spec, _config(sweep, entropy=objective), shape)
        result = train(learner, world, sweep, progress, seed=seed)
        outcome = exact.learned_on_grid(learner, result.state, world)
        ends.append({"value": outcome.value, "entropy": outcome.entropy})
        histories.append(_history(result))
    steps = histories[0].pop("steps")
    return {
        "steps": steps,
        **stacked(ends),
        **{name: np.stack([h[name] for h in histories], axis=1) for name in histories[0]},
    }


def _history(result: mx.training.TrainResult, scaling: Any = 0) -> dict[str, np.ndarray]:
    return {
        "steps": result.history["env_steps"],
        "episode_return": result.history["episode_return"],
        "true_entropy": result.history["entropy"] - scaling,
    }
