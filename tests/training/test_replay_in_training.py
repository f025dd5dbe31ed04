"""Prioritised and n-step replay as training drives them, in the graph and on the host."""

import functools
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import SAC, SACConfig, SoftDQN, SoftDQNConfig
from maxent_tf.optimizers import SGD
from maxent_tf.replay import Priorities, PrioritizedReplay
from maxent_tf.training import Trainer
from maxent_tf.types import Transition
from tests.training.gymnasium_envs import vector

BASE: dict[str, Any] = {"batch_size": 4, "learning_starts": 8, "hidden_sizes": (4,)}
N_STEP, NUM_ENVS = 3, 2


def replay_of(trainer: Trainer) -> Any:
    return trainer._loop.trackables()["replay"]


def check_that_steps_join(batch: Transition) -> None:
    """What follows a step is where it led to, unless an episode ended or nothing has come yet."""
    ended = batch.terminated.numpy() | batch.truncated.numpy()
    joined = ~np.logical_or.accumulate(ended, axis=0)[:-1]
    led_to, following = batch.next_observation.numpy()[:-1], batch.observation.numpy()[1:]
    np.testing.assert_array_equal(led_to[joined], following[joined])
    assert np.mean(joined) > 0.3


@pytest.mark.parametrize(
    "mode",
    [None, AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP],
    ids=["in_graph", "next_step", "same_step"],
)
def test_steps_in_a_row_join(mode: AutoresetMode | None, tmp_path: pathlib.Path) -> None:
    # Oracle: the observations. On the host also after a checkpoint was loaded, where worlds start
    # anew: what replay held of the interrupted episodes goes on from nothing.
    if mode is None:
        env: Any = mx.environments.Pendulum(max_episode_steps=7)
        spec = env.spec
    else:
        env = vector("Counting", 2 * NUM_ENVS, mode, action="box")
        spec = mx.gymnasium_spec(env)
    learner = SAC(spec, SACConfig(**BASE, n_step=N_STEP, replay_capacity=41), [2])
    for steps in (30, 40):
        with Trainer(
            learner, env, num_envs=NUM_ENVS, compile="graph", checkpoint_dir=tmp_path
        ) as trainer:
            assert trainer.env_steps == (0 if steps == 30 else 30)
            trainer.run(steps, records=1)
            batch = replay_of(trainer).sample(300, tf.constant([0, 1])).transition
            assert batch.reward.shape == (N_STEP, 2, 300)
            check_that_steps_join(batch)
        env = env if mode is None else vector("Counting", 2 * NUM_ENVS, mode, action="box")


@functools.cache
def frozen() -> SoftDQN:
    """Learners that draw no numbers in an update and, at a rate of 0, learn nothing."""
    priorities = Priorities(exponent=0.7, epsilon=0.01)
    config = SoftDQNConfig(
        **BASE, optimizer=SGD(0.0), priorities=priorities, replay_capacity=50, updates_per_step=3
    )
    return SoftDQN(mx.environments.CartPole().spec, config, [2])


@pytest.mark.parametrize("where", ["in_graph", "host"])
def test_errors_go_back_as_priorities(where: str) -> None:
    # Oracle: the errors of all transitions held, by one update on all of them; those that were
    # never drawn keep the largest priority at their time, which is 1 or an error and epsilon.
    learner = frozen()
    world: Any = mx.environments.CartPole() if where == "in_graph" else "CartPole-v1"
    with Trainer(learner, world, num_envs=NUM_ENVS) as trainer:
        trainer.run(40, records=2)
        replay, state = replay_of(trainer), trainer.state
    assert isinstance(replay, PrioritizedReplay)
    slot = tf.repeat(tf.range(40, dtype=tf.int64)[None], 2, axis=0)
    error = learner.update(state, replay._ring.read(slot), seed=0).error
    expected = (np.abs(np.float64(error)) + 0.01) ** 0.7
    priority = replay._tree.get(slot).numpy()
    updated = np.isclose(priority, expected, rtol=1e-4)
    # 32 steps with 3 updates of 4 transitions each, on at most 40 transitions.
    assert np.mean(updated) > 0.8
    largest = (max(1.0, float(np.max(np.abs(error))) + 0.01)) ** 0.7
    assert np.all(updated | ((priority >= 1 - 1e-9) & (priority <= largest * (1 + 1e-4))))


def test_beta_is_annealed_over_updates() -> None:
    # Oracle: the count of updates that the run reports.
    learner = frozen()
    with Trainer(learner, mx.environments.CartPole(), compile="graph") as trainer:
        updates = trainer.run(20, records=1).updates
        assert updates == 36
        assert int(replay_of(trainer)._updates) == updates
