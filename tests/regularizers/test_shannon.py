"""Shannon's entropy against the NumPy oracle and SciPy's log-sum-exp."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from maxent_tf.reference import discrete_entropy
from maxent_tf.regularizers import Shannon

LOGITS = np.random.default_rng(0).normal(scale=4.0, size=(50, 7))


@pytest.mark.parametrize("alpha", [0.01, 1.0, 30.0])
def test_matches_scipy_and_the_numpy_entropy(alpha: float) -> None:
    q, r = tf.constant(LOGITS), Shannon()
    expected = alpha * scipy.special.logsumexp(LOGITS / alpha, axis=-1)
    np.testing.assert_allclose(r.soft_max(q, alpha), expected, rtol=1e-13)
    p = r.greedy(q, alpha)
    np.testing.assert_allclose(
        p, scipy.special.softmax(LOGITS / alpha, axis=-1), rtol=1e-10, atol=1e-300
    )
    np.testing.assert_allclose(r.value(p), discrete_entropy(LOGITS / alpha), atol=1e-12)


def test_the_hard_maximum_splits_ties_evenly() -> None:
    # Oracle: by hand.
    q = tf.constant([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [5.0, 0.0, 0.0]])
    np.testing.assert_array_equal(Shannon().soft_max(q, 0.0), [3, 2, 5])
    third = np.float32(1 / 3)
    np.testing.assert_allclose(
        Shannon().greedy(q, 0.0), [[0, 0.5, 0.5], [third] * 3, [1, 0, 0]], rtol=1e-7
    )
