"""The lengths of axes. Oracle: `tf.shape` of the tensors that a program is called with."""

import numpy as np
import tensorflow as tf

from maxent_tf.axes import sizes


def test_open_lengths_are_those_of_the_call() -> None:
    @tf.function(input_signature=[tf.TensorSpec([3, None, 2, None])], autograph=False)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        lengths = sizes(x)
        assert lengths[0] == 3
        assert lengths[2] == 2
        return tf.stack(lengths), tf.shape(x)

    for open_lengths in ((5, 1), (0, 7)):
        found, expected = both(tf.zeros([3, open_lengths[0], 2, open_lengths[1]]))
        np.testing.assert_array_equal(found, expected)
