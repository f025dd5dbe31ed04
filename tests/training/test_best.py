"""The best state against the states that were offered."""

import numpy as np
import tensorflow as tf

from maxent_tf.training.best import Best


def test_the_best_of_each_learner_is_kept_in_its_own_dtypes() -> None:
    # Oracle: for every learner, the first of the states with its highest return.
    def state(number: int) -> dict[str, tf.Tensor]:
        return {
            "weights": tf.fill([3, 2], float(number)),
            "half": tf.fill([3], tf.cast(number, tf.bfloat16)),
            "count": tf.fill([3], number),
            "flag": tf.fill([3], number % 2 == 1),
            "shared": tf.constant(number),
        }

    best = Best()
    assert best.state(state(0)) is None
    for number, returns in enumerate(
        ([1.0, 5.0, 2.0], [3.0, 4.0, 2.0], [2.0, 4.5, 7.0], [3.0, 1.0, 7.0])
    ):
        best.offer(state(number), np.float32(returns))
    kept = best.state(like=state(9))
    first = [1, 0, 2]
    assert int(kept.pop("shared")) == 2
    for name in kept:
        leaf = state(0)[name]
        assert kept[name].dtype == leaf.dtype
        expected = np.stack([np.asarray(state(number)[name])[0] for number in first])
        np.testing.assert_array_equal(np.asarray(kept[name]), expected)
    np.testing.assert_array_equal(best.arrays[0], [3, 5, 7])
