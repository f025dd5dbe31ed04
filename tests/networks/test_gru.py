"""The gated recurrent unit against Keras's cell, and unrolled against its own steps."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from maxent_tf.networks import GRU, MLP, GRUParams
from maxent_tf.seeds import as_seed

RNG = np.random.default_rng(0)
H, F = 4, 3
NETWORK = GRU(H, inputs=MLP(F, (), 3 * H), layers=MLP(H, (), 2))


def random_params(batch_shape: tuple[int, ...]) -> GRUParams:
    params = NETWORK.init(as_seed(0), batch_shape)
    return tf.nest.map_structure(lambda x: x + 0.3 * RNG.normal(size=x.shape), params)


@pytest.mark.parametrize("batch_shape", [(), (2, 3)], ids=str)
def test_a_step_is_that_of_keras(batch_shape: tuple[int, ...]) -> None:
    params = random_params(batch_shape)
    x = RNG.normal(size=(*batch_shape, 5, F)).astype(np.float32)
    first = RNG.normal(size=(*batch_shape, 5, H)).astype(np.float32)
    memory = NETWORK.remember(params, tf.constant(first), tf.constant(x))
    outputs = NETWORK.read(params, memory)
    for i in np.ndindex(batch_shape):
        cell = keras.layers.GRUCell(H)
        cell.build((None, F))
        (gates,) = params.inputs
        biases = np.concatenate([gates.bias.numpy()[i], params.recurrent.bias.numpy()[i]])
        cell.set_weights([gates.kernel.numpy()[i], params.recurrent.kernel.numpy()[i], biases])
        before = tf.constant(first[i])  # Keras 2 takes no arrays
        expected, _ = cell(x[i], [before])
        np.testing.assert_allclose(memory[i], expected, rtol=1e-5, atol=1e-6)
        (layer,) = params.layers
        of_memory = expected.numpy() @ layer.kernel.numpy()[i] + layer.bias.numpy()[i]
        np.testing.assert_allclose(outputs[i], of_memory, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["eager", "xla"])
def test_unrolled_it_is_a_loop_over_its_steps(mode: str) -> None:
    # Oracle: `remember`, step by step; from the memory that was acted from where an episode begins.
    length, worlds = 5, 3
    params = random_params((2,))
    x, acted_from, weight = (
        tf.constant(RNG.normal(size=(2, length * worlds, size)), tf.float32) for size in (F, H, 2)
    )
    is_first = tf.constant(RNG.random((length, 2, worlds)) < 0.4)

    def gradient(params: GRUParams) -> tuple[tf.Tensor, GRUParams]:
        with tf.GradientTape() as tape:
            tape.watch(params)
            memories = NETWORK.unroll(params, acted_from, x, is_first)
            outputs = NETWORK.read(params, memories)
            total = tf.reduce_sum(weight * outputs)
        return outputs, tape.gradient(total, params)

    if mode == "xla":
        gradient = tf.function(gradient, autograph=False, jit_compile=True)
    outputs, grads = gradient(params)
    with tf.GradientTape() as tape:
        tape.watch(params)
        rows = []
        steps, memories = (tf.reshape(part, [2, length, worlds, -1]) for part in (x, acted_from))
        memory = memories[:, 0]
        for t in range(length):
            if t > 0:
                memory = tf.where(is_first[t, ..., None], memories[:, t], memory)
            memory = NETWORK.remember(params, memory, steps[:, t])
            rows.append(NETWORK.read(params, memory))
        expected = tf.reshape(tf.stack(rows, axis=1), [2, length * worlds, 2])
        total = tf.reduce_sum(weight * expected)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    tf.nest.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4),
        grads,
        tape.gradient(total, params),
    )
