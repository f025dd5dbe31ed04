"""The measurements: exact paths with their threshold, and learners."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.bonus_or_reward import policies
from experiments.bonus_or_reward.sweep import OBJECTIVES, STARTS, WORLDS, LearnerSweep, PathSweep
from experiments.exact import evaluate_grid, living_threshold
from experiments.frame import Arrays
from maxent_tf.optimizers import SGD
from maxent_tf.tabular import bounds, from_environment, soft_policy_iteration


def run(sweep: PathSweep | LearnerSweep, progress: bool = False) -> Arrays:
    """Solves a path or trains learners."""
    return run_path(sweep) if isinstance(sweep, PathSweep) else run_learners(sweep, progress)


def run_path(sweep: PathSweep) -> Arrays:
    """Solves both objectives at all temperatures.

    Returns:
      `alpha` [alphas]; `best` and `value`, P(best goal) and return, [objectives, alphas];
      `threshold`, the temperature at which the return of the soft-optimal policy falls through half
      of the best; `estimate`, an estimate of this threshold; `optimum`, the best return;
      `starts_apart`, the largest difference between the probabilities of two equilibria of the
      bonus, one found from the uniform policy and one from the optimum.
    """
    world = WORLDS[sweep.world](sweep.max_episode_steps)
    m = from_environment(world, discount=sweep.discount)
    threshold, optimum = living_threshold(world, sweep.discount)
    solved = [policies.exact_policies(m, objective, sweep.alphas) for objective in OBJECTIVES]
    optimal = soft_policy_iteration(m, 0.0).q.numpy() / sweep.alphas[:, None, None]
    again = policies.bonus_equilibrium(m, sweep.alphas, optimal)
    outcome = evaluate_grid(world, _logits(np.stack([s.policy for s in solved])), sweep.discount)
    return {
        "alpha": sweep.alphas,
        "best": outcome.best,
        "value": outcome.value,
        "threshold": np.array(threshold),
        "estimate": bounds.entropy_living_threshold(optimum, m.num_actions, sweep.discount),
        "optimum": np.array(optimum),
        "starts_apart": np.abs(solved[0].policy - again.policy).max(),
    }


def run_learners(sweep: LearnerSweep, progress: bool = False) -> Arrays:
    """Trains learners of one objective on one environment, from both starts, in one program.

    Returns:
      P(best goal) and return of each final policy, exactly, `best` and `value`
      [starts, alphas, seeds]; and P(best goal) and return of the exact policies, `exact_best` and
      `exact_value` [alphas].
    """
    world = WORLDS[sweep.world](sweep.max_episode_steps)
    alphas = np.asarray(sweep.alphas)
    config = mx.learners.A2CConfig(
        network="table",
        actor_optimizer=SGD(sweep.actor_rate),
        critic_optimizer=SGD(sweep.critic_rate),
        max_grad_norm=None,
        rollout_length=1,
        discount=sweep.discount,
        alpha=alphas.astype(np.float32)[:, None],
        entropy=sweep.objective,
    )
    shape = (len(STARTS), len(alphas), sweep.seeds)
    learner = mx.learners.A2C(world.spec, config, batch_shape=shape)
    m = from_environment(world, discount=sweep.discount)
    exact = policies.exact_policies(m, sweep.objective, alphas)
    logits = _logits(exact.policy)
    state = learner.init(sweep.seed)
    state = state._replace(
        actor=_at_second_start(logits - logits.mean(-1, keepdims=True), state.actor),
        critic=_at_second_start(exact.v[..., None], state.critic),
    )
    result = mx.train(learner, world, sweep.steps, seed=sweep.seed, state=state, progress=progress)
    learned = evaluate_grid(world, result.state.actor.numpy(), sweep.discount)
    ideal = evaluate_grid(world, logits, sweep.discount)
    return {
        "best": learned.best,
        "value": learned.value,
        "exact_best": ideal.best,
        "exact_value": ideal.value,
    }


def _logits(policy: np.ndarray) -> np.ndarray:
    # A probability that underflows becomes the smallest positive number.
    return np.log(np.maximum(policy, np.finfo(np.float64).tiny))


def _at_second_start(tables: np.ndarray, fresh: tf.Tensor) -> tf.Tensor:
    """Puts tables [alphas, ...] into the learners of the second start.

    The tables of the learners are [starts, alphas, seeds, ...].
    """
    given = np.array(fresh)
    given[STARTS.index("exact")] = tables[:, None]
    return tf.constant(given)
