"""The behaviour of learners in training: how random their actions are, and where they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from experiments.search_exploration.worlds import position
from maxent_tf import draws
from maxent_tf.environments import Environment
from maxent_tf.learners import A2C, AlphaZero
from maxent_tf.seeds import as_seed


class Behaviour(NamedTuple):
    """The behaviour of K learners in episodes in which they explore; each field is [K], float64.

    Attributes:
      entropy: The mean entropy of the policy that draws the actions, over all steps, in nats.
      positions: The number of different states in which they act.
      returns: The mean return; in self-play, of the player who begins.
    """

    entropy: np.ndarray
    positions: np.ndarray
    returns: np.ndarray


def make_behaviour(
    learner: AlphaZero | A2C, env: Environment, episodes: int, longest: int
) -> Callable[[Any, Any], Behaviour]:
    """Returns a function from the state of the learners and a seed to their behaviour.

    Args:
      learner: The learners, of batch shape [K].
      env: Their environment, in which every episode ends.
      episodes: The number of episodes of each learner, side by side.
      longest: The largest number of steps of an episode.
    """
    # With two players, every second reward is that of the other player.
    sign = -1.0 if env.spec.num_players == 2 else 1.0

    def policy(state: Any, observation: Any, searched: Any) -> tf.Tensor:
        if isinstance(learner, AlphaZero):
            return searched.policy
        return learner.policy(state, observation).probs_parameter()

    @tf.function(autograph=False, jit_compile=True)
    def episodes_of(state: Any, seed: tf.Tensor) -> Any:
        world, timestep = env.reset([*learner.batch_shape, episodes], seed)
        columns = [tf.TensorArray(dtype, longest) for dtype in (tf.float32, tf.int32, tf.float32)]

        def step(t: tf.Tensor, world: Any, timestep: Any, carry: Any, columns: Any) -> Any:
            act_seed, step_seed = tf.unstack(draws.split(draws.fold_in(seed, t), 2))
            acted = learner.act(state, carry, timestep.observation, seed=act_seed, world=world)
            probs = policy(state, timestep.observation, acted.extras)
            entropy = -tf.reduce_sum(tf.math.xlogy(probs, probs), axis=-1)
            over = timestep.terminated
            world_after, after = env.step(world, acted.action, step_seed)
            found = (
                tf.where(over, 0.0, entropy),
                tf.where(over, -1, position(world)),
                after.reward * sign ** tf.cast(t, tf.float32),
            )
            columns = [column.write(t, x) for column, x in zip(columns, found, strict=True)]
            return t + 1, world_after, after, acted.carry, columns

        start = (tf.constant(0), world, timestep, learner.initial_carry(episodes), columns)
        *_, columns = tf.while_loop(lambda t, *_: t < longest, step, start)
        return [column.stack() for column in columns]

    def behaviour(state: Any, seed: Any) -> Behaviour:
        entropy, positions, rewards = (x.numpy() for x in episodes_of(state, as_seed(seed)))
        acted = positions >= 0  # [longest, K, episodes]
        each = np.moveaxis(positions, 1, 0)
        return Behaviour(
            entropy=entropy.sum(axis=(0, 2), dtype=np.float64) / acted.sum(axis=(0, 2)),
            positions=np.array([float(len(np.unique(x[x >= 0]))) for x in each]),
            returns=rewards.sum(axis=0, dtype=np.float64).mean(axis=-1),
        )

    return behaviour
