"""Runs a sweep: one compiled program for all of its learners."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import exact
from experiments.ppo_entropy.learner import ManyBonuses
from experiments.ppo_entropy.sweep import ESTIMATORS, OBJECTIVES, GridSweep, Sweep, make_world
from maxent_tf import draws
from maxent_tf.environments import ContinuousTrap
from maxent_tf.optimizers import Adam
from maxent_tf.seeds import as_seed

Arrays = dict[str, np.ndarray]


def run(sweep: Sweep | GridSweep, progress: bool = False) -> Arrays:
    """Trains and evaluates a sweep.

    Args:
      sweep: The constants.
      progress: Whether to show a progress bar.

    Returns:
      With [kinds, alphas, seeds], where kinds are estimators, or on the grid objectives: "value",
      the final policies' expected return (trap, grid) or the mean return of their median actions
      (pendulum); and "entropy", the true entropy of the final policies, in nats. The history has
      "steps", [records], and "episode_return" and "true_entropy", [records, kinds, alphas, seeds].
      Entropies of continuous actions are those of the action scaled to [-1, 1].
    """
    return _run_grid(sweep, progress) if isinstance(sweep, GridSweep) else _run(sweep, progress)


def _config(sweep: Sweep | GridSweep, **changes: Any) -> mx.learners.PPOConfig:
    return mx.learners.PPOConfig(
        hidden_sizes=sweep.hidden_sizes,
        actor_optimizer=Adam(sweep.learning_rate),
        critic_optimizer=Adam(sweep.learning_rate),
        rollout_length=sweep.rollout_length,
        num_epochs=sweep.num_epochs,
        num_minibatches=sweep.num_minibatches,
        normalize_advantage=sweep.normalize_advantage,
        discount=sweep.discount,
        alpha=tf.constant(sweep.alphas)[:, None],
        **changes,
    )


def _run(sweep: Sweep, progress: bool) -> Arrays:
    world = make_world(sweep.world)
    config = _config(
        sweep,
        target_kl=sweep.target_kl,
        initial_stddev=sweep.initial_stddev,
        bonus_entropy=ManyBonuses(ESTIMATORS),
    )
    shape = (len(ESTIMATORS), len(sweep.alphas), sweep.seeds)
    learner = mx.learners.PPO(world.spec, config, shape)
    train_seed, test_seed = tf.unstack(draws.split(as_seed(sweep.seed), 2))
    result = mx.train(
        learner,
        world,
        sweep.steps,
        seed=train_seed,
        num_envs=sweep.num_envs,
        records=sweep.records,
        progress=progress,
    )
    low, high = world.spec.action.bounds()
    scaling = np.float32(np.sum(np.log((high - low) / 2)))
    history = _history(result, scaling)
    if isinstance(world, ContinuousTrap):
        policy = learner.policy(result.state, tf.ones([*shape, 1, 1]))
        loc, scale = (x.numpy()[..., 0, 0] for x in (policy.loc, policy.scale))
        value = exact.evaluate_trap(world, loc, scale).value
        return {"value": value, "entropy": policy.entropy().numpy()[..., 0], **history}
    evaluation = mx.evaluate(learner, result.state, world, sweep.episodes, seed=test_seed)
    value = evaluation.returns.mean(axis=-1)
    return {"value": value, "entropy": history["true_entropy"][-1], **history}


def _run_grid(sweep: GridSweep, progress: bool) -> Arrays:
    world = mx.environments.TwoGoalGrid()
    shape = (len(sweep.alphas), sweep.seeds)
    outcomes = []
    for seed, objective in enumerate(OBJECTIVES, start=sweep.seed):
        learner = mx.learners.PPO(world.spec, _config(sweep, entropy=objective), shape)
        result = mx.train(
            learner,
            world,
            sweep.steps,
            seed=seed,
            num_envs=sweep.num_envs,
            records=sweep.records,
            progress=progress,
        )
        every_state = tf.broadcast_to(tf.eye(world.num_states), [*shape, *[world.num_states] * 2])
        logits = learner.policy(result.state, every_state).logits.numpy()
        outcome = exact.evaluate_grid(world, logits, sweep.discount)
        history = _history(result, np.float32(0))
        steps = history.pop("steps")
        final = {"value": outcome.value, "entropy": outcome.entropy}
        outcomes.append((final, history))
    ends, histories = zip(*outcomes, strict=True)
    return {
        "steps": steps,
        **{name: np.stack([end[name] for end in ends]) for name in ends[0]},
        **{name: np.stack([h[name] for h in histories], axis=1) for name in histories[0]},
    }


def _history(result: mx.training.TrainResult, scaling: np.float32) -> Arrays:
    return {
        "steps": result.history["env_steps"],
        "episode_return": result.history["episode_return"],
        "true_entropy": result.history["entropy"] - scaling,
    }
