"""Stein directions against a naive loop, and the density that their flow leads to."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators import stein_direction


def naive(x: np.ndarray, score: np.ndarray) -> np.ndarray:
    """One cloud of particles, [K, D], pair by pair as in equation 8."""
    count = len(x)
    pairs = [np.sum((x[i] - x[j]) ** 2) for i in range(count) for j in range(i)]
    width = np.median(pairs) / math.log(count)
    direction = np.zeros_like(x)
    for i in range(count):
        for j in range(count):
            kernel = math.exp(-np.sum((x[j] - x[i]) ** 2) / width)
            direction[i] += kernel * score[j] - 2 * kernel * (x[j] - x[i]) / width
    return direction / count


@pytest.mark.parametrize("count", [2, 5, 6])
def test_equals_the_naive_loop(count: int) -> None:
    # Oracle: the definition, written out; an odd and an even number of pairs.
    generator = np.random.default_rng(count)
    x, score = generator.normal(size=(2, 3, 4, count, 2))
    found = tf.function(stein_direction, jit_compile=True)(tf.constant(x), tf.constant(score))
    expected = np.empty_like(x)
    for index in np.ndindex(3, 4):
        expected[index] = naive(x[index], score[index])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_particles_that_coincide_move_with_the_score() -> None:
    # Oracle: with k = 1 everywhere the direction is the mean score; nothing repels.
    score = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_allclose(stein_direction(tf.ones([3, 2]), score), [[3.0, 4.0]] * 3)


def test_flow_spreads_over_a_gaussian() -> None:
    # Oracle: the mean and the standard deviation of the target, N(1, 0.5^2).
    x = tf.constant(np.random.default_rng(0).normal(size=(50, 1)))

    def step(x: tf.Tensor) -> tf.Tensor:
        return x + 0.1 * stein_direction(x, (1 - x) / 0.25)

    (x,) = tf.while_loop(lambda _: True, lambda x: (step(x),), (x,), maximum_iterations=1000)
    assert abs(float(tf.reduce_mean(x)) - 1) < 0.01
    assert abs(float(tf.math.reduce_std(x)) - 0.5) < 0.05


def test_one_particle_is_refused() -> None:
    with pytest.raises(ValueError, match="particles must be at least 2, not 1"):
        stein_direction(tf.zeros([1, 2]), tf.zeros([1, 2]))
