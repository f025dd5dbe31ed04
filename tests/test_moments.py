"""Running moments against NumPy over the whole history."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.moments import add_values, no_moments, scale

LEARNERS, SHAPE = (2, 3), (4,)


@pytest.mark.parametrize("centre", [0.0, 1e6], ids=["near 0", "far from 0"])
def test_batches_add_up_to_the_whole_history(centre: float) -> None:
    # Oracle: NumPy's mean and variance in float64 of each learner's valid values, to rounding: the
    # textbook sum of squares loses 12 of 16 digits far from 0.
    generator = np.random.default_rng(0)
    moments = no_moments(LEARNERS, SHAPE)
    history = []
    for size in (1, 7, 2, 30):
        values = centre + generator.normal(size=(*LEARNERS, size, *SHAPE))
        valid = generator.random((*LEARNERS, size)) < 0.7
        moments = add_values(moments, tf.constant(values), tf.constant(valid))
        history.append((values, valid))
    everything, kept = (np.concatenate(parts, axis=2) for parts in zip(*history, strict=True))
    for learner in np.ndindex(LEARNERS):
        values = everything[learner][kept[learner]]
        assert moments.count[learner] == len(values)
        np.testing.assert_allclose(moments.mean[learner], values.mean(0), rtol=1e-12, atol=1e-13)
        variance = moments.squares[learner] / len(values)
        np.testing.assert_allclose(variance, values.var(0), rtol=1e-9)
        np.testing.assert_allclose(scale(moments)[learner], values.std(0), rtol=1e-9)


def test_nothing_valid_changes_nothing() -> None:
    values = tf.random.stateless_normal([5, 4], [0, 1])
    before = add_values(no_moments((), SHAPE), values, tf.ones([5], tf.bool))
    after = add_values(before, 1e3 + values, tf.zeros([5], tf.bool))
    tf.nest.map_structure(np.testing.assert_array_equal, before, after)


def test_what_does_not_vary_is_not_scaled() -> None:
    # Oracle: there is no unit to divide by; a tiny divisor would blow up the first change.
    values = tf.constant([[3.0, 1.0], [3.0, 5.0]])
    moments = add_values(no_moments((), (2,)), values, tf.ones([2], tf.bool))
    np.testing.assert_allclose(scale(moments), [1.0, 2.0])
    np.testing.assert_array_equal(scale(no_moments((), (2,))), [1.0, 1.0])
