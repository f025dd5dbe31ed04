"""Features against NumPy's reshape and one-hot rows of the identity."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import features
from maxent_tf.specs import Box, Discrete, MultiDiscrete, Spec

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)], ids=str)
def test_boxes_are_flattened(shape: tuple[int, ...]) -> None:
    observation = RNG.normal(size=(5, 6, *shape)).astype(np.float32)
    flat = features.flatten(Box.of(shape), tf.constant(observation))
    np.testing.assert_array_equal(flat, observation.reshape(5, 6, -1))
    assert flat.shape[-1] == features.num_features(Box.of(shape))


def test_discrete_values_become_one_hot() -> None:
    observation = RNG.integers(7, size=(5, 6)).astype(np.int32)
    flat = features.flatten(Discrete(7), tf.constant(observation))
    assert flat.dtype == tf.float32
    np.testing.assert_array_equal(flat, np.eye(7)[observation])


def test_vectors_of_discrete_values_become_one_hot_one_behind_the_other() -> None:
    observation = RNG.integers([7, 2], size=(5, 6, 2)).astype(np.int32)
    flat = features.flatten(MultiDiscrete((7, 2)), tf.constant(observation))
    assert features.num_features(MultiDiscrete((7, 2))) == 9
    rows = [np.eye(7)[observation[..., 0]], np.eye(2)[observation[..., 1]]]
    np.testing.assert_array_equal(flat, np.concatenate(rows, axis=-1))


@pytest.mark.parametrize("spec", [Box.of((2, 3)), Box.of(()), Discrete(7)], ids=str)
def test_unflatten_gives_boxes_back_their_shape(spec: Spec) -> None:
    values = RNG.integers(7, size=(5, 6, *spec.shape))
    flat = features.flatten(spec, tf.constant(values, spec.dtype))
    expected = values if isinstance(spec, Box) else np.eye(7)[values]
    np.testing.assert_array_equal(features.unflatten(spec, flat), expected)


@pytest.mark.parametrize("shape", [[3], [5, 4], [5, 3, 1]], ids=str)
def test_a_wrong_shape_is_named(shape: list[int]) -> None:
    # [3] ends rightly, but has no axis for the worlds.
    with pytest.raises(ValueError, match=r"does not end in \(3,\).*\[\*batch_shape, B, \*shape\]"):
        features.flatten(Box.of((3,)), tf.zeros(shape))


def test_a_wrong_dtype_is_named() -> None:
    with pytest.raises(ValueError, match="must be float32, as in the spec, not float64"):
        features.flatten(Box.of((3,)), tf.zeros([5, 3], tf.float64))
    with pytest.raises(ValueError, match="must be int32, as in the spec, not int64"):
        features.flatten(Discrete(3), tf.zeros([5], tf.int64))
