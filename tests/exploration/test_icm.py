"""The intrinsic curiosity module: what trains what, and what it is curious of."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.exploration import ICM
from maxent_tf.optimizers import SGD
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, MultiDiscrete
from maxent_tf.types import Transition

P, B = (2,), 6
DISCRETE = EnvironmentSpec(Box.of((3,)), Discrete(3))
CONTINUOUS = EnvironmentSpec(Box.of((3,)), Box.of((2,), [0.0, -1.0], [4.0, 1.0]))


def transitions(spec: EnvironmentSpec, seed: int) -> Transition:
    rng = np.random.default_rng(seed)
    shape = (*P, B)
    action: Any = tf.constant(rng.integers(3, size=shape), tf.int32)
    if isinstance(spec.action, Box):
        action = tf.constant(rng.uniform(*spec.action.bounds(), (*shape, 2)), tf.float32)
    return Transition(
        observation=tf.constant(rng.normal(size=(*shape, 3)), tf.float32),
        action=action,
        reward=tf.zeros(shape),
        next_observation=tf.constant(rng.normal(size=(*shape, 3)), tf.float32),
        terminated=tf.zeros(shape, tf.bool),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.constant(np.arange(B) < 4) & tf.ones(shape, tf.bool),
    )


def perceptron(params: Any, x: tf.Tensor) -> tf.Tensor:
    for i, layer in enumerate(params):
        x = x @ layer.kernel + layer.bias
        x = tf.nn.relu(x) if i < len(params) - 1 else x
    return x


@pytest.mark.parametrize("spec", [DISCRETE, CONTINUOUS], ids=["discrete", "continuous"])
def test_bonus_and_losses_are_those_of_the_formulas(spec: EnvironmentSpec) -> None:
    # Oracle: the formulas, learner by learner; losses over the valid transitions alone.
    icm = ICM(spec, hidden_sizes=(5,), num_features=4)
    state, batch = icm.init(1, P), transitions(spec, 0)
    bonus = icm.reward(state, batch)
    _, metrics = icm.update(state, batch, seed=0)
    for p in range(2):
        params = tf.nest.map_structure(lambda v, p=p: v[p], state.params)
        before = perceptron(params.encoder, batch.observation[p])
        after = perceptron(params.encoder, batch.next_observation[p])
        if spec is DISCRETE:
            action = tf.one_hot(batch.action[p], 3)
        else:  # [0, 4] and [-1, 1], scaled to [-1, 1]
            action = batch.action[p] * [0.5, 1.0] - [1.0, 0.0]
        predicted = perceptron(params.forward, tf.concat([before, action], -1))
        error = 0.5 * np.sum((predicted - after) ** 2, -1)
        np.testing.assert_allclose(bonus[p], error, rtol=1e-4)
        np.testing.assert_allclose(metrics.forward_loss[p], error[:4].mean(), rtol=1e-4)
        guess = perceptron(params.inverse, tf.concat([before, after], -1))
        if spec is DISCRETE:
            taken = batch.action[p].numpy()[:, None]
            each = -np.take_along_axis(tf.nn.log_softmax(guess).numpy(), taken, -1)[:, 0]
        else:
            each = 0.5 * np.sum((guess - action) ** 2, -1)
        np.testing.assert_allclose(metrics.inverse_loss[p], each[:4].mean(), rtol=1e-4)


@pytest.mark.parametrize(
    ("encoder", "weight", "moves"),
    [
        ("inverse", 1.0, False),
        ("inverse", 0.2, True),
        ("both", 1.0, True),
        ("random", 0.2, False),
    ],
)
def test_only_what_is_named_trains_the_encoder(encoder: str, weight: float, moves: bool) -> None:
    # Oracle: at weight 1 the inverse loss is left out, so "inverse" has a gradient of exactly 0.
    icm = ICM(
        DISCRETE, hidden_sizes=(5,), encoder=encoder, forward_weight=weight, optimizer=SGD(1.0)
    )
    state = icm.init(1, P)
    new, _ = icm.update(state, transitions(DISCRETE, 0), seed=0)
    changed = [
        np.any(x != y)
        for x, y in zip(
            tf.nest.flatten(state.params.encoder), tf.nest.flatten(new.params.encoder), strict=True
        )
    ]
    assert all(changed) if moves else not any(changed)
    forward = zip(
        tf.nest.flatten(state.params.forward), tf.nest.flatten(new.params.forward), strict=True
    )
    assert all(np.any(x != y) for x, y in forward)


def noisy_walk(seed: int, number: int = 64) -> Transition:
    """One number that the action moves, and two of pure noise."""
    rng = np.random.default_rng(seed)
    action = rng.integers(3, size=(*P, number))
    observation = rng.normal(size=(*P, number, 3))
    following = rng.normal(size=(*P, number, 3))
    following[..., 0] = observation[..., 0] + action - 1
    flag = tf.zeros([*P, number], tf.bool)
    return Transition(
        observation=tf.constant(observation, tf.float32),
        action=tf.constant(action, tf.int32),
        reward=tf.zeros([*P, number]),
        next_observation=tf.constant(following, tf.float32),
        terminated=flag,
        truncated=flag,
        valid=~flag,
    )


def test_the_inverse_model_learns_the_action() -> None:
    # Oracle: the action is a function of the two observations; guessing costs log 3.
    icm = ICM(DISCRETE, hidden_sizes=(32,), num_features=4)
    state = icm.init(0, P)
    update = tf.function(icm.update)
    for step in range(400):
        state, metrics = update(state, noisy_walk(step), seed=tf.constant(0))
    assert np.all(metrics.inverse_loss < 0.3 * np.log(3))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="encoder must be"):
        ICM(DISCRETE, encoder="forward")
    with pytest.raises(ValueError, match="forward_weight must lie in"):
        ICM(DISCRETE, forward_weight=1.5)
    with pytest.raises(ValueError, match="ICM needs Discrete actions or a Box"):
        ICM(EnvironmentSpec(Box.of((3,)), MultiDiscrete((2, 2))))
