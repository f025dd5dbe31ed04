"""The heads against the distributions they promise."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.networks import CategoricalHead, SquashedGaussianHead, make_head
from maxent_tf.specs import Box, Discrete, Spec

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
    assert isinstance(make_head(ACTIONS), SquashedGaussianHead)
