"""A pushforward draws what its function makes of normal noise, and knows no density."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.distributions import Pushforward

LOC = np.array([[1.0], [-2.0], [0.5]], np.float32)
SCALE = np.array([[0.5], [2.0], [1.0]], np.float32)


def gaussian() -> Pushforward:
    return Pushforward(lambda noise: LOC[:, None] + SCALE[:, None] * noise, [3], 1)


def test_draws_have_the_distribution() -> None:
    # Oracle: the moments of the Gaussian that an affine function makes; five standard errors.
    draws = gaussian().sample(4000, seed=0).numpy()
    assert draws.shape == (4000, 3, 1)
    error = SCALE / np.sqrt(4000)
    np.testing.assert_array_less(np.abs(draws.mean(0) - LOC), 5 * error)
    np.testing.assert_array_less(np.abs(draws.std(0) - SCALE), 5 * error / np.sqrt(2))


def test_one_draw_and_the_centre() -> None:
    # Oracle: a single draw is the first of one; the noise's mean goes to the Gaussian's.
    distribution = gaussian()
    assert distribution.sample(seed=1).shape == (3, 1)
    np.testing.assert_array_equal(distribution.sample(seed=1), distribution.sample(1, seed=1)[0])
    np.testing.assert_array_equal(distribution.centre(), LOC)


def test_what_is_unknown_raises() -> None:
    with pytest.raises(NotImplementedError):
        gaussian().log_prob(tf.zeros([3, 1]))
    with pytest.raises(NotImplementedError):
        mx.entropy(gaussian())
