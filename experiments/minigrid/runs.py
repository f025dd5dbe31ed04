"""The measurements: learning curves of PPO, and greedy returns at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

import maxent_tf as mx
from experiments.frame import Arrays
from experiments.learning import configure, train
from experiments.minigrid.sweep import IDS, Sweep
from maxent_tf.environments import DoorKey
from maxent_tf.exploration import RND, SimHash
from maxent_tf.learners import PPO, Intrinsic, Learner, PPOConfig
from maxent_tf.specs import EnvironmentSpec

DOOR_KEY_SIZE = 5
# The discount factor of the sums by which bonuses are scaled; that of PPO is the same.
DISCOUNT = 0.99


def make_env(sweep: Sweep) -> Any:
    """Returns the environment of a sweep, as `train` takes it.

    The first task is in the graph. For the others it is a function that makes MiniGrid's own
    environment, whose observation is the image of 7 x 7 x 3 codes as a vector. The mission, which
    is always the same, is left out, as is the direction of the agent.

    Raises:
      ModuleNotFoundError: If MiniGrid is needed and not installed.
    """
    if sweep.task == "door_key":
        return DoorKey(DOOR_KEY_SIZE)
    try:
        from minigrid.wrappers import ImgObsWrapper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the task {sweep.task!r} needs MiniGrid: pip install '.[minigrid]', or leave the task "
            "out by --tasks door_key."
        ) from error
    import gymnasium

    def make() -> gymnasium.Env:
        return gymnasium.wrappers.FlattenObservation(ImgObsWrapper(gymnasium.make(IDS[sweep.task])))

    return make


def make_learner(sweep: Sweep, spec: EnvironmentSpec) -> Learner:
    """Returns the learners of a sweep, of batch shape [scales, seeds]."""
    adam = mx.optimizers.Adam(sweep.learning_rate, epsilon=1e-5)
    config = configure(
        PPOConfig,
        sweep,
        actor_optimizer=adam,
        critic_optimizer=adam,
        num_minibatches=sweep.rollout_length * sweep.num_envs // sweep.minibatch,
        discount=DISCOUNT,
        alpha=0.0,
    )
    learner = PPO(spec, config, (len(sweep.scales), sweep.seeds))
    if sweep.bonus == "none":
        return learner
    return Intrinsic(
        learner,
        RND(spec) if sweep.bonus == "rnd" else SimHash(spec),
        scale=np.array(sweep.scales, np.float32)[:, None],
        discount=DISCOUNT,
        num_envs=sweep.num_envs,
    )


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep, and plays greedy episodes at the end.

    Returns:
      `steps` [records], the steps of each learner so far; `return` [records, scales, seeds], the
      mean return of the episodes since the last record, NaN where none ended; and `greedy` [scales,
      seeds, episodes], the returns of greedy episodes at the end.
    """
    env = make_env(sweep)
    spec = env.spec if isinstance(env, DoorKey) else mx.gymnasium_spec(env)
    learner = make_learner(sweep, spec)
    result = train(learner, env, sweep, progress, normalize_observation=True, normalize_reward=True)
    greedy = mx.evaluate(learner, result, env, sweep.episodes, seed=sweep.seed)
    return {
        "steps": result.history["env_steps"],
        "return": result.history["episode_return"],
        "greedy": greedy.returns,
    }
