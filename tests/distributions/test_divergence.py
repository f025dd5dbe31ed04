"""The generic divergence against closed forms."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import SquashedGaussian, divergence

tfb, tfd = tfp.bijectors, tfp.distributions
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("family", [tfd.Categorical, tfd.OneHotCategorical])
def test_categoricals_match_the_sum(family: type) -> None:
    # Oracle: sum p log(p / q), with 0 log 0 = 0. TFP's one-hot is NaN at the impossible outcome.
    p_logits, q_logits = RNG.normal(size=(2, 3, 4))
    p_logits[0, 2] = -np.inf
    # NumPy's float64 would become float32 in the one-hot.
    p_logits, q_logits = tf.constant(p_logits), tf.constant(q_logits)
    p, q = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (p_logits, q_logits))
    expected = (p * np.log(np.where(p > 0, p, 1) / q)).sum(-1)
    value = divergence(family(logits=p_logits), family(logits=q_logits))
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    assert np.isinf(divergence(family(logits=q_logits[0]), family(logits=p_logits[0])))


def test_independent_gaussians_match_the_closed_form() -> None:
    # Oracle: sum of log(s_q / s_p) + (s_p^2 + d^2) / (2 s_q^2) - 1/2.
    (m, n), (s, t) = RNG.normal(size=(2, 5)), np.exp(RNG.normal(size=(2, 5)))
    expected = (np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5).sum()
    p, q = (tfd.Independent(tfd.Normal(*x), 1) for x in ((m, s), (n, t)))
    np.testing.assert_allclose(divergence(p, q), expected, rtol=1e-13)
    squashed = SquashedGaussian(m, s), SquashedGaussian(n, t)
    np.testing.assert_allclose(divergence(*squashed), expected, rtol=1e-13)


def test_an_unknown_divergence_raises_and_names_the_estimator() -> None:
    mixture = tfd.MixtureSameFamily(tfd.Categorical([0.0, 0.0]), tfd.Normal([0.0, 1.0], 1.0))
    with pytest.raises(NotImplementedError, match="divergence_estimate"):
        divergence(mixture, tfd.Normal(0.0, 1.0))
    with pytest.raises(ValueError, match="divergence_estimate"):
        divergence(SquashedGaussian([0.0], [1.0]), SquashedGaussian([0.0], [1.0], low=-2.0))
