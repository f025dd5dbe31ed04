"""The table against NumPy's indexing."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import Table
from maxent_tf.seeds import as_seed


@pytest.mark.parametrize("rows", [1, 6])
def test_one_hot_inputs_look_up_rows(rows: int) -> None:
    rng = np.random.default_rng(0)
    params, index = rng.normal(size=(2, 3, 5, 4)), rng.integers(5, size=(2, 3, rows))
    actual = Table(5, 4).apply(tf.constant(params), tf.one_hot(index, 5, dtype=tf.float64))
    np.testing.assert_array_equal(actual, np.take_along_axis(params, index[..., None], -2))


def test_starts_at_zero() -> None:
    np.testing.assert_array_equal(Table(5, 4).init(as_seed(0), [2, 3]), np.zeros([2, 3, 5, 4]))


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 4), (5, -1)])
def test_sizes_must_be_positive(inputs: int, outputs: int) -> None:
    with pytest.raises(ValueError, match=r"(inputs|outputs) must be an integer of at least 1"):
        Table(inputs, outputs)
