"""The policy-gradient loss against the NumPy reference, learner by learner."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import reference
from maxent_tf.losses import masked_mean, policy_gradient_loss

RNG = np.random.default_rng(0)
SHAPE = (2, 3, 8)
ALPHA = np.array([[0.0, 0.01, 0.3], [1.0, 0.1, 3.0]])
VALID = RNG.random(SHAPE) < 0.6
LOG_PROB, ADVANTAGE, ENTROPY = RNG.normal(size=(3, *SHAPE))


def test_equals_the_reference_for_every_learner() -> None:
    loss = policy_gradient_loss(
        *map(tf.constant, (LOG_PROB, ADVANTAGE, ENTROPY, ALPHA, np.ones(SHAPE, bool)))
    )
    for i in np.ndindex(2, 3):
        expected = reference.entropy_regularised_loss(
            LOG_PROB[i], ADVANTAGE[i], ENTROPY[i], ALPHA[i]
        )
        np.testing.assert_allclose(loss[i], expected, rtol=1e-12)


def test_masked_equals_the_reference_on_what_is_valid() -> None:
    loss = policy_gradient_loss(*map(tf.constant, (LOG_PROB, ADVANTAGE, ENTROPY, ALPHA, VALID)))
    for i in np.ndindex(2, 3):
        kept = (x[i][VALID[i]] for x in (LOG_PROB, ADVANTAGE, ENTROPY))
        expected = reference.entropy_regularised_loss(*kept, ALPHA[i])
        np.testing.assert_allclose(loss[i], expected, rtol=1e-12)


@pytest.mark.parametrize("placeholder", [math.nan, math.inf, -math.inf])
def test_placeholders_reach_neither_the_loss_nor_a_gradient(placeholder: float) -> None:
    # Oracle: the derivatives by hand, -advantage / n and -alpha / n where valid and 0 elsewhere.
    log_prob, advantage, entropy = (
        tf.constant(np.where(VALID, x, placeholder)) for x in (LOG_PROB, ADVANTAGE, ENTROPY)
    )
    with tf.GradientTape() as tape:
        tape.watch([log_prob, advantage, entropy])
        loss = policy_gradient_loss(
            log_prob, advantage, entropy, tf.constant(ALPHA), tf.constant(VALID)
        )
    gradients = tape.gradient(
        loss, [log_prob, advantage, entropy], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    share = VALID / VALID.sum(-1, keepdims=True)
    np.testing.assert_allclose(gradients[0], -ADVANTAGE * share, rtol=1e-12)
    np.testing.assert_array_equal(gradients[1], np.zeros(SHAPE))
    np.testing.assert_allclose(gradients[2], -ALPHA[..., None] * share, rtol=1e-12)
    clean = policy_gradient_loss(*map(tf.constant, (LOG_PROB, ADVANTAGE, ENTROPY, ALPHA, VALID)))
    np.testing.assert_array_equal(loss, clean)


def test_masked_mean_of_nothing_is_zero() -> None:
    # Oracle: its docstring; the other learner's mean, by NumPy.
    x, valid = tf.constant([[1.0, 3.0], [math.nan, 5.0]]), tf.constant([[True, True], [False] * 2])
    np.testing.assert_array_equal(masked_mean(x, valid), [2, 0])


def test_without_a_mask_all_counts() -> None:
    # Oracle: a mask that leaves nothing out, to the bit.
    x = tf.constant(np.random.default_rng(3).normal(size=(2, 7)), tf.float32)
    np.testing.assert_array_equal(masked_mean(x), masked_mean(x, tf.ones_like(x, tf.bool)))
    arguments = (x, 2 * x, 3 * x, tf.constant([0.1, 0.2]))
    np.testing.assert_array_equal(
        policy_gradient_loss(*arguments),
        policy_gradient_loss(*arguments, tf.ones_like(x, tf.bool)),
    )
