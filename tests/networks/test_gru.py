"""The gated recurrent unit against Keras's cell, and unrolled against its own steps."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from maxent_tf.networks import GRU, MLP, GRUParams
from maxent_tf.seeds import as_seed

RNG = np.random.default_rng(0)
# Another's memory of 4 comes first, then this one's, then 3 features.
H, F = 4, 3
NETWORK = GRU(H, memory_at=H, features_at=2 * H, inputs=MLP(F, (), 3 * H), layers=MLP(H, (), 2))


def random_params(batch_shape: tuple[int, ...]) -> GRUParams:
    params = NETWORK.init(as_seed(0), batch_shape)
    return tf.nest.map_structure(lambda x: x + 0.3 * RNG.normal(size=x.shape), params)


@pytest.mark.parametrize("batch_shape", [(), (2, 3)], ids=str)
def test_a_step_is_that_of_keras(batch_shape: tuple[int, ...]) -> None:
    params = random_params(batch_shape)
    x = RNG.normal(size=(*batch_shape, 5, 2 * H + F)).astype(np.float32)
    memory = NETWORK.remember(params, tf.constant(x))
    outputs = NETWORK.apply(params, tf.constant(x))
    for i in np.ndindex(batch_shape):
        cell = keras.layers.GRUCell(H)
        cell.build((None, F))
        (gates,) = params.inputs
        biases = np.concatenate([gates.bias.numpy()[i], params.recurrent.bias.numpy()[i]])
        cell.set_weights([gates.kernel.numpy()[i], params.recurrent.kernel.numpy()[i], biases])
        before = tf.constant(x[i][:, H : 2 * H])  # Keras 2 takes no arrays
        expected, _ = cell(x[i][:, 2 * H :], [before])
        np.testing.assert_allclose(memory[i], expected, rtol=1e-5, atol=1e-6)
        (layer,) = params.layers
        of_memory = expected.numpy() @ layer.kernel.numpy()[i] + layer.bias.numpy()[i]
        np.testing.assert_allclose(outputs[i], of_memory, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["eager", "xla"])
def test_unrolled_it_is_a_loop_over_its_steps(mode: str) -> None:
    # Oracle: `remember`, step by step and world by world; the memory is empty where one begins.
    length, worlds = 5, 3
    params = random_params((2,))
    x = tf.constant(RNG.normal(size=(2, length * worlds, 2 * H + F)), tf.float32)
    begins = tf.constant(RNG.random((2, length, worlds)) < 0.4)
    weight = tf.constant(RNG.normal(size=(2, length * worlds, 2)), tf.float32)

    def gradient(params: GRUParams) -> tuple[tf.Tensor, GRUParams]:
        with tf.GradientTape() as tape:
            tape.watch(params)
            outputs = NETWORK.unroll(params, x, begins)
            total = tf.reduce_sum(weight * outputs)
        return outputs, tape.gradient(total, params)

    if mode == "xla":
        gradient = tf.function(gradient, autograph=False, jit_compile=True)
    outputs, grads = gradient(params)
    with tf.GradientTape() as tape:
        tape.watch(params)
        rows = []
        at = tf.reshape(x, [2, length, worlds, 2 * H + F])
        memory = at[:, 0, :, H : 2 * H]
        for t in range(length):
            if t > 0:
                memory = tf.where(begins[:, t, :, None], 0.0, memory)
            inputs = tf.concat([at[:, t, :, :H], memory, at[:, t, :, 2 * H :]], axis=-1)
            memory = NETWORK.remember(params, inputs)
            rows.append(NETWORK.apply(params, inputs))
        expected = tf.reshape(tf.stack(rows, axis=1), [2, length * worlds, 2])
        total = tf.reduce_sum(weight * expected)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4),
        grads,
        tape.gradient(total, params),
    )
