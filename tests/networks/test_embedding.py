"""The embedding against the dense layer whose rows it looks up."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import Embedding, dense

STATES, FEATURES, B, P = 7, 5, 4, (2, 3)


def one_hot() -> tf.Tensor:
    return tf.one_hot(np.random.default_rng(0).integers(STATES, size=(*P, B)), STATES)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_is_the_dense_layer_on_one_hot_inputs(activation: str, jit_compile: bool) -> None:
    # Oracle: the matrix product, and its gradients. A wrong axis of the gather mixes learners.
    network, x = Embedding(STATES, FEATURES, activation), one_hot()
    params = network.init(tf.constant([0, 1]), P)
    params = params._replace(bias=params.bias + 0.1)
    function = {"relu": tf.nn.relu, "tanh": tf.tanh}[activation]

    def value_and_gradient(apply, params):
        with tf.GradientTape() as tape:
            tape.watch(params)
            y = apply(params, x)
            total = tf.reduce_sum(y * tf.range(1.0, FEATURES + 1))
        return y, tape.gradient(total, params)

    looked_up = tf.function(value_and_gradient, autograph=False, jit_compile=jit_compile)
    found = looked_up(network.apply, params)
    expected = value_and_gradient(lambda w, x: function(dense.apply(w, x)), params)
    tf.nest.map_structure(lambda f, e: np.testing.assert_allclose(f, e, rtol=1e-5), found, expected)


def test_it_starts_as_the_first_layer_of_an_mlp() -> None:
    # Oracle: an orthogonal kernel with singular values sqrt(2), drawn for each learner by itself.
    kernel, bias = Embedding(STATES, FEATURES).init(tf.constant([0, 1]), P)
    np.testing.assert_allclose(
        np.linalg.svd(kernel.numpy(), compute_uv=False), np.full((*P, FEATURES), 2**0.5), rtol=1e-5
    )
    assert not bias.numpy().any()
    assert len(np.unique(kernel.numpy()[..., 0, 0])) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": 0, "outputs": 2}, "inputs"),
        ({"inputs": 2, "outputs": -1}, "outputs"),
        ({"inputs": 2, "outputs": 2, "activation": "gelu"}, "activation"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    # Oracle: the message names the argument.
    with pytest.raises(ValueError, match=message):
        Embedding(**arguments)
