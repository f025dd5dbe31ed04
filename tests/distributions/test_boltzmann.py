"""The Boltzmann policy against its formula and its limits."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import boltzmann
from maxent_tf.regularizers import KL, Regularizer, ReverseKL, Shannon, Tsallis

Q = np.random.default_rng(0).normal(size=(5, 4))


def test_is_proportional_to_exp_q_over_alpha() -> None:
    # Oracle: the formula, in float64.
    alpha = np.array([0.1, 0.3, 1.0, 3.0, 10.0])
    weight = np.exp(Q / alpha[:, None])
    expected = weight / weight.sum(-1, keepdims=True)
    np.testing.assert_allclose(boltzmann(Q, alpha).probs_parameter(), expected, rtol=1e-13)


@pytest.mark.parametrize("alpha", [0.0, 1e-300])
def test_zero_temperature_is_uniform_over_the_maximisers(alpha: float) -> None:
    # Oracle: the definition; the ties of the first row are exact.
    q = np.array([[2.0, 2.0, 1.0, -np.inf], [0.0, 5.0, 1.0, 2.0]])
    expected = [[0.5, 0.5, 0, 0], [0, 1, 0, 0]]
    np.testing.assert_array_equal(boltzmann(q, alpha).probs_parameter(), expected)


def test_alphas_may_mix_zero_and_positive_with_finite_gradients() -> None:
    # Oracle: the rows computed one by one, and d log pi(a) / dq = (1[a] - pi) / alpha.
    q, alpha = tf.constant(Q[:2]), tf.constant([0.0, 0.5], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([q, alpha])
        d = boltzmann(q, alpha)
        log_prob = d.log_prob([np.argmax(Q[0]), 1])
    gradient, d_alpha = tape.gradient(log_prob, [q, alpha])
    probs = d.probs_parameter().numpy()
    np.testing.assert_array_equal(probs[0], Q[0] == Q[0].max())
    np.testing.assert_allclose(gradient[1], (np.eye(4)[1] - probs[1]) / 0.5, rtol=1e-12)
    assert np.all(np.isfinite(gradient[0]))
    np.testing.assert_allclose(d_alpha[1], -(Q[1, 1] - probs[1] @ Q[1]) / 0.25, rtol=1e-12)


def test_other_regularizers_give_their_greedy_policy() -> None:
    # Oracle: what the regulariser returns.
    class Halves:
        def greedy(self, q: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
            return tf.concat([0.5 * tf.ones_like(q[..., :2]), tf.zeros_like(q[..., 2:])], -1)

    d = boltzmann(Q, 0.3, regularizer=Halves())
    np.testing.assert_allclose(d.probs_parameter()[0], [0.5, 0.5, 0, 0])


def test_negative_alpha_raises() -> None:
    with pytest.raises(ValueError, match="alpha must be at least 0, not -1"):
        boltzmann(Q, -1.0)


MU = [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize("regularizer", [Shannon(), KL(MU), ReverseKL(MU), Tsallis()])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_every_regularizer_has_its_policy(regularizer: Regularizer, alpha: float) -> None:
    # Oracle: brute force: no policy near it has a larger regularised value, <p, q> + alpha value.
    q = tf.constant(Q)
    p = boltzmann(q, alpha, regularizer=regularizer).probs_parameter()
    noise = np.random.default_rng(1).dirichlet(np.ones(4), size=(200, 5))
    other = 0.9 * p + 0.1 * noise

    def objective(p: tf.Tensor) -> np.ndarray:
        return (tf.reduce_sum(p * q, -1) + (alpha * regularizer.value(p) if alpha else 0.0)).numpy()

    assert np.all(objective(p) >= objective(other) - 1e-12)


def test_shannon_by_name_or_default_is_one_policy() -> None:
    # Oracle: each other; the default keeps the logits, and so the log of tiny probabilities.
    for alpha in (0.0, 0.01, 1.0):
        by_name = boltzmann(Q, alpha, regularizer=Shannon()).probs_parameter()
        np.testing.assert_allclose(boltzmann(Q, alpha).probs_parameter(), by_name, rtol=1e-12)


def test_impossible_actions_leave_gradients_finite() -> None:
    # Oracle: the gradients of the same problem without the action.
    def gradients(q: list[float]) -> list[np.ndarray]:
        q, alpha = tf.constant(q), tf.constant(0.5)
        with tf.GradientTape() as tape:
            tape.watch([q, alpha])
            entropy = boltzmann(q, alpha).entropy()
        return [g.numpy() for g in tape.gradient(entropy, [q, alpha])]

    d_q, d_alpha = gradients([1.0, -np.inf, 0.3])
    expected_q, expected_alpha = gradients([1.0, 0.3])
    np.testing.assert_allclose(d_q, [expected_q[0], 0, expected_q[1]], rtol=1e-6)
    np.testing.assert_allclose(d_alpha, expected_alpha, rtol=1e-6)


@pytest.mark.parametrize("alpha", [1e-3, 1e-10, 1e-18, 1e-25, 1e-37, 0.0])
def test_tiny_alphas_leave_gradients_finite(alpha: float) -> None:
    # Oracle: the entropy is exp(-gap / alpha) or less, and so are its derivatives: zero.
    q, a = tf.constant([1.0, -1.0, -300.0]), tf.constant(alpha)
    with tf.GradientTape() as tape:
        tape.watch([q, a])
        entropy = boltzmann(q, a).entropy()
    for gradient in (entropy, *tape.gradient(entropy, [q, a])):
        np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))
