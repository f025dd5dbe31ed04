"""One step of gradient descent, against the gradient by hand."""

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.optimizers import SGD, gradient_step

RNG = np.random.default_rng(0)


def test_a_gradient_step_is_each_learners_own() -> None:
    # Oracle: by hand, the loss sum (x - c)^2 / 2 has the gradient x - c.
    params = {"x": tf.constant(RNG.normal(size=(2, 3, 4)))}
    target = RNG.normal(size=(2, 3, 4))

    def loss(params: Any) -> tuple[tf.Tensor, Any]:
        return tf.reduce_sum((params["x"] - target) ** 2, axis=-1) / 2, params["x"] + 1

    optimizer = SGD(tf.constant([[0.1, 0.2, 0.3]], tf.float64))
    step = gradient_step(loss, params, optimizer, optimizer.init(params), 2)
    gradient = params["x"] - target
    rate = np.array([0.1, 0.2, 0.3])[:, None]
    np.testing.assert_allclose(step.params["x"], params["x"] - rate * gradient, rtol=1e-12)
    np.testing.assert_allclose(step.loss, np.sum(gradient**2, -1) / 2, rtol=1e-12)
    np.testing.assert_allclose(step.grad_norm, np.linalg.norm(gradient, axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(step.aux, params["x"] + 1)
    assert step.optimizer.step == 1
