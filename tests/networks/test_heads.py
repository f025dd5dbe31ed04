"""The heads against the distributions they promise."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import maxent_tf as mx
from maxent_tf.networks import (
    CategoricalHead,
    MultiCategoricalHead,
    SquashedGaussianHead,
    make_head,
)
from maxent_tf.specs import Box, Discrete, MultiDiscrete, Spec

ACTIONS = Box.of((2,), [-1.0, 2.0], [3.0, 2.5])


def test_categorical_head_takes_logits() -> None:
    # Oracle: tfd.Categorical and NumPy's argmax.
    outputs = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    head = make_head(Discrete(5))
    assert head.num_outputs == 5
    distribution = head(tf.constant(outputs))
    assert distribution.batch_shape == [2, 3]
    expected = tfd.Categorical(logits=outputs)
    for action in range(5):
        np.testing.assert_allclose(
            distribution.log_prob(action), expected.log_prob(action), rtol=1e-5
        )
    np.testing.assert_array_equal(head.greedy(distribution), outputs.argmax(-1))


def test_multi_categorical_head_is_a_product() -> None:
    # Oracle: enumeration of all combinations, in NumPy.
    nvec = (3, 1, 4)
    outputs, others = np.random.default_rng(0).normal(size=(2, 2, 5, 8))
    head = make_head(MultiDiscrete(nvec))
    assert head.num_outputs == 8

    def joint(outputs: np.ndarray) -> np.ndarray:
        probs = [
            np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in np.split(outputs, [3, 4], -1)
        ]
        return np.einsum("...i,...j,...k->...ijk", *probs).reshape(2, 5, 12)

    distribution, other = head(tf.constant(outputs)), head(tf.constant(others))
    assert (distribution.batch_shape, distribution.event_shape) == ([2, 5], [3])
    actions = np.array(list(itertools.product(*map(range, nvec))), np.int32)
    p, q = joint(outputs), joint(others)
    log_prob = distribution.log_prob(actions[:, None, None])
    np.testing.assert_allclose(np.moveaxis(log_prob, 0, -1), np.log(p), rtol=1e-9)
    np.testing.assert_allclose(distribution.entropy(), -np.sum(p * np.log(p), -1), rtol=1e-9)
    divergence = mx.divergence(distribution, other)
    np.testing.assert_allclose(divergence, np.sum(p * np.log(p / q), -1), rtol=1e-9)
    np.testing.assert_array_equal(head.greedy(distribution), actions[p.argmax(-1)])
    drawn = distribution.sample(4000, seed=0).numpy()
    assert drawn.dtype == np.int32
    index = np.ravel_multi_index(np.moveaxis(drawn, -1, 0), nvec)
    for i in np.ndindex(2, 5):
        counts = np.bincount(index[(slice(None), *i)], minlength=12)
        assert scipy.stats.chisquare(counts, 4000 * p[i]).pvalue > 1e-4


@pytest.mark.parametrize("mode", ["eager", "xla"])
def test_parts_of_different_sizes_have_the_gradients_of_each_alone(mode: str) -> None:
    # Oracle: `tfd.Categorical` for each part. What fills up the smaller parts adds no NaN.
    nvec, action = (3, 2), tf.constant([2, 0])
    outputs = tf.constant([0.3, -0.4, 0.1, 90.0, -90.0])

    def gradient(logits: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            distribution = MultiCategoricalHead(nvec)(logits)
            total = distribution.log_prob(action) + distribution.entropy()
        return tape.gradient(total, logits)

    compiled = tf.function(gradient, jit_compile=True) if mode == "xla" else gradient
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        parts = [tfd.Categorical(logits=x) for x in tf.split(outputs, nvec, -1)]
        total = tf.add_n([d.log_prob(a) + d.entropy() for d, a in zip(parts, [2, 0], strict=True)])
    np.testing.assert_allclose(
        compiled(outputs), tape.gradient(total, outputs), rtol=1e-5, atol=1e-6
    )


def test_squashed_gaussian_head_reads_location_and_clipped_log_scale() -> None:
    # Oracle: the documented formula, in NumPy.
    head = make_head(ACTIONS, log_std_range=(-2.0, 1.0), initial_stddev=0.5)
    assert head.num_outputs == 4
    outputs = np.array([[0.3, -0.4, 0.1, -0.2], [5.0, -5.0, -9.0, 9.0]], np.float32)
    distribution = head(tf.constant(outputs))
    np.testing.assert_allclose(distribution.loc, outputs[:, :2])
    log_std = np.clip(outputs[:, 2:] + math.log(0.5), -2.0, 1.0)
    np.testing.assert_allclose(distribution.scale, np.exp(log_std), rtol=1e-6)
    low, high = ACTIONS.bounds()
    median = low + (high - low) * (np.tanh(outputs[:, :2]) + 1) / 2
    np.testing.assert_allclose(head.greedy(distribution), median, rtol=1e-6)
    draws = distribution.sample(1000, seed=0).numpy()
    assert np.all((draws >= low) & (draws <= high))
    assert np.all(np.ptp(draws[:, 0], axis=0) > 0.5 * (high - low))


def test_zero_outputs_give_the_initial_stddev() -> None:
    scale = SquashedGaussianHead(ACTIONS, (-5.0, 2.0), 0.3)(tf.zeros([3, 4])).scale
    np.testing.assert_allclose(scale, 0.3, rtol=1e-6)


def test_the_scale_has_no_gradient_beyond_its_range() -> None:
    # Oracle: the derivative of a clipped exponential.
    outputs = tf.constant([[0.0, 0.0, -9.0, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        scale = SquashedGaussianHead(ACTIONS, (-5.0, 2.0), 1.0)(outputs).scale
    gradient = tape.gradient(scale, outputs)
    np.testing.assert_allclose(gradient, [[0, 0, 0, math.exp(0.5)]], rtol=1e-6)


@pytest.mark.parametrize(
    "spec", [Box.of((2,), -1.0), Box.of((), -1.0, 1.0), Box.of((2, 2), -1.0, 1.0)], ids=str
)
def test_actions_must_be_a_bounded_vector(spec: Spec) -> None:
    with pytest.raises(ValueError, match="needs a vector of actions with finite bounds"):
        make_head(spec)


@pytest.mark.parametrize(
    "arguments",
    [{"initial_stddev": 0.0}, {"initial_stddev": 8.0}, {"log_std_range": (1.0, -1.0)}],
    ids=str,
)
def test_the_initial_stddev_must_lie_in_its_range(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"initial_stddev=.* within log_std_range="):
        make_head(ACTIONS, **arguments)


def test_the_kind_of_action_decides_the_head() -> None:
    assert isinstance(make_head(Discrete(2)), CategoricalHead)
    assert isinstance(make_head(MultiDiscrete((2,))), MultiCategoricalHead)
    assert isinstance(make_head(ACTIONS), SquashedGaussianHead)
