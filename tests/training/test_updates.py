"""Several updates in a row against a Python loop."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.replay import UniformReplay
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training.updates import replay_updates
from maxent_tf.types import Transition, Updated

SPEC = EnvironmentSpec(Box.of((1,)), Discrete(2))


@pytest.mark.parametrize("compile", [lambda f: f, tf.function], ids=["eager", "graph"])
@pytest.mark.parametrize("updates", [1, 2, 5])
def test_is_a_loop_over_minibatches_of_their_own(updates: int, compile: Any) -> None:
    # Oracle: a loop with the documented split of the seed; metrics are summed.
    replay = UniformReplay(SPEC, 50, [3])
    identity = tf.reshape(tf.range(150.0), [3, 50])
    flag = tf.ones([3, 50], tf.bool)
    replay.add(
        Transition(
            identity[..., None],
            tf.cast(identity, tf.int32),
            identity,
            identity[..., None],
            flag,
            flag,
            flag,
        )
    )
    drawn = []

    def update(state: tf.Tensor, batch: Transition, *, seed: tf.Tensor, weight: Any) -> Updated:
        assert weight is None
        noise = tf.random.stateless_uniform([3], seed)
        state = 0.5 * state + tf.reduce_mean(batch.reward, -1) + noise
        return Updated(state, (state, 2 * state))

    def many(state: tf.Tensor, seed: tf.Tensor) -> Any:
        return replay_updates(update, state, replay, 4, 2, updates, seed)

    state, metrics = compile(many)(tf.zeros([3]), tf.constant([0, 1]))
    expected, history = tf.zeros([3]), []
    for seed in draws.split(tf.constant([0, 1]), updates):
        sample_seed, update_seed = tf.unstack(draws.split(seed, 2))
        batch = replay.sample(4, sample_seed).transition
        drawn.append(batch.reward.numpy())
        expected, metric, _ = update(expected, batch, seed=update_seed, weight=None)
        history.append(metric)
    np.testing.assert_allclose(state, expected, rtol=1e-6)
    np.testing.assert_allclose(metrics, np.sum(history, axis=0), rtol=1e-6)
    assert len(np.unique(np.stack(drawn), axis=0)) == updates
