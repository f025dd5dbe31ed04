"""Features against NumPy's reshape and one-hot rows of the identity."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import features
from maxent_tf.specs import Box, Discrete, Image, MultiDiscrete, Spec

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


def test_images_become_numbers_between_0_and_1() -> None:
    observation = RNG.integers(256, size=(5, 6, 2, 3, 1)).astype(np.uint8)
    spec = Image((2, 3, 1))
    flat = features.flatten(spec, tf.constant(observation))
    assert flat.dtype == tf.float32
    np.testing.assert_allclose(flat, observation.reshape(5, 6, 6) / 255, rtol=1e-6)
    np.testing.assert_array_equal(features.unflatten(spec, flat), tf.reshape(flat, (5, 6, 2, 3, 1)))


def test_dicts_become_one_vector_and_a_dict_again() -> None:
    # Oracle: NumPy, in the order of sorted keys.
    spec = {"z": Box.of((2, 3)), "a": {"n": Discrete(7), "m": MultiDiscrete((2, 3))}}
    n, m = RNG.integers(7, size=(5, 6)), RNG.integers([2, 3], size=(5, 6, 2))
    z = RNG.normal(size=(5, 6, 2, 3)).astype(np.float32)
    observation = {"a": {"m": tf.constant(m, tf.int32), "n": tf.constant(n, tf.int32)}, "z": z}
    flat = features.flatten(spec, observation)
    assert features.num_features(spec) == flat.shape[-1] == 5 + 7 + 6
    one_hot = [np.eye(2)[m[..., 0]], np.eye(3)[m[..., 1]], np.eye(7)[n]]
    np.testing.assert_array_equal(flat, np.concatenate([*one_hot, z.reshape(5, 6, 6)], axis=-1))
    back = features.unflatten(spec, flat)
    np.testing.assert_array_equal(back["z"], z)
    np.testing.assert_array_equal(back["a"]["n"], one_hot[2])
    np.testing.assert_array_equal(back["a"]["m"], np.concatenate(one_hot[:2], axis=-1))


@pytest.mark.parametrize("observation", [{"a": tf.zeros([5, 3])}, tf.zeros([5, 3])], ids=type)
def test_wrong_keys_are_named(observation: Any) -> None:
    spec = {"a": Box.of((3,)), "b": Box.of(())}
    with pytest.raises(ValueError, match=r"must be a dict with the keys \['a', 'b'\], as in the"):
        features.flatten(spec, observation)


@pytest.mark.parametrize("spec", [Box.of((2, 3)), Box.of(()), Discrete(7)], ids=str)
def test_unflatten_gives_boxes_back_their_shape(spec: Spec) -> None:
    values = RNG.integers(7, size=(5, 6, *spec.shape))
    flat = features.flatten(spec, tf.constant(values, spec.dtype))
    expected = values if isinstance(spec, Box) else np.eye(7)[values]
    np.testing.assert_array_equal(features.unflatten(spec, flat), expected)


@pytest.mark.parametrize("shape", [[], [5, 4], [5, 3, 1]], ids=str)
def test_a_wrong_shape_is_named(shape: list[int]) -> None:
    with pytest.raises(ValueError, match=r"does not end in \(3,\).*\[\*batch_shape, B, \*shape\]"):
        features.flatten(Box.of((3,)), tf.zeros(shape))


@pytest.mark.parametrize("spec", [Box.of((3,)), Discrete(7), Image((2, 3, 1))], ids=str)
def test_one_observation_without_a_batch_axis_is_named(spec: Spec) -> None:
    # Oracle: with the axis that the message tells to add, it is taken.
    one = tf.zeros(spec.shape, spec.dtype)
    with pytest.raises(ValueError, match=r"has no batch axis: add one .*observation\[None\]"):
        features.flatten(spec, one)
    assert features.flatten(spec, one[None]).shape[0] == 1


def test_a_wrong_dtype_is_named() -> None:
    with pytest.raises(ValueError, match="must be float32, as in the spec, not float64"):
        features.flatten(Box.of((3,)), tf.zeros([5, 3], tf.float64))
    with pytest.raises(ValueError, match="must be int32, as in the spec, not int64"):
        features.flatten(Discrete(3), tf.zeros([5], tf.int64))


@pytest.mark.parametrize("outside", [-1, 7])
def test_discrete_values_out_of_range_are_named(outside: int) -> None:
    # Oracle: there is no such value; its row of zeros would be learned from.
    with pytest.raises(ValueError, match=rf"Discrete\(num_values=7\) holds {outside}, .* 0 to 6"):
        features.flatten(Discrete(7), tf.constant([[3, outside]]))
    value = tf.constant([[[6, 0], [outside % 7, 5]]])
    with pytest.raises(
        ValueError, match=r"holds 5, where the values are 0 to 1: .* start elsewhere"
    ):
        features.flatten({"a": MultiDiscrete((7, 2))}, {"a": value})


def test_the_mask_of_actions_is_no_feature() -> None:
    # Oracle: the features of the same observation without it.
    rest = {"b": Box.of((3,)), "a": {"action_mask": Discrete(2)}}
    spec = {**rest, "action_mask": MultiDiscrete((2,) * 4)}
    mask = RNG.integers(2, size=(2, 5, 4)).astype(np.int32)
    numbers = RNG.normal(size=(2, 5, 3)).astype(np.float32)
    seen = {"b": numbers, "a": {"action_mask": np.ones((2, 5), np.int32)}}
    observation = {**seen, "action_mask": mask}
    flat = features.flatten(spec, observation)
    assert features.num_features(spec) == features.num_features(rest) == flat.shape[-1] == 5
    np.testing.assert_array_equal(flat, features.flatten(rest, seen))
    back = features.unflatten(spec, flat)
    assert back.keys() == rest.keys()
    np.testing.assert_array_equal(back["b"], numbers)
    found = features.action_mask(spec, observation)
    np.testing.assert_array_equal(found, mask.astype(bool), strict=True)
    for without, shown in ((rest, seen), (rest["b"], numbers)):
        assert features.action_mask(without, shown) is None


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((5, 3), np.int32), r"of shape \(5, 3\) does not end in \(2,\)"),
        (np.ones((5, 2), np.float32), "must be int32, as in the spec, not float32"),
        (np.full((5, 2), 2, np.int32), "holds 2, where the values are 0 to 1"),
        (None, r"must be a dict with the keys \['a', 'action_mask'\]"),
    ],
    ids=["shape", "dtype", "value", "missing"],
)
def test_wrong_masks_are_named(mask: Any, message: str) -> None:
    spec = {"a": Box.of((3,)), "action_mask": MultiDiscrete((2, 2))}
    observation = {"a": np.zeros((5, 3), np.float32)} | (
        {} if mask is None else {"action_mask": mask}
    )
    with pytest.raises(ValueError, match=message):
        features.action_mask(spec, observation)
