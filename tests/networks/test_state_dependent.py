"""State-dependent noise against its definition: linear in the features, and Gaussian in its law."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.networks import MLP, StateDependentHead, StateDependentNetwork, StateDependentOutputs
from maxent_tf.specs import Box

ACTION = Box.of((2,), [-1.0, 0.0], [1.0, 4.0])
HEAD = StateDependentHead(ACTION, (-5.0, 2.0))
P, B, FEATURES = (2,), 3, 4


def outputs(features: np.ndarray, loc: Any = 0.0) -> StateDependentOutputs:
    rng = np.random.default_rng(0)
    return StateDependentOutputs(
        loc=tf.constant(np.broadcast_to(loc, (*features.shape[:-1], 2)), tf.float32),
        features=tf.constant(features, tf.float32),
        log_scale=tf.constant(rng.normal(-1, 0.5, (*P, FEATURES, 2)), tf.float32),
    )


def test_one_seed_is_one_linear_function_of_the_features_for_each_world() -> None:
    # Oracle: linearity, with a location that is added; other worlds and learners differ.
    f, g = np.random.default_rng(1).normal(size=(2, *P, B, FEATURES))
    seed = tf.constant([0, 1])

    def pre_tanh(features: np.ndarray, loc: Any = 0.0) -> np.ndarray:
        action = HEAD.sample(outputs(features, loc), seed).numpy().astype(float)
        low, high = ACTION.bounds()
        return np.arctanh(2 * (action - low) / (high - low) - 1)

    np.testing.assert_allclose(
        pre_tanh(0.2 * f - 0.3 * g, loc=0.1), 0.1 + 0.2 * pre_tanh(f) - 0.3 * pre_tanh(g), atol=1e-3
    )
    same = pre_tanh(np.ones((*P, B, FEATURES)))
    assert len(np.unique(same.reshape(-1, 2).round(6), axis=0)) == 6
    assert np.all(HEAD.sample(outputs(f), tf.constant([0, 2])) != HEAD.sample(outputs(f), seed))


def test_the_law_over_draws_is_the_policys() -> None:
    # Oracle: the policy's own distribution function, under which draws are uniform.
    many = np.broadcast_to(np.random.default_rng(2).normal(size=(*P, 1, FEATURES)), (*P, 4000, 4))
    out = outputs(many, loc=0.3)
    policy, action = HEAD(out), HEAD.sample(out, tf.constant([0, 3]))
    scale = np.sqrt(many**2 @ np.exp(2 * out.log_scale.numpy().astype(float)))
    np.testing.assert_allclose(policy.scale, scale, rtol=1e-5)
    level = policy.cdf(action).numpy()
    for learner, dimension in np.ndindex(2, 2):
        assert scipy.stats.kstest(level[learner, :, dimension], "uniform").pvalue > 1e-3


def test_where_no_feature_is_active_there_is_noise_still() -> None:
    # Oracle: by hand. Negative biases switch every rectifier off; the constant 1 is left.
    network = StateDependentNetwork(MLP(2, (), 3, "relu"), 3, 2, "relu", initial_scale=0.2)
    params = network.init(tf.constant([0, 0]), [])
    (layer,) = params.body
    params = params._replace(body=(layer._replace(bias=layer.bias - 100.0),))
    out = network.apply(params, tf.constant([[1.0, -1.0]]))
    np.testing.assert_array_equal(out.features, [[0.0, 0.0, 0.0, 1.0]])
    np.testing.assert_allclose(HEAD(out).scale, [[0.2, 0.2]], rtol=1e-6)


def test_the_scale_of_the_noise_is_clipped_to_its_range() -> None:
    # Oracle: by hand, at one feature.
    out = StateDependentOutputs(
        loc=tf.zeros([1, 2]), features=tf.ones([1, 1]), log_scale=tf.constant([[-9.0, 9.0]])
    )
    np.testing.assert_allclose(HEAD(out).scale, [[math.exp(-5), math.exp(2)]], rtol=1e-6)


def test_gradients_reach_features_through_the_location_alone() -> None:
    # Oracle: the docstring; the entropy's gradient reaches the scales and nothing else.
    network = StateDependentNetwork(MLP(2, (), 3, "tanh"), 3, 2, "tanh", initial_scale=0.2)
    params = network.init(tf.constant([0, 0]), [])
    with tf.GradientTape() as tape:
        tape.watch(params)
        scale = tf.reduce_sum(HEAD(network.apply(params, tf.constant([[1.0, -1.0]]))).scale)
    gradient = tape.gradient(scale, params)
    assert all(x is None for x in tf.nest.flatten((gradient.body, gradient.location)))
    assert np.all(gradient.log_scale.numpy() > 0)


def test_unbounded_actions_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a vector of actions with finite bounds"):
        StateDependentHead(Box.of((2,)), (-5.0, 2.0))
