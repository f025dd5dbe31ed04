"""Networks for each key against the parts, put together by hand."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import MLP, PerKey
from maxent_tf.seeds import as_seed

RNG = np.random.default_rng(0)
X = {
    "b": tf.constant(RNG.normal(size=(2, 5, 3)), tf.float32),
    "a": tf.constant(RNG.normal(size=(2, 5, 2, 2)), tf.float32),
    "c": {"d": tf.constant(RNG.normal(size=(2, 5)), tf.float32)},
}


def test_features_come_in_the_order_of_keys() -> None:
    # Oracle: the network itself, and NumPy's reshape of the parts that have none.
    mlp = MLP(3, (4,), 6)
    network = PerKey({"b": mlp})
    params = network.init(as_seed(0), (2,))
    assert set(params) == {"b"}
    expected = np.concatenate(
        [
            X["a"].numpy().reshape(2, 5, 4),
            mlp.apply(params["b"], X["b"]),
            X["c"]["d"].numpy()[..., None],
        ],
        axis=-1,
    )
    np.testing.assert_allclose(network.apply(params, X), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ({"a": X["a"]}, r"for \['b'\], but the observation is a dict of \['a'\]"),
        (X["b"], "but the observation is no dict"),
    ],
)
def test_a_missing_part_is_named(x: Any, message: str) -> None:
    network = PerKey({"b": MLP(3, (), 6)})
    with pytest.raises(ValueError, match=message):
        network.apply(network.init(as_seed(0), (2,)), x)
