"""Helpers for axes against `tf.shape` and NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.axes import (
    expand_like,
    merge_time,
    select,
    sizes,
    split_time,
    times_column,
)


def test_open_lengths_are_those_of_the_call() -> None:
    # Oracle: `tf.shape` of the tensors that a program is called with.
    @tf.function(input_signature=[tf.TensorSpec([3, None, 2, None])], autograph=False)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        lengths = sizes(x)
        assert lengths[0] == 3
        assert lengths[2] == 2
        return tf.stack(lengths), tf.shape(x)

    for open_lengths in ((5, 1), (0, 7)):
        found, expected = both(tf.zeros([3, open_lengths[0], 2, open_lengths[1]]))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("batch_shape", [(), (2,), (2, 3)], ids=str)
@pytest.mark.parametrize("length", [1, 4])
def test_time_is_merged_and_split(batch_shape: tuple[int, ...], length: int) -> None:
    # Oracle: NumPy's indexing; time comes before the environments.
    x = np.random.default_rng(0).normal(size=(length, *batch_shape, 5, 7))
    ndims = len(batch_shape)
    merged = merge_time({"x": tf.constant(x)}, ndims)["x"].numpy()
    for index in np.ndindex(batch_shape):
        for t in range(length):
            for b in range(5):
                np.testing.assert_array_equal(merged[index][t * 5 + b], x[t][index][b])
    np.testing.assert_array_equal(split_time(tf.constant(merged), ndims, length), x)


@pytest.mark.parametrize("shape", [(3, 4), (5, 3, 4), (5, 1, 3, 64), (25, 1, 64, 2), (2, 1, 1, 1)])
@pytest.mark.parametrize("rows", ["known", "open"])
def test_one_column_meets_every_matrix(shape: tuple[int, ...], rows: str) -> None:
    # Oracle: NumPy. TensorFlow's own product of the third and the fourth is wrong, or crashes.
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    column = np.arange(1.0, 1 + shape[-1], dtype=np.float32)
    given = [*shape[:-2], None if rows == "open" else shape[-2], shape[-1]]
    product = tf.function(
        times_column, input_signature=[tf.TensorSpec(given), tf.TensorSpec([None])]
    )
    found = product(tf.constant(x), tf.constant(column))
    assert found.shape == shape[:-1]
    np.testing.assert_allclose(found, x @ column, rtol=1e-4, atol=1e-3)


def test_structures_are_selected_world_by_world() -> None:
    # Oracle: NumPy's indexing.
    condition = np.array([[True, False, True], [False, False, True]])
    first = {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(24).reshape(2, 3, 4)}
    second = {name: -1 - x for name, x in first.items()}
    chosen = select(tf.constant(condition), *tf.nest.map_structure(tf.constant, [first, second]))
    for name, x in chosen.items():
        np.testing.assert_array_equal(x.numpy()[condition], first[name][condition])
        np.testing.assert_array_equal(x.numpy()[~condition], second[name][~condition])


def test_axes_are_appended_when_lengths_are_open() -> None:
    # Oracle: NumPy's newaxis.
    @tf.function(input_signature=[tf.TensorSpec([2, None]), tf.TensorSpec([2, None, 3, 1])])
    def expanded(x: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        return expand_like(x, like)

    x = np.arange(10, dtype=np.float32).reshape(2, 5)
    found = expanded(tf.constant(x), tf.zeros([2, 5, 3, 1]))
    np.testing.assert_array_equal(found, x[..., None, None])
