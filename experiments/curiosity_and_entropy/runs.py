"""The measurements: learning curves and greedy returns of PPO with entropy and with curiosity."""

from __future__ import annotations

import numpy as np

import maxent_tf as mx
from experiments.curiosity_and_entropy.sweep import Sweep
from experiments.frame import Arrays
from experiments.learning import train
from maxent_tf.environments import DoorKey, Environment, MountainCar
from maxent_tf.exploration import ICM, RND, IntrinsicReward
from maxent_tf.learners import PPO, Intrinsic, PPOConfig

DOOR_KEY_SIZE = 5
WIDTH = 32
FEATURES = 16
LEARNING_RATE = 1e-3
DISCOUNT = 0.99


def make_world(sweep: Sweep) -> Environment:
    """Returns the environment of a sweep, whose returns lie in [0, 1]."""
    if sweep.world == "mountain_car":
        return MountainCar(sparse_reward=True)
    return DoorKey(DOOR_KEY_SIZE)


def make_learner(sweep: Sweep, world: Environment) -> Intrinsic:
    """Returns the learners of a sweep, of batch shape [alphas, scales, learners].

    Those of alpha 0 have no entropy bonus, and those of scale 0 no intrinsic reward. The learners
    that choose come before those that are reported.
    """
    config = PPOConfig(
        hidden_sizes=(WIDTH, WIDTH),
        actor_optimizer=LEARNING_RATE,
        critic_optimizer=LEARNING_RATE,
        discount=DISCOUNT,
        alpha=np.array(sweep.alphas, np.float32)[:, None, None],
    )
    shape = (len(sweep.alphas), len(sweep.scales), sweep.choosing + sweep.seeds)
    bonus: IntrinsicReward
    if sweep.method == "rnd":
        bonus = RND(world.spec, hidden_sizes=(WIDTH, WIDTH), num_outputs=FEATURES)
    else:
        bonus = ICM(world.spec, hidden_sizes=(WIDTH,), num_features=FEATURES)
    return Intrinsic(
        PPO(world.spec, config, shape),
        bonus,
        scale=np.array(sweep.scales, np.float32)[:, None],
        discount=DISCOUNT,
        num_envs=sweep.num_envs,
    )


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep, and plays greedy episodes at the end.

    Returns:
      `steps` [records], the steps of each learner so far; `return` [records, alphas, scales,
      learners], the mean return of the episodes since the last record, NaN where none ended;
      `entropy`, of the same shape, of the policy, in nats; and `greedy` [alphas, scales, learners],
      the mean return of greedy episodes at the end. The learners that choose come first.
    """
    world = make_world(sweep)
    learner = make_learner(sweep, world)
    result = train(learner, world, sweep, progress, normalize_observation=True)
    greedy = mx.evaluate(learner, result, world, sweep.episodes, seed=sweep.seed)
    return {
        "steps": result.history["env_steps"],
        "return": result.history["episode_return"],
        "entropy": result.history["entropy"],
        "greedy": greedy.returns.mean(axis=-1),
    }
