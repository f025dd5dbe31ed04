"""The replay buffer that a learner needs, and several consecutive updates from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.learners import Learner, OffPolicy
from maxent_tf.learners.interface import extras_spec
from maxent_tf.replay import PrioritizedReplay, UniformReplay
from maxent_tf.types import Updated

Replay = UniformReplay | PrioritizedReplay


def make_replay(
    learner: Learner, state: Any, experience: OffPolicy, num_envs: int, world: Any = None
) -> Replay:
    """Returns an empty replay buffer for a learner in a state, with `num_envs` environments.

    `world` is the state of environments of the graph; None elsewhere.
    """
    spec, capacity, shape = learner.spec, experience.replay_capacity, learner.batch_shape
    length, extras = experience.sequence_length, extras_spec(learner, state, world)
    if experience.priorities is None:
        return UniformReplay(spec, capacity, shape, length, num_envs, extras)
    return PrioritizedReplay(spec, capacity, shape, experience.priorities, length, num_envs, extras)


def replay_updates(
    update: Callable[..., Updated],
    state: Any,
    replay: Replay,
    batch_size: int,
    num_metrics: int,
    due: tf.Tensor | int,
    seed: tf.Tensor,
) -> tuple[Any, tuple[tf.Tensor, ...]]:
    """Makes updates, each from its own minibatch, and stores the new priorities.

    Args:
      update: The `update` of an off-policy learner, or a function with the same arguments, compiled
        or not.
      state: The state of the learner.
      replay: The replay buffer to draw from, which must hold something for every learner.
      batch_size: The number of transitions of each learner in a minibatch.
      num_metrics: The number of metrics that an update measures.
      due: The number of updates: an integer of at least 1, or an integer tensor of at least 0.
      seed: A seed of shape [2], int32.

    Returns:
      The new state; and every metric, [*P], summed over the updates.
    """

    def one(state: Any, seed: tf.Tensor) -> tuple[Any, tuple[tf.Tensor, ...]]:
        sample_seed, update_seed = tf.unstack(draws.split(seed, 2))
        batch, weight, slot = replay.sample(batch_size, sample_seed)
        updated = update(state, batch, seed=update_seed, weight=weight)
        if weight is not None:
            replay.update_priorities(slot, updated.error)
        return updated.state, tuple(tf.nest.flatten(updated.metrics))

    if isinstance(due, int):
        seeds = draws.split(seed, due)
        if due == 1:
            return one(state, seeds[0])
        seed_of: Callable[[tf.Tensor], tf.Tensor] = seeds.__getitem__
    else:
        seed_of = functools.partial(draws.fold_in, seed)

    def body(k: tf.Tensor, state: Any, sums: Any) -> Any:
        state, metrics = one(state, seed_of(k))
        return k + 1, state, tf.nest.map_structure(tf.add, sums, metrics)

    zeros = (tf.zeros(replay.batch_shape),) * num_metrics
    _, state, sums = tf.while_loop(lambda k, *_: k < due, body, (0, state, zeros))
    return state, sums
