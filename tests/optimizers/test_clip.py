"""Clipping by global norm against TensorFlow's, learner by learner."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.optimizers import clip_by_global_norm


def gradients(batch_shape: tuple[int, ...], dtype: str = "float32") -> Any:
    rng = np.random.default_rng(0)
    # Some learners' norms below the largest, some above.
    size = np.exp(rng.normal(scale=2.0, size=batch_shape))
    return {
        "w": tf.constant(rng.normal(size=(*batch_shape, 3, 4)) * size[..., None, None], dtype),
        "b": (tf.constant(rng.normal(size=(*batch_shape, 4)) * size[..., None], dtype),),
        "s": tf.constant(rng.normal(size=batch_shape) * size, dtype),
        "row": tf.constant(
            rng.normal(size=(*batch_shape, 1, 64)) * size[..., None, None] / 9, dtype
        ),
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_shape", [(), (5,), (4, 3), (5, 1), (1, 5)])
def test_equals_tensorflow_learner_by_learner(batch_shape: tuple[int, ...], dtype: str) -> None:
    grads = gradients(batch_shape, dtype)
    clipped, norm = clip_by_global_norm(grads, 2.0, batch_ndims=len(batch_shape))
    below = 0
    for index in np.ndindex(*batch_shape):
        leaves = [leaf[index] for leaf in tf.nest.flatten(grads)]
        expected, expected_norm = tf.clip_by_global_norm(leaves, 2.0)
        np.testing.assert_allclose(norm[index], expected_norm, rtol=1e-6)
        below += float(expected_norm) < 2
        for actual, want in zip(tf.nest.flatten(clipped), expected, strict=True):
            np.testing.assert_allclose(actual[index], want, rtol=1e-6)
    assert batch_shape == () or 0 < below < np.prod(batch_shape)


def test_the_largest_norm_may_differ_between_learners() -> None:
    # Oracle: each norm is the smaller of what it was and what is allowed.
    grads = gradients((4, 3), "float64")
    limit = tf.constant([[0.1], [1.0], [5.0], [1e9]], tf.float64)
    clipped, norm = clip_by_global_norm(grads, limit, batch_ndims=2)
    _, after = clip_by_global_norm(clipped, 1e9, batch_ndims=2)
    np.testing.assert_allclose(after, np.minimum(norm, limit), rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("fault", [np.nan, np.inf, 3e38])
def test_a_norm_that_is_not_finite_shows_and_stays_with_its_learner(
    fault: float, compiled: bool
) -> None:
    # Oracle: TensorFlow's clip_by_global_norm turns every gradient NaN; 3e38 overflows squared, and
    # would without that be clipped to an innocent 0.
    grads = gradients((4,))
    faulty = {**grads, "s": tf.tensor_scatter_nd_update(grads["s"], [[2]], [fault])}

    def clip(grads: Any) -> Any:
        return clip_by_global_norm(grads, 1.0, batch_ndims=1)

    clip = tf.function(clip, jit_compile=True) if compiled else clip
    (clipped, norm), (expected, expected_norm) = clip(faulty), clip(grads)
    others = np.array([0, 1, 3])
    np.testing.assert_array_equal(norm.numpy()[others], expected_norm.numpy()[others])
    for actual, want in zip(tf.nest.flatten(clipped), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(actual.numpy()[others], want.numpy()[others])
        assert np.all(np.isnan(actual.numpy()[2]))


def test_zero_gradients_stay_zero() -> None:
    # Oracle: 0 has norm 0, below any limit.
    clipped, norm = clip_by_global_norm([tf.zeros([2, 3])], 1.0, batch_ndims=1)
    np.testing.assert_array_equal(clipped[0], np.zeros([2, 3]))
    np.testing.assert_array_equal(norm, [0, 0])


def test_a_limit_that_is_not_positive_is_named() -> None:
    with pytest.raises(ValueError, match=r"max_norm must be positive, not 0\.0"):
        clip_by_global_norm([tf.zeros([2])], 0.0)
