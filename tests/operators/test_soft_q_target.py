"""The target of soft policy evaluation against a NumPy loop."""

import numpy as np
import tensorflow as tf

from maxent_tf.operators import soft_q_target

RNG = np.random.default_rng(0)
SHAPE = (2, 3, 4)
ALPHA = np.array([[0.0, 0.2, 1.0], [0.5, 0.1, 3.0]])
REWARD, Q, ENTROPY = RNG.normal(size=(3, *SHAPE))
DISCOUNT = RNG.choice([0.0, 0.9], size=SHAPE)


def test_target_is_the_soft_bellman_backup_without_gradient() -> None:
    inputs = [tf.constant(x) for x in (REWARD, DISCOUNT, Q, ENTROPY, ALPHA)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        target = soft_q_target(*inputs)
    assert tape.gradient(target, inputs) == [None] * 5
    for i, j, b in np.ndindex(*SHAPE):
        value = Q[i, j, b] + ALPHA[i, j] * ENTROPY[i, j, b]
        expected = REWARD[i, j, b] + DISCOUNT[i, j, b] * value
        np.testing.assert_allclose(target[i, j, b], expected, rtol=1e-12)
