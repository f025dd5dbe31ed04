"""Keras models as networks, against Keras itself called model by model."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import Keras, Network
from maxent_tf.seeds import as_seed

keras = pytest.importorskip("keras", minversion="3.0")


def build() -> Any:
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(5, "relu"), layers.LayerNormalization(), layers.Dense(4)]
    )


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_each_learner_has_a_model_of_its_own(count: int, mode: str) -> None:
    network = Keras(build)
    apply = network.apply
    if mode != "eager":
        apply = tf.function(apply, autograph=False, jit_compile=mode == "xla")
    params = network.init(as_seed(0), (count,))
    x = tf.constant(np.random.default_rng(0).normal(size=(count, 6, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(params)
        outputs = apply(params, x)
        total = tf.reduce_sum(outputs**2)
    gradient = tape.gradient(total, params)
    for i in range(count):
        model = build()
        model.set_weights([leaf[i].numpy() for leaf in params])
        with tf.GradientTape() as tape:
            expected = model(x[i])
            total = tf.reduce_sum(expected**2)
        np.testing.assert_allclose(outputs[i], expected, rtol=1e-5, atol=1e-5)
        own = tape.gradient(total, [v.value for v in model.trainable_variables])
        for leaf, expected in zip(gradient, own, strict=True):
            np.testing.assert_allclose(leaf[i], expected, rtol=1e-3, atol=1e-4)


def test_the_seed_decides_the_weights_and_nothing_else_is_touched() -> None:
    # Oracle: bits; Python's generator, from which Keras takes its seeds, goes on as it would.
    random.seed(7)
    first = Keras(build).init(as_seed(3), (2,))
    after = random.random()
    random.seed(7)
    assert after == random.random()
    again, other = (Keras(build).init(as_seed(seed), (2,)) for seed in (3, 4))
    tf.nest.map_structure(np.testing.assert_array_equal, first, again)
    kernels = np.concatenate([first[0].numpy(), other[0].numpy()]).reshape(4, -1)
    assert len(np.unique(kernels, axis=0)) == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "build must return a model of Keras 3"),
        (
            lambda: keras.Sequential([keras.layers.Dense(4)]),
            r"without weights: begin it with a keras\.Input",
        ),
        (
            lambda: keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()]),
            r"variables that are not trained, \[.*moving_mean.*layer normalisation",
        ),
        (
            lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5)]),
            "variables that are not trained.*leave out dropout",
        ),
    ],
)
def test_a_model_that_would_not_learn_as_expected_is_refused(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Keras(make).init(as_seed(0), (1,))


def test_weights_are_not_drawn_inside_a_graph() -> None:
    with pytest.raises(ValueError, match=r"outside of tf\.function"):
        tf.function(lambda: Keras(build).init(as_seed(0), (1,)), autograph=False)()


def test_follows_the_protocol() -> None:
    assert isinstance(Keras(build), Network)
