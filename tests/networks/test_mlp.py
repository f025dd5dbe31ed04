"""The multilayer perceptron against a NumPy loop over learners and layers."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import MLP
from maxent_tf.seeds import as_seed

ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}


@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_apply_is_a_loop_over_learners_and_layers(activation: str, rows: int) -> None:
    mlp = MLP(5, (8, 7), 3, activation)
    params = mlp.init(as_seed(0), [2, 3])
    rng = np.random.default_rng(0)
    params = tf.nest.map_structure(lambda p: p + rng.normal(size=p.shape), params)  # biases, too
    x = rng.normal(size=(2, 3, rows, 5)).astype(np.float32)
    actual = mlp.apply(params, tf.constant(x))
    for index in np.ndindex(2, 3):
        h = x[index].astype(np.float64)
        for k, layer in enumerate(params):
            h = h @ layer.kernel.numpy()[index] + layer.bias.numpy()[index]
            h = ACTIVATIONS[activation](h) if k < 2 else h
        np.testing.assert_allclose(actual[index], h, rtol=1e-4, atol=1e-4)


def test_without_hidden_layers_it_is_linear() -> None:
    # Oracle: the one kernel.
    mlp = MLP(5, (), 3)
    (layer,) = params = mlp.init(as_seed(0), [])
    np.testing.assert_allclose(mlp.apply(params, tf.eye(5)), layer.kernel, rtol=1e-6)


def test_layers_have_their_gains() -> None:
    # Oracle: singular values, sqrt(2) in hidden layers and output_gain in the last.
    params = MLP(6, (8, 7), 3, output_gain=0.01).init(as_seed(0), [2])
    for layer, gain in zip(params, (np.sqrt(2), np.sqrt(2), 0.01), strict=True):
        singular = np.linalg.svd(layer.kernel.numpy(), compute_uv=False)
        np.testing.assert_allclose(singular, gain, rtol=1e-5)


def test_layers_and_learners_are_drawn_independently() -> None:
    # Oracle: different seeds give different numbers, so no two of the kernels can be equal.
    params = MLP(5, (5, 5), 5, output_gain=float(np.sqrt(2))).init(as_seed(0), [2])
    kernels = [k for layer in params for k in layer.kernel.numpy()]
    for i, first in enumerate(kernels):
        for second in kernels[i + 1 :]:
            assert np.max(np.abs(first - second)) > 0.1


@pytest.mark.parametrize("sizes", [(0, (8,), 3), (5, (8, 0), 3), (5, (8,), -1)], ids=str)
def test_sizes_must_be_positive(sizes: tuple[int, tuple[int, ...], int]) -> None:
    with pytest.raises(
        ValueError, match=r"(inputs|outputs|hidden_sizes\[1\]) must be an integer of at least 1"
    ):
        MLP(*sizes)


def test_an_unknown_activation_is_named() -> None:
    with pytest.raises(ValueError, match=r"activation must be one of \['relu', 'tanh'\]"):
        MLP(5, (8,), 3, "gelu")
