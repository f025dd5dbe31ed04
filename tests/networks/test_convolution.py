"""Convolutions against a NumPy loop over learners, images and places."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import specs
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.networks import Convolution, Network
from maxent_tf.seeds import as_seed

RNG = np.random.default_rng(0)


def convolve(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """One layer of one learner: [B, H, W, C], [h, w, C, F] -> [B, H', W', F]."""
    size = kernel.shape[0]
    height, width = ((n - size) // stride + 1 for n in x.shape[1:3])
    out = np.zeros((len(x), height, width, kernel.shape[-1]))
    for i, j in np.ndindex(height, width):
        patch = x[:, i * stride : i * stride + size, j * stride : j * stride + size]
        out[:, i, j] = np.einsum("bhwc,hwcf->bf", patch, kernel) + bias
    return np.maximum(out, 0)


@pytest.mark.parametrize("channels_first", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_features_are_those_of_a_loop(channels_first: bool, count: int) -> None:
    shape = (2, 9, 8) if channels_first else (9, 8, 2)
    network = Convolution(shape, (3, 4), (4, 2), (2, 1), channels_first)
    params = network.init(as_seed(0), (count,))
    params = tf.nest.map_structure(lambda p: p + RNG.normal(size=p.shape), params)  # biases, too
    x = RNG.random((count, 5, *shape)).astype(np.float32)
    features = network.apply(params, tf.constant(x))
    for i in range(count):
        h = np.float64(x[i].transpose(0, 2, 3, 1) if channels_first else x[i])
        for layer, stride in zip(params, (2, 1), strict=True):
            h = convolve(h, layer.kernel.numpy()[i], layer.bias.numpy()[i], stride)
        np.testing.assert_allclose(features[i], h.reshape(5, -1), rtol=1e-4, atol=1e-4)


def test_the_defaults_are_the_published_sizes() -> None:
    # Oracle: Mnih et al. (2015), methods: 32 of 8 x 8, 64 of 4 x 4, 64 of 3 x 3; 7 x 7 are left.
    network = Convolution((84, 84, 4))
    params = network.init(as_seed(0), (1,))
    shapes = [tuple(layer.kernel.shape) for layer in params]
    assert shapes == [(1, 8, 8, 4, 32), (1, 4, 4, 32, 64), (1, 3, 3, 64, 64)]
    assert network.apply(params, tf.zeros([1, 2, 84, 84, 4])).shape == (1, 2, 7 * 7 * 64)
    assert isinstance(network, Network)


def test_filters_are_orthogonal_and_each_learners_own() -> None:
    # Oracle: Gram matrices, twice the identity.
    (layer,) = Convolution((9, 9, 2), (5,), (3,), (1,)).init(as_seed(0), (4,))
    matrices = layer.kernel.numpy().reshape(4, 18, 5)
    gram = np.swapaxes(matrices, -1, -2) @ matrices
    np.testing.assert_allclose(gram, np.broadcast_to(2 * np.eye(5), (4, 5, 5)), atol=1e-5)
    assert len(np.unique(matrices.reshape(4, -1), axis=0)) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": (3, 4)}, r"filters=\(3, 4\), .* must have one number each"),
        ({"shape": (24, 84, 4)}, r"leave images of 1 x 9 to filters of 3 x 3, from shape=\(24, 84"),
        ({"shape": (84, 84)}, r"shape=\(84, 84\) must have three axes"),
        ({"shape": (84, 84, 0)}, r"shape\[2\] must be an integer of at least 1, not 0"),
        ({"strides": (4, 0, 1)}, r"strides\[1\] must be an integer of at least 1, not 0"),
        ({"filters": 32}, r"filters must be a tuple, .* not 32"),
    ],
)
def test_layers_that_do_not_fit_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Convolution(**{"shape": (84, 84, 4), **arguments})


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        (specs.Image((40, 36)), r"gymnasium\.wrappers\.ReshapeObservation\(env, \(40, 36, 1\)\)"),
        (specs.Image((3, 40, 36)), r"Convolution\(\(3, 40, 36\), channels_first=True\)"),
        (specs.Image((36, 40, 3)), r"not observations of shape \(36, 40, 3\): build it as"),
        (specs.Box.of((7,)), r"not observations of shape \(7,\)"),
        (specs.Discrete(5), r"not observations of shape \(5,\)"),
        ({"eye": specs.Image((40, 36, 3))}, r"not a dict: name the part that is an image"),
    ],
)
def test_other_observations_are_refused_before_anything_runs(
    observation: Any, message: str
) -> None:
    # Oracle: the shape that is named; TensorFlow's kernel ends the process on some of these.
    network = Convolution((40, 36, 3), (4,), (8,), (4,))
    spec = specs.EnvironmentSpec(observation, specs.Discrete(2))
    with pytest.raises(ValueError, match=message) as error:
        A2C(spec, A2CConfig(network=network, hidden_sizes=(4,)))
    assert "shape=(40, 36, 3)" in str(error.value)


def test_the_remedy_for_grey_images_helps() -> None:
    network = Convolution((40, 36, 1), (4,), (8,), (4,))
    spec = specs.EnvironmentSpec(specs.Image((40, 36, 1)), specs.Discrete(2))
    learner = A2C(spec, A2CConfig(network=network, hidden_sizes=(4,)))
    pictures = tf.zeros([3, 40, 36, 1], tf.uint8)
    assert learner.policy(learner.init(0), pictures).batch_shape == [3]
