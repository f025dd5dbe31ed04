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


def recurrent(**options: Any) -> Any:
    """Looks at three steps in a row, of one number each."""
    layers = keras.layers
    shape = [keras.Input((3,)), layers.Reshape((3, 1))]
    return keras.Sequential([*shape, layers.LSTM(4, **options)])


def with_layer(layer: Any) -> Any:
    return keras.Sequential([keras.Input((3,)), layer])


class Penalised(keras.layers.Layer):
    """Adds a loss, but in training alone."""

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.add_loss(tf.reduce_sum(x))
        return x


class Called(keras.Model):
    """A subclass, built by being called, that takes no `training`."""

    def __init__(self, layer: Any):
        super().__init__()
        self.layer = layer
        self(np.zeros((1, 3)))

    def call(self, x: Any) -> Any:
        return self.layer(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: None, "build must return a model of Keras 3"),
        (
            lambda: keras.Sequential([keras.layers.Dense(4)]),
            r"without weights: begin it with a keras\.Input",
        ),
        (
            lambda: with_layer(keras.layers.BatchNormalization()),
            r"variables that are not trained, \[.*moving_mean.*layer normalisation",
        ),
        (
            lambda: with_layer(keras.layers.Dense(2, trainable=False)),
            r"variables that are not trained, \[.*kernel.*frozen layers",
        ),
        (
            lambda: with_layer(keras.layers.Dense(2, kernel_constraint="max_norm")),
            r"constrains its weights \[.*kernel'\].*leave out kernel_constraint",
        ),
        (
            lambda: Called(keras.layers.Dense(2, bias_constraint="non_neg")),
            r"constrains its weights \[.*bias'\]",
        ),
        (
            lambda: keras.Sequential(
                [keras.Input((3, 1), batch_size=1), keras.layers.GRU(2, stateful=True)]
            ),
            r"remember from call to call, \['gru.*use memory_size of A2C",
        ),
        (lambda: with_layer(keras.layers.Dropout(0.01)), "draws random.*leave out dropout"),
        (lambda: Called(keras.layers.GaussianNoise(0.1)), "draws random numbers in training"),
        (lambda: recurrent(dropout=0.01), "draws random.*recurrent layers too"),
        (lambda: recurrent(recurrent_dropout=0.3), "draws random numbers in training"),
        *(
            (
                lambda options=options: with_layer(keras.layers.Dense(2, **options)),
                "losses of its own, by regularisers.*Weight decay is not supported",
            )
            for options in (
                {"kernel_regularizer": "l1"},
                {"bias_regularizer": "l2"},
                {"activity_regularizer": "l2"},
            )
        ),
        (lambda: recurrent(recurrent_regularizer="l2"), "losses of its own"),
        (lambda: with_layer(keras.layers.ActivityRegularization(l1=0.1)), "losses of its own"),
        (lambda: Called(Penalised()), "losses of its own.*add_loss"),
        (
            lambda: keras.Model(x := keras.Input((3,)), [x, keras.layers.Dense(2)(x)]),
            "must return one tensor of TensorFlow, not list: give it a single output",
        ),
    ],
)
def test_what_a_learner_would_leave_out_is_refused(make: Callable[[], Any], message: str) -> None:
    # Oracle: Keras's documentation of what each does in `fit`, which is called by no learner.
    network = Keras(make)
    with pytest.raises(ValueError, match=message):
        network.apply(network.init(as_seed(0), (1,)), tf.ones([1, 2, 3]))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_recurrent_layers_without_dropout_are_accepted(count: int, mode: str) -> None:
    # Oracle: Keras's own call and gradient, model by model.
    network = Keras(recurrent)
    params = network.init(as_seed(0), (count,))
    x = tf.constant(np.random.default_rng(1).normal(size=(count, 5, 3)), tf.float32)

    def value_and_gradient(params: Any, x: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(params)
            outputs = network.apply(params, x)
            total = tf.reduce_sum(outputs**2)
        return outputs, tape.gradient(total, params)

    if mode != "eager":
        value_and_gradient = tf.function(
            value_and_gradient, autograph=False, jit_compile=mode == "xla"
        )
    outputs, gradient = value_and_gradient(params, x)
    for i in range(count):
        model = recurrent()
        model.set_weights(
            [*(leaf[i].numpy() for leaf in params), *model.get_weights()[len(params) :]]
        )
        with tf.GradientTape() as tape:
            expected = model(x[i])
            total = tf.reduce_sum(expected**2)
        np.testing.assert_allclose(outputs[i], expected, rtol=1e-5, atol=1e-5)
        own = tape.gradient(total, [v.value for v in model.trainable_variables])
        for leaf, expected in zip(gradient, own, strict=True):
            np.testing.assert_allclose(leaf[i], expected, rtol=1e-3, atol=1e-4)


def test_weights_are_not_drawn_inside_a_graph() -> None:
    with pytest.raises(ValueError, match=r"outside of tf\.function"):
        tf.function(lambda: Keras(build).init(as_seed(0), (1,)), autograph=False)()


def test_follows_the_protocol() -> None:
    assert isinstance(Keras(build), Network)
