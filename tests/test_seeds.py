"""Seeds: stateless, of shape [2]."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.seeds import as_seed


def test_as_seed_keeps_a_stateless_seed_and_lifts_an_integer() -> None:
    # Oracle: the docstring's rule.
    np.testing.assert_array_equal(as_seed([4, 7]), [4, 7])
    np.testing.assert_array_equal(as_seed(np.int64(7)), [0, 7])
    assert as_seed(tf.constant([4, 7], tf.int64)).dtype == tf.int32


def test_as_seed_keeps_all_64_bits_of_an_integer() -> None:
    # Oracle: two's complement, by hand.
    np.testing.assert_array_equal(as_seed(2**31), [0, -(2**31)])
    np.testing.assert_array_equal(as_seed(2**32 + 5), [1, 5])
    np.testing.assert_array_equal(as_seed(-1), [-1, -1])


@pytest.mark.parametrize("seed", [True, 0.5, [1, 2, 3], [[1, 2]]])
def test_as_seed_refuses_what_is_not_a_seed(seed: object) -> None:
    with pytest.raises(ValueError, match="seed must be"):
        as_seed(seed)
