"""The squared error against NumPy, and its gradient by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.losses import squared_error_loss

RNG = np.random.default_rng(0)
PREDICTION, TARGET = RNG.normal(size=(2, 2, 3, 8))
VALID = RNG.random((2, 3, 8)) < 0.6


@pytest.mark.parametrize("placeholder", [0.0, math.nan, math.inf])
def test_is_half_the_mean_square_over_what_is_valid(placeholder: float) -> None:
    # Oracle: a NumPy loop over learners, and d loss / d prediction = (prediction - target) / n.
    prediction, target = (
        tf.constant(np.where(VALID, x, placeholder)) for x in (PREDICTION, TARGET)
    )
    with tf.GradientTape() as tape:
        tape.watch([prediction, target])
        loss = squared_error_loss(prediction, target, tf.constant(VALID))
    for_prediction, for_target = tape.gradient(loss, [prediction, target])
    for i in np.ndindex(2, 3):
        difference = (PREDICTION - TARGET)[i][VALID[i]]
        np.testing.assert_allclose(loss[i], 0.5 * np.mean(difference**2), rtol=1e-12)
        gradient = for_prediction[i].numpy()
        np.testing.assert_allclose(gradient[VALID[i]], difference / len(difference), rtol=1e-12)
        np.testing.assert_array_equal(gradient[~VALID[i]], 0)
    assert for_target is None


def test_a_gradient_step_moves_a_prediction_by_the_rate_times_the_difference() -> None:
    # Oracle: the docstring.
    prediction = tf.constant([[1.0]])
    with tf.GradientTape() as tape:
        tape.watch(prediction)
        loss = squared_error_loss(prediction, tf.constant([[3.0]]), tf.constant([[True]]))
    assert (prediction - 0.25 * tape.gradient(loss, prediction)).numpy().item() == 1.0 + 0.25 * 2.0
