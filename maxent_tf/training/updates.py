"""Several updates from replay in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf.replay import UniformReplay
from maxent_tf.types import Transition


def replay_updates(
    update: Callable[[Any, Transition, tf.Tensor], tuple[Any, Any]],
    state: Any,
    replay: UniformReplay,
    batch_size: int,
    updates: int,
    seed: tf.Tensor,
) -> tuple[Any, Any]:
    """Makes updates, each on a minibatch of its own.

    Args:
      update: an off-policy learner's own, compiled or not.
      state: the learner's state.
      replay: where to draw from; every learner's buffer holds something.
      batch_size: of each minibatch.
      updates: how many, at least 1.
      seed: [2], int32.

    Returns:
      The new state, and the metrics averaged over the updates.
    """
    seeds = tf.random.split(seed, updates)

    def one(state: Any, seed: tf.Tensor) -> Any:
        sample_seed, update_seed = tf.unstack(tf.random.split(seed, 2))
        return update(state, replay.sample(batch_size, sample_seed), update_seed)

    state, metrics = one(state, seeds[0])
    if updates == 1:
        return state, metrics

    def body(k: tf.Tensor, state: Any, sums: Any) -> Any:
        state, metrics = one(state, seeds[k])
        return k + 1, state, tf.nest.map_structure(tf.add, sums, metrics)

    _, state, sums = tf.while_loop(lambda k, *_: k < updates, body, (1, state, metrics))
    return state, tf.nest.map_structure(lambda x: x / updates, sums)
