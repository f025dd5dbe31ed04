"""Noisy layers against the laws of their noise, and against the network without noise."""

import math

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import (
    MLP,
    Encoded,
    Ensemble,
    NoisyDenseParams,
    NoisyLayers,
    NoisyMLP,
    PerLearner,
    Table,
    perturbed,
)
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box

FORMS = ["factorised", "independent"]


def fresh(
    form: str, shape: tuple[int, ...], mlp: MLP
) -> tuple[NoisyMLP, tuple[NoisyDenseParams, ...]]:
    network = NoisyMLP(mlp, NoisyLayers(form))
    return network, network.init(as_seed(0), shape)


def noise_of(network: NoisyMLP, params: tuple[NoisyDenseParams, ...], seed: int) -> list:
    """The noise itself, (kernel, bias) of every layer: what was added, over its scale."""
    return [
        (
            ((new.kernel - old.kernel) / old.kernel_scale).numpy().astype(float),
            ((new.bias - old.bias) / old.bias_scale).numpy().astype(float),
        )
        for new, old in zip(network.perturbed(params, seed), params, strict=True)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_fresh_means_are_those_of_the_network_without_noise(form: str) -> None:
    # Oracle: the perceptron from the same seed, to the bit; the scales by the paper's formula.
    mlp = MLP(5, (8, 7), 3, output_gain=0.01)
    network, params = fresh(form, (2, 3), mlp)
    for noisy, plain in zip(params, mlp.init(as_seed(0), (2, 3)), strict=True):
        np.testing.assert_array_equal(noisy.kernel, plain.kernel)
        np.testing.assert_array_equal(noisy.bias, plain.bias)
    for noisy, inputs in zip(params, (5, 8, 7), strict=True):
        np.testing.assert_allclose(noisy.kernel_scale, 0.5 / math.sqrt(inputs), rtol=1e-6)
        np.testing.assert_allclose(noisy.bias_scale, 0.5 / math.sqrt(inputs), rtol=1e-6)
    x = tf.random.stateless_normal([2, 3, 4, 5], [0, 1])
    plain = mlp.apply(mlp.init(as_seed(0), (2, 3)), x)
    np.testing.assert_array_equal(network.apply(params, x), plain)


def test_factorised_noise_has_the_variances_of_its_formula() -> None:
    # Oracle: f(e)^2 = |e|, whose mean is sqrt(2 / pi). A weight has the variance
    # E|e| E|e'| = 2 / pi, and a bias sqrt(2 / pi). With E|e|^2 = 1, squares have the variances
    # 1 - (2 / pi)^2 and 1 - 2 / pi, from which follow the standard errors. Every learner gives one
    # independent sample of one weight and one bias.
    count = 20_000
    network, params = fresh("factorised", (count,), MLP(2, (), 2))
    ((kernel, bias),) = noise_of(network, params, seed=1)
    for noise, variance in (
        (kernel[:, 0, 1], 2 / math.pi),
        (bias[:, 0, 1], math.sqrt(2 / math.pi)),
    ):
        error = math.sqrt((1 - variance**2) / count)
        assert abs(np.mean(noise**2) - variance) < 4 * error
        assert abs(np.mean(noise)) < 4 * math.sqrt(variance / count)


def test_factorised_noise_is_an_outer_product() -> None:
    # Oracle: f(e) f(e')^T has rank 1, and its columns share their signs with f(e') of the bias.
    network, params = fresh("factorised", (2,), MLP(6, (), 4))
    ((kernel, bias),) = noise_of(network, params, seed=1)
    for learner in range(2):
        singular = np.linalg.svd(kernel[learner], compute_uv=False)
        assert singular[1] < 1e-5 * singular[0]
        column = kernel[learner] / bias[learner]
        np.testing.assert_allclose(column, np.repeat(column[:, :1], 4, axis=1), rtol=1e-3)


def test_independent_noise_is_standard_normal_everywhere() -> None:
    # Oracle: the moments of the standard normal distribution, whose squares have the variance 2,
    # and no correlation between two weights, or a weight and a bias.
    count = 20_000
    network, params = fresh("independent", (count,), MLP(2, (), 2))
    ((kernel, bias),) = noise_of(network, params, seed=1)
    flat = np.concatenate([kernel.reshape(count, 4), bias.reshape(count, 2)], axis=1)
    np.testing.assert_allclose(np.mean(flat**2, axis=0), 1, atol=4 * math.sqrt(2 / count))
    correlation = np.corrcoef(flat.T) - np.eye(6)
    assert np.max(np.abs(correlation)) < 4 / math.sqrt(count)


@pytest.mark.parametrize("form", FORMS)
def test_layers_learners_and_copies_have_noise_of_their_own(form: str) -> None:
    # Oracle: independent samples are uncorrelated, up to a standard error of 1 / sqrt(count).
    count = 4000
    network = NoisyMLP(MLP(1, (1,), 1), NoisyLayers(form))
    params = Ensemble(network, 2).init(as_seed(0), (count, 2))
    noise = [x.reshape(count, 2, 2) for layer in noise_of(network, params, 1) for x in layer]
    # Rows: the numbers of each of two learners, with two copies each.
    kernels = np.stack([noise[0], noise[2]], axis=1).reshape(count, -1)
    biases = np.stack([noise[1], noise[3]], axis=1).reshape(count, -1)
    for rows in (kernels, biases):
        correlation = np.corrcoef(rows.T) - np.eye(rows.shape[1])
        assert np.max(np.abs(correlation)) < 4.5 / math.sqrt(count)


@pytest.mark.parametrize("form", FORMS)
def test_all_rows_of_a_batch_share_the_noise(form: str) -> None:
    # Oracle: equal rows have equal outputs, and other seeds give other outputs.
    network, params = fresh(form, (2,), MLP(3, (4,), 2))
    x = tf.tile(tf.constant([[[0.3, -1.0, 2.0]]]), [2, 5, 1])
    outputs = [network.apply(network.perturbed(params, seed), x).numpy() for seed in (1, 2)]
    for y in outputs:
        np.testing.assert_array_equal(y, np.repeat(y[:, :1], 5, axis=1))
    assert np.all(outputs[0] != outputs[1])
    np.testing.assert_array_equal(network.apply(network.perturbed(params, 1), x), outputs[0])


@pytest.mark.parametrize("form", FORMS)
def test_a_scales_gradient_is_its_means_times_the_noise(form: str) -> None:
    # Oracle: the chain rule through mean + scale * noise, by the noise read off the result.
    network, params = fresh(form, (2,), MLP(3, (4,), 2))
    x = tf.random.stateless_normal([2, 6, 3], [0, 1])
    with tf.GradientTape() as tape:
        tape.watch(params)
        loss = tf.reduce_sum(tf.square(network.apply(network.perturbed(params, 5), x)))
    gradient = tape.gradient(loss, params)
    for layer, (of_kernel, of_bias) in zip(gradient, noise_of(network, params, 5), strict=True):
        assert np.all(np.abs(layer.bias_scale.numpy()) > 0)
        np.testing.assert_allclose(layer.kernel_scale, layer.kernel * of_kernel, rtol=1e-3)
        np.testing.assert_allclose(layer.bias_scale, layer.bias * of_bias, rtol=1e-3)


def test_behind_an_encoder_the_layers_are_noisy_and_the_encoder_is_not() -> None:
    # Oracle: the parameters themselves, before and after; a network without noise keeps all.
    encoder = PerLearner(lambda seed: tf.ones([3, 2]), lambda kernel, x: x @ kernel)
    layers = NoisyMLP(MLP(2, (), 4), NoisyLayers())
    network = Encoded(Box.of((3,)), encoder, layers)
    params = network.init(as_seed(0), (2,))
    noisy = perturbed(network, params, 1)
    np.testing.assert_array_equal(noisy.encoder, params.encoder)
    expected = layers.perturbed(params.layers, 1)
    tf.nest.map_structure(np.testing.assert_array_equal, noisy.layers, expected)
    x = tf.random.stateless_normal([2, 5, 3], [0, 1])
    np.testing.assert_allclose(
        network.apply(noisy, x), layers.apply(expected, x @ tf.ones([3, 2])), rtol=1e-5, atol=1e-6
    )
    for plain in (MLP(3, (4,), 2), Table(3, 2), Encoded(Box.of((3,)), encoder, MLP(2, (), 4))):
        params = plain.init(as_seed(0), (2,))
        kept = perturbed(plain, params, None)
        tf.nest.map_structure(np.testing.assert_array_equal, kept, params)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"form": "gaussian"}, "form must be one of"),
        ({"sigma0": 0.0}, "sigma0 must be positive and finite, not 0.0"),
        ({"sigma0": math.inf}, "sigma0 must be positive and finite, not inf"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NoisyLayers(**arguments)
