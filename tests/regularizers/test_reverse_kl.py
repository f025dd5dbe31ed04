"""The reverse divergence: bisection, AlphaZero's policy, zeros in the reference."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.regularizers import ReverseKL

RNG = np.random.default_rng(0)


def by_bisection(q: np.ndarray, scale: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Grill et al. (2020), equation 8 and appendix B.3, in float64."""
    q = q - q.max(-1, keepdims=True)
    low = (q + scale * reference).max(-1, keepdims=True)
    high = np.broadcast_to(scale, low.shape)
    for _ in range(200):
        middle = (low + high) / 2
        above = np.sum(scale * reference / (middle - q), -1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return scale * reference / (high - q)


@pytest.mark.parametrize("actions", [2, 8, 362])
@pytest.mark.parametrize("simulations", [1, 50, 10_000])
def test_alphazeros_regularised_policy(actions: int, simulations: int) -> None:
    # Oracle: bisection on the normaliser, at the temperature that Grill et al. derive for N
    # simulations, c sqrt(N) / (A + N).
    q = -RNG.exponential(size=(50, actions))
    reference = RNG.dirichlet(np.full(actions, 0.3), 50) + 1e-12
    reference /= reference.sum(-1, keepdims=True)
    scale = np.full([50, 1], 1.25 * np.sqrt(simulations) / (actions + simulations))
    p = ReverseKL(tf.constant(reference)).greedy(tf.constant(q), scale[:, 0])
    np.testing.assert_allclose(p, by_bisection(q, scale, reference), rtol=1e-11, atol=1e-12)


def test_gaps_of_every_size_at_once_and_many_actions() -> None:
    # Oracle: bisection. Newton's steps are most where gaps, or references, span many scales.
    spans = np.geomspace(1e-12, 10, 60)
    for z in (-spans, -spans[::-1], np.zeros(60)):
        for reference in (np.full(60, 1 / 60), spans / spans.sum(), spans[::-1] / spans.sum()):
            p = ReverseKL(tf.constant(reference)).greedy(tf.constant(z), 1.0)
            np.testing.assert_allclose(p, by_bisection(z, np.ones(1), reference), rtol=1e-10)


def test_value_matches_scipy() -> None:
    p, reference = RNG.dirichlet(np.ones(5), size=(2, 20))
    expected = -scipy.stats.entropy(reference, p, axis=-1)
    np.testing.assert_allclose(ReverseKL(tf.constant(reference)).value(p), expected, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_actions_without_reference_or_illegal_are_absent(alpha: float) -> None:
    # Oracle: the others alone with the reference among them, however good the absent ones are.
    reference, mask = np.array([0.5, 0.0, 0.2, 0.3]), np.array([True, True, True, False])
    q, rest = np.array([0.5, 100.0, 0.2, 7.0]), ReverseKL(np.array([5, 2]) / 7)
    regularizer, few = ReverseKL(reference), tf.constant(q[[0, 2]])
    p = regularizer.greedy(tf.constant(q), alpha, mask).numpy()
    np.testing.assert_allclose(p[[0, 2]], rest.greedy(few, alpha), rtol=1e-13)
    np.testing.assert_array_equal(p[[1, 3]], [0, 0])
    v = regularizer.soft_max(tf.constant(q), alpha, mask)
    np.testing.assert_allclose(v, rest.soft_max(few, alpha), rtol=1e-13)


def test_a_policy_that_drops_an_action_is_infinitely_far() -> None:
    # Oracle: the definition; an action that the reference drops as well costs nothing.
    half = [0.5, 0.0, 0.5]
    assert ReverseKL([0.6, 0.2, 0.2]).value(tf.constant(half)) == -np.inf
    assert ReverseKL(half).value(tf.constant(half)) == 0


def test_at_alpha_zero_ties_are_broken_as_the_reference_does() -> None:
    # Oracle: the limit, by hand.
    p = ReverseKL([0.6, 0.2, 0.2]).greedy(tf.constant([1.0, 1.0, 0.0], tf.float64), 0.0)
    np.testing.assert_allclose(p, [0.75, 0.25, 0], rtol=1e-14)


def test_references_may_differ_between_states() -> None:
    # Oracle: state by state. [alphas, 1] against q [S, A] against reference [S, A].
    reference, q = RNG.dirichlet(np.ones(3), size=4), RNG.normal(size=(4, 3))
    alpha = np.array([[0.1], [2.0]])
    v = ReverseKL(reference).soft_max(tf.constant(q), alpha)
    for i, s in np.ndindex(2, 4):
        alone = ReverseKL(reference[s]).soft_max(tf.constant(q[s]), alpha[i, 0])
        np.testing.assert_allclose(v[i, s], alone, rtol=1e-13)


def test_a_reference_that_underflows_is_absent() -> None:
    # Oracle: in float32, 1e-40 has no reciprocal; the other actions alone.
    p = ReverseKL(tf.constant([0.5, 0.5, 1e-40])).greedy(tf.constant([0.0, -1.0, 5.0]), 1.0)
    rest = ReverseKL([0.5, 0.5]).greedy(tf.constant([0.0, -1.0]), 1.0)
    np.testing.assert_allclose(p, [*rest.numpy(), 0], rtol=1e-6)


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(ValueError, match="reference must be probabilities"):
        ReverseKL([0.5, 0.6])
