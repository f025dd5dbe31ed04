"""The divergence to a reference: its relation to Shannon's entropy, and zeros in the reference."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.regularizers import KL, Shannon

RNG = np.random.default_rng(0)


def test_value_matches_scipy() -> None:
    p, reference = RNG.dirichlet(np.ones(5), size=(2, 20))
    expected = -scipy.stats.entropy(p, reference, axis=-1)
    np.testing.assert_allclose(KL(tf.constant(reference)).value(p), expected, rtol=1e-12)


def test_the_uniform_reference_gives_shannon_less_its_maximum() -> None:
    # Oracle: KL(p, uniform) = log A - H(p).
    q = tf.constant(RNG.normal(size=(10, 4)))
    uniform, shannon = KL(tf.fill([4], tf.constant(0.25, tf.float64))), Shannon()
    for alpha in (0.0, 0.5):
        np.testing.assert_allclose(uniform.greedy(q, alpha), shannon.greedy(q, alpha), atol=1e-14)
        np.testing.assert_allclose(
            uniform.soft_max(q, alpha), shannon.soft_max(q, alpha) - alpha * np.log(4), atol=1e-13
        )


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_actions_without_reference_stay_without(alpha: float) -> None:
    # Oracle: the others alone, however good the impossible one is.
    reference = np.array([0.7, 0.0, 0.3])
    q = np.array([0.5, 100.0, 0.2])
    regularizer, rest = KL(reference), KL(reference[[0, 2]])
    np.testing.assert_allclose(
        regularizer.soft_max(tf.constant(q), alpha), rest.soft_max(tf.constant(q[[0, 2]]), alpha)
    )
    p = regularizer.greedy(tf.constant(q), alpha)
    np.testing.assert_allclose(p.numpy()[[0, 2]], rest.greedy(tf.constant(q[[0, 2]]), alpha))
    assert p[1] == 0
    np.testing.assert_allclose(regularizer.value(p), rest.value(p.numpy()[[0, 2]]), rtol=1e-14)
    assert regularizer.value(tf.constant([0.5, 0.5, 0.0], tf.float64)) == -np.inf


def test_at_alpha_zero_ties_are_broken_as_the_reference_does() -> None:
    # Oracle: the limit, by hand.
    p = KL([0.6, 0.2, 0.2]).greedy(tf.constant([1.0, 1.0, 0.0], tf.float64), 0.0)
    np.testing.assert_allclose(p, [0.75, 0.25, 0], rtol=1e-14)


def test_references_may_differ_between_states() -> None:
    # Oracle: state by state. [alphas, 1] against q [S, A] against reference [S, A].
    reference, q = RNG.dirichlet(np.ones(3), size=4), RNG.normal(size=(4, 3))
    alpha = np.array([[0.1], [2.0]])
    v = KL(reference).soft_max(tf.constant(q), alpha)
    for i, s in np.ndindex(2, 4):
        alone = KL(reference[s]).soft_max(tf.constant(q[s]), alpha[i, 0])
        np.testing.assert_allclose(v[i, s], alone, rtol=1e-13)


def test_gradients_reach_the_reference() -> None:
    # Oracle: d v / d mu_a = alpha p_a / mu_a, and 0 where mu is 0.
    reference = tf.constant([0.7, 0.0, 0.3], tf.float64)
    q = tf.constant([0.5, 0.1, 0.2], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(reference)
        regularizer = KL(reference)
        v = regularizer.soft_max(q, 0.5)
    p = regularizer.greedy(q, 0.5).numpy()
    expected = 0.5 * np.array([p[0] / 0.7, 0, p[2] / 0.3])
    np.testing.assert_allclose(tape.gradient(v, reference), expected, rtol=1e-12)


def test_python_numbers_keep_their_digits_in_float64() -> None:
    # Oracle: log .1 in float64; by way of float32 it is off by 1e-8.
    value = KL([0.9, 0.1]).value(tf.constant([0.0, 1.0], tf.float64))
    np.testing.assert_allclose(value, np.log(0.1), rtol=1e-15)


@pytest.mark.parametrize("reference", [[0.5, 0.6], [1.5, -0.5], [np.nan, 1.0]])
def test_what_is_no_distribution_is_refused(reference: list[float]) -> None:
    with pytest.raises(ValueError, match="reference must be probabilities"):
        KL(reference)
