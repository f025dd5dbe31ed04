"""State-dependent exploration against its definition and its samples."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import draw_noise_matrix, noise_action, state_dependent_gaussian

RNG = np.random.default_rng(0)
LOC, FEATURES = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 4))
NOISE_SCALE = np.exp(RNG.normal(size=(4, 2)) - 1)


def test_the_scale_is_that_of_a_sum_of_independent_noises() -> None:
    # Oracle: the definition, written out; one matrix a state too.
    expected = [np.sqrt((f[:, None] ** 2 * NOISE_SCALE**2).sum(0)) for f in FEATURES]
    d = state_dependent_gaussian(LOC, FEATURES, NOISE_SCALE, -2.0, 1.0)
    np.testing.assert_allclose(d.scale, expected, rtol=1e-14)
    batched = state_dependent_gaussian(LOC, FEATURES, np.broadcast_to(NOISE_SCALE, (5, 4, 2)))
    np.testing.assert_allclose(batched.scale, expected, rtol=1e-14)


def test_exploration_has_the_law_of_the_policy() -> None:
    # Oracle: the policy's own mean and quantiles; and -log_prob averages to its entropy.
    d = state_dependent_gaussian(LOC, FEATURES, NOISE_SCALE, -2.0, 1.0)
    matrices = draw_noise_matrix(tf.constant(NOISE_SCALE), [50_000, 1], seed=1)
    action, log_prob, _ = noise_action(d, FEATURES, matrices)
    x = action.numpy()
    assert np.all(np.abs(x.mean(0) - d.mean()) < 5 * x.std(0) / np.sqrt(len(x)))
    np.testing.assert_allclose((x < d.median().numpy()).mean(0), 0.5, atol=5 * 0.5 / 50_000**0.5)
    surprise = -log_prob.numpy()
    error = surprise.std(0) / np.sqrt(len(x))
    assert np.all(np.abs(surprise.mean(0) - d.entropy()) < 5 * error)


def test_one_matrix_is_a_smooth_function_of_the_state() -> None:
    # Oracle: the pre-tanh value is linear in the features for a fixed matrix, and the density is
    # the policy's at that value.
    matrix = draw_noise_matrix(NOISE_SCALE, seed=2)
    d = state_dependent_gaussian(np.zeros((5, 2)), FEATURES, NOISE_SCALE)
    _, log_prob, u = noise_action(d, FEATURES, matrix)
    np.testing.assert_allclose(u, FEATURES @ matrix.numpy(), rtol=1e-12)
    np.testing.assert_array_equal(log_prob, d.log_prob_from_gaussian(u))


@pytest.mark.parametrize("jit", [False, True])
def test_gradients_reach_the_noise_scale(jit: bool) -> None:
    # Oracle: the chain rule by hand: dH / dsigma_ld = dH / dscale_d * phi_l^2 sigma_ld / scale_d.
    noise_scale, features = tf.constant(NOISE_SCALE), tf.constant(FEATURES[:1])

    @tf.function(jit_compile=jit)
    def gradients() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(noise_scale)
            d = state_dependent_gaussian(LOC[:1], features, noise_scale)
            entropy = d.entropy()
        return *tape.gradient(entropy, [noise_scale, d.scale]), d.scale

    gradient, d_scale, scale = (x.numpy() for x in gradients())
    expected = (d_scale / scale) * FEATURES[0][:, None] ** 2 * NOISE_SCALE
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)
