"""Weighted sums: what they reduce to, and Munchausen's recursion."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.regularizers import KL, Shannon, Tsallis, WeightedSum

RNG = np.random.default_rng(0)
Q = tf.constant(RNG.normal(size=(6, 4)))
MU = RNG.dirichlet(np.ones(4), size=6)


def test_one_term_scales_the_temperature() -> None:
    for term in (Shannon(), KL(MU)):
        both = WeightedSum((0.3,), (term,))
        np.testing.assert_allclose(both.soft_max(Q, 2.0), term.soft_max(Q, 0.6), rtol=1e-13)
        np.testing.assert_allclose(both.greedy(Q, 2.0), term.greedy(Q, 0.6), rtol=1e-13)


def test_shannon_and_divergence_to_the_last_policy_add_up_past_rewards() -> None:
    # Oracle: Munchausen's identity. With weights (1 - c, c) every step of
    # p_{k+1} = greedy(q_k; p_k) is softmax(sum_j c^(k-j) q_j / alpha), started from uniform.
    c, alpha = 0.9, 0.4
    total, p = np.zeros([6, 4]), tf.fill([6, 4], tf.constant(0.25, tf.float64))
    for _ in range(5):
        q = RNG.normal(size=(6, 4))
        p = WeightedSum((1 - c, c), (Shannon(), KL(p))).greedy(tf.constant(q), alpha)
        total = c * total + q
        np.testing.assert_allclose(p, tf.nn.softmax(total / alpha), rtol=1e-12)


def test_weights_may_differ_between_learners_and_be_zero() -> None:
    # Oracle: each learner alone; a term of weight 0 is absent, its zeros in the reference too.
    reference = np.array([0.0, 0.2, 0.3, 0.5])
    weight = np.array([[0.0], [0.25], [1.0]])
    together = WeightedSum((1 - weight, weight), (Shannon(), KL(reference)))
    alone = [
        Shannon(),
        WeightedSum((0.75, 0.25), (Shannon(), KL(reference))),
        KL(reference),
    ]
    v, p = together.soft_max(Q, 0.5), together.greedy(Q, 0.5)
    for i, regularizer in enumerate(alone):
        np.testing.assert_allclose(v[i], regularizer.soft_max(Q, 0.5), rtol=1e-13)
        np.testing.assert_allclose(p[i], regularizer.greedy(Q, 0.5), rtol=1e-12, atol=1e-15)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="same number of elements, at least one, not 1 and 2"):
        WeightedSum((1.0,), (Shannon(), Shannon()))
    with pytest.raises(ValueError, match="weights must be at least 0"):
        WeightedSum((1.0, -0.5), (Shannon(), Shannon()))
    with pytest.raises(ValueError, match="weights must not all be 0"):
        WeightedSum((0.0,), (Shannon(),))
    with pytest.raises(TypeError, match="terms must be Shannon or KL"):
        WeightedSum((1.0,), (Tsallis(),))  # type: ignore[arg-type]
