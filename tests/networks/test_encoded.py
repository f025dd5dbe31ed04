"""Encoded networks against their two parts, one learner at a time."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import MLP, Encoded, Ensemble, PerLearner
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box

RNG = np.random.default_rng(0)


def network() -> Encoded:
    """Columns of a 3 x 2 observation weighted, and on them and one number more a layer."""
    encoder = PerLearner(
        lambda seed: tf.random.stateless_normal([2], seed), lambda w, x: tf.linalg.matvec(x, w)
    )
    return Encoded(Box.of((3, 2)), encoder, MLP(3 + 1, (), 4))


@pytest.mark.parametrize("batch_shape", [(), (2,), (2, 3)], ids=str)
def test_the_layers_see_features_and_what_goes_past_the_encoder(
    batch_shape: tuple[int, ...],
) -> None:
    # Oracle: NumPy, learner by learner.
    encoded = network()
    params = encoded.init(as_seed(0), batch_shape)
    assert params.encoder.shape == (*batch_shape, 2)
    x = RNG.normal(size=(*batch_shape, 5, 7)).astype(np.float32)
    outputs = encoded.apply(params, tf.constant(x))
    (layer,) = params.layers
    for index in np.ndindex(batch_shape):
        observation, past = x[index][:, :6].reshape(5, 3, 2), x[index][:, 6:]
        inputs = np.concatenate([observation @ params.encoder.numpy()[index], past], axis=-1)
        expected = inputs @ layer.kernel.numpy()[index]
        np.testing.assert_allclose(outputs[index], expected, rtol=1e-4, atol=1e-5)


def test_an_ensemble_of_them_is_its_members() -> None:
    # Oracle: the network itself with one member's parameters.
    encoded = network()
    ensemble = Ensemble(encoded, 3)
    params = ensemble.init(as_seed(0), (2,))
    x = tf.constant(RNG.normal(size=(2, 5, 7)), tf.float32)
    outputs = ensemble.apply(params, x)
    assert outputs.shape == (2, 3, 5, 4)
    for k in range(3):
        member = tf.nest.map_structure(lambda leaf, k=k: leaf[:, k], params)
        np.testing.assert_allclose(outputs[:, k], encoded.apply(member, x), rtol=1e-5, atol=1e-6)


def test_any_number_of_rows_may_come() -> None:
    # Oracle: the same rows in a graph that does not know how many there are.
    encoded = network()
    params = encoded.init(as_seed(0), (2,))
    x = tf.constant(RNG.normal(size=(2, 5, 7)), tf.float32)
    apply = tf.function(
        lambda x: encoded.apply(params, x), input_signature=[tf.TensorSpec([2, None, 7])]
    )
    np.testing.assert_allclose(apply(x), encoded.apply(params, x), rtol=1e-6, atol=1e-6)
