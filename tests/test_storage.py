"""What is kept comes back, and its variables have kernels on a GPU."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import storage

VALUES = [
    np.int32([-(2**31), -1, 0, 7, 2**31 - 1]),
    np.array([True, False]),
    np.uint8([0, 255]),
    np.float32([-0.0, np.inf, np.nan, 1e-45]),
    np.int64([-(2**63), 2**63 - 1]),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.dtype.name)
def test_what_is_kept_comes_back_to_the_bit(value: np.ndarray) -> None:
    # Oracle: the bytes themselves.
    kept = storage.to_stored(tf.constant(value))
    assert kept.dtype == storage.stored_dtype(tf.as_dtype(value.dtype))
    assert storage.from_stored(kept, tf.as_dtype(value.dtype)).numpy().tobytes() == value.tobytes()
