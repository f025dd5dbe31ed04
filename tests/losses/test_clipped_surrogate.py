"""The clipped surrogate against the paper's formula, and its gradient by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.losses import clipped_surrogate_loss, policy_gradient_loss

RNG = np.random.default_rng(0)
LOG_RATIO, ADVANTAGE, ENTROPY = RNG.normal(size=(3, 2, 3, 40)) * [[[[0.5]]], [[[1.0]]], [[[1.0]]]]
VALID = RNG.random((2, 3, 40)) < 0.6
ALPHA = RNG.random((2, 3))
EPSILON = np.array([[0.1, 0.2, 1.0]] * 2)


@pytest.mark.parametrize("placeholder", [0.0, math.nan, math.inf])
def test_is_the_papers_minimum_over_what_is_valid(placeholder: float) -> None:
    # Oracle: the minimum and the clip in NumPy. The ratio's gradient is the ratio times the
    # advantage where the minimum is not the clipped one.
    log_ratio, advantage, entropy = (
        tf.constant(np.where(VALID, x, placeholder)) for x in (LOG_RATIO, ADVANTAGE, ENTROPY)
    )
    with tf.GradientTape() as tape:
        tape.watch([log_ratio, advantage, entropy])
        loss = clipped_surrogate_loss(
            log_ratio,
            advantage,
            entropy,
            tf.constant(ALPHA),
            tf.constant(EPSILON),
            tf.constant(VALID),
        )
    for_ratio, for_advantage, for_entropy = tape.gradient(loss, [log_ratio, advantage, entropy])
    assert for_advantage is None
    clipped_somewhere = 0
    for i in np.ndindex(2, 3):
        keep, epsilon = VALID[i], EPSILON[i]
        ratio, a = np.exp(LOG_RATIO[i][keep]), ADVANTAGE[i][keep]
        free, clipped = ratio * a, np.clip(ratio, 1 - epsilon, 1 + epsilon) * a
        expected = -np.mean(np.minimum(free, clipped)) - ALPHA[i] * np.mean(ENTROPY[i][keep])
        np.testing.assert_allclose(loss[i], expected, rtol=1e-12)
        np.testing.assert_allclose(
            for_ratio[i].numpy()[keep], -np.where(free <= clipped, free, 0) / len(a), rtol=1e-12
        )
        np.testing.assert_allclose(for_entropy[i].numpy()[keep], -ALPHA[i] / len(a), rtol=1e-12)
        for gradient in (for_ratio, for_entropy):
            np.testing.assert_array_equal(gradient[i].numpy()[~keep], 0)
        clipped_somewhere += np.sum(free > clipped)
    assert clipped_somewhere > 10


def test_a_clipped_ratio_may_overflow() -> None:
    # Oracle: the formula's limit: a value of (1 + epsilon) A, and no gradient.
    log_ratio = tf.constant([[1e3]])
    ones, true = tf.ones([1, 1]), tf.constant([[True]])
    with tf.GradientTape() as tape:
        tape.watch(log_ratio)
        loss = clipped_surrogate_loss(log_ratio, ones, ones, 0 * ones[0], 0.2 * ones[0], true)
    np.testing.assert_allclose(loss, [-1.2], rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(loss, log_ratio), [[0.0]])


def test_at_the_old_policy_its_gradient_is_the_policy_gradient() -> None:
    # Oracle: `policy_gradient_loss`.
    log_prob, valid = tf.constant(LOG_RATIO), tf.constant(VALID)
    rest = (tf.constant(ADVANTAGE), tf.constant(ENTROPY), tf.constant(ALPHA))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(log_prob)
        ratio = log_prob - tf.stop_gradient(log_prob)
        surrogate = clipped_surrogate_loss(ratio, *rest, tf.constant(EPSILON), valid)
        plain = policy_gradient_loss(log_prob, *rest, valid)
    np.testing.assert_allclose(
        tape.gradient(surrogate, log_prob), tape.gradient(plain, log_prob), rtol=1e-12
    )
