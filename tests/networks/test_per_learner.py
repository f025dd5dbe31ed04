"""Networks of one learner, mapped over many, against a Python loop over them."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import Network, PerLearner
from maxent_tf.seeds import as_seed


def initialize(seed: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"kernel": tf.random.stateless_normal([3, 4], seed), "scale": tf.constant(2.0)}


def call(params: Any, x: Any) -> tf.Tensor:
    return tf.tanh(params["scale"] * x @ params["kernel"])


NETWORK = PerLearner(initialize, call)


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_each_learner_has_its_own(count: int, mode: str) -> None:
    apply = NETWORK.apply
    if mode != "eager":
        apply = tf.function(apply, autograph=False, jit_compile=mode == "xla")
    params = NETWORK.init(as_seed(0), (count,))
    x = tf.constant(np.random.default_rng(0).normal(size=(count, 6, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(params)
        outputs = apply(params, x)
        total = tf.reduce_sum(outputs**2)
    gradient = tape.gradient(total, params)
    for i in range(count):
        own = tf.nest.map_structure(lambda leaf, i=i: leaf[i], params)
        with tf.GradientTape() as tape:
            tape.watch(own)
            expected = call(own, x[i])
            total = tf.reduce_sum(expected**2)
        np.testing.assert_allclose(outputs[i], expected, rtol=1e-5, atol=1e-6)
        for name, expected in tape.gradient(total, own).items():
            np.testing.assert_allclose(gradient[name][i], expected, rtol=1e-4, atol=1e-5)
    assert len(np.unique(params["kernel"].numpy().reshape(count, -1), axis=0)) == count


def test_follows_the_protocol() -> None:
    assert isinstance(NETWORK, Network)
    assert not isinstance(call, Network)
