"""The actor's loss of SAC against a NumPy loop."""

import numpy as np
import tensorflow as tf

from maxent_tf.losses import soft_actor_loss

RNG = np.random.default_rng(0)
SHAPE = (2, 3, 4)
ALPHA = np.array([[0.0, 0.2, 1.0], [0.5, 0.1, 3.0]])
Q, ENTROPY = RNG.normal(size=(2, *SHAPE))


def test_actor_loss_is_minus_the_mean_soft_value() -> None:
    # Oracle: a loop; d loss / d q = -1 / B and d loss / d entropy = -alpha / B.
    q, entropy, alpha = (tf.constant(x) for x in (Q, ENTROPY, ALPHA))
    with tf.GradientTape() as tape:
        tape.watch([q, entropy])
        loss = soft_actor_loss(q, entropy, alpha)
    for_q, for_entropy = tape.gradient(loss, [q, entropy])
    for i, j in np.ndindex(2, 3):
        expected = -np.mean([Q[i, j, b] + ALPHA[i, j] * ENTROPY[i, j, b] for b in range(4)])
        np.testing.assert_allclose(loss[i, j], expected, rtol=1e-12)
    np.testing.assert_allclose(for_q, np.full(SHAPE, -0.25))
    np.testing.assert_allclose(for_entropy, np.broadcast_to(-ALPHA[..., None] / 4, SHAPE))
