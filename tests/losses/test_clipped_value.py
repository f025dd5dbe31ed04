"""The clipped value loss against its formula in NumPy, and its gradient by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.losses import clipped_value_loss

RNG = np.random.default_rng(0)
PREDICTION, OLD, TARGET = RNG.normal(size=(3, 2, 3, 40))
VALID = RNG.random((2, 3, 40)) < 0.6
CLIP = np.array([[0.1, 0.5, 9.0]] * 2)


@pytest.mark.parametrize("placeholder", [0.0, math.nan, math.inf])
def test_is_the_larger_error_over_what_is_valid(placeholder: float) -> None:
    # Oracle: the maximum and the clip in NumPy. Where the clipped error is the larger one, the
    # prediction has no gradient; at a clip beyond every move it is the squared error.
    prediction, old, target = (
        tf.constant(np.where(VALID, x, placeholder)) for x in (PREDICTION, OLD, TARGET)
    )
    with tf.GradientTape() as tape:
        tape.watch([prediction, old, target])
        loss = clipped_value_loss(prediction, old, target, tf.constant(CLIP), tf.constant(VALID))
    for_prediction, *for_others = tape.gradient(loss, [prediction, old, target])
    assert for_others == [None, None]
    held_somewhere = 0
    for i in np.ndindex(2, 3):
        v, v_old, y = (x[i][VALID[i]] for x in (PREDICTION, OLD, TARGET))
        free, held = v - y, v_old + np.clip(v - v_old, -CLIP[i], CLIP[i]) - y
        np.testing.assert_allclose(loss[i], 0.5 * np.mean(np.maximum(free**2, held**2)), rtol=1e-12)
        outside = (held**2 > free**2) & (np.abs(v - v_old) > CLIP[i])
        gradient = for_prediction[i].numpy()
        np.testing.assert_allclose(
            gradient[VALID[i]], np.where(outside, 0, free) / len(v), rtol=1e-9, atol=1e-15
        )
        np.testing.assert_array_equal(gradient[~VALID[i]], 0)
        held_somewhere += np.sum(outside)
    assert held_somewhere > 10
