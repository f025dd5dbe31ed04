"""Random network distillation against NumPy and closed forms."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.exploration import RND
from maxent_tf.optimizers import SGD
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

P, B = (2, 3), 4
SPEC = EnvironmentSpec(Box.of((3,)), Discrete(2))


def make() -> RND:
    return RND(SPEC, hidden_sizes=(6,), num_outputs=5, optimizer=SGD(0.5))


def transitions(seed: int, valid: Any = None) -> Transition:
    rng = np.random.default_rng(seed)

    def observation() -> tf.Tensor:
        return tf.constant(rng.normal(2.0, 3.0, (*P, B, 3)), tf.float32)

    return Transition(
        observation=observation(),
        action=tf.zeros([*P, B], tf.int32),
        reward=tf.zeros([*P, B]),
        next_observation=observation(),
        terminated=tf.ones([*P, B], tf.bool),
        truncated=tf.zeros([*P, B], tf.bool),
        valid=tf.ones([*P, B], tf.bool) if valid is None else tf.constant(valid),
    )


def perceptron(params: Any, x: np.ndarray) -> np.ndarray:
    for i, layer in enumerate(params):
        x = x @ layer.kernel.numpy() + layer.bias.numpy()
        x = np.maximum(x, 0) if i < len(params) - 1 else x
    return x


def test_the_bonus_is_the_error_at_the_normalised_state_that_was_reached() -> None:
    # Oracle: the formula in NumPy, with the moments of all that was observed; each learner has its
    # own. The transitions end episodes: the final observation counts.
    rnd = make()
    state = rnd.init(0, P)
    seen = [transitions(seed) for seed in range(3)]
    for batch in seen:
        state = rnd.observe(state, batch)
    values = np.concatenate([b.next_observation for b in seen], axis=2)
    mean, stddev = values.mean(2, keepdims=True), values.std(2, keepdims=True)
    batch = transitions(9)
    x = np.clip((batch.next_observation - mean) / stddev, -5, 5).astype(np.float32)
    error = perceptron(state.predictor, x) - perceptron(state.target, x)
    np.testing.assert_allclose(rnd.reward(state, batch), np.mean(error**2, -1), rtol=1e-4)


def test_an_update_descends_on_the_valid_states_and_leaves_the_target() -> None:
    # Oracle: autograd of the formula over the valid transitions, learner by learner.
    rnd = make()
    valid = np.random.default_rng(0).random((*P, B)) < 0.6
    valid[..., 0] = True
    state, batch = rnd.init(0, P), transitions(1, valid)
    new, metrics = rnd.update(state, batch, seed=0)
    tf.nest.map_structure(np.testing.assert_array_equal, new.target, state.target)
    x = np.clip(batch.next_observation.numpy(), -5, 5)
    target = perceptron(state.target, x)
    for p in np.ndindex(*P):
        params = tf.nest.map_structure(lambda v, p=p: v[p], state.predictor)
        with tf.GradientTape() as tape:
            tape.watch(params)
            y = tf.constant(x[p][valid[p]])
            for i, layer in enumerate(params):
                y = y @ layer.kernel + layer.bias
                y = tf.nn.relu(y) if i < len(params) - 1 else y
            loss = 0.5 * tf.reduce_mean((y - target[p][valid[p]]) ** 2)
        grads = tape.gradient(loss, params)
        np.testing.assert_allclose(metrics.prediction_loss[p], loss, rtol=1e-5)
        tf.nest.map_structure(
            lambda after, before, g, p=p: np.testing.assert_allclose(
                after[p], before - 0.5 * g, rtol=1e-4, atol=1e-6
            ),
            new.predictor,
            params,
            grads,
        )


def test_what_was_learned_is_new_no_more() -> None:
    # Oracle: the order of the bonuses: a cluster that was trained on, and one far away.
    rnd = RND(SPEC, hidden_sizes=(32,), num_outputs=8)
    state = rnd.observe(rnd.init(0, P), transitions(0))
    near, update = transitions(1), tf.function(rnd.update)
    for _ in range(300):
        state, _ = update(state, near, seed=tf.constant(0))
    far = near._replace(next_observation=-4 * near.next_observation)
    assert np.all(np.mean(rnd.reward(state, near), -1) < 0.1 * np.mean(rnd.reward(state, far), -1))


@pytest.mark.parametrize("name", ["hidden_sizes", "num_outputs"])
def test_bad_sizes_are_named(name: str) -> None:
    arguments: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match=name):
        RND(SPEC, **arguments)
