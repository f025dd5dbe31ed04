"""The bijector against TFP's, automatic differentiation, and the contract of a bijector.

TFP's own conformance function for bijectors is not in its wheel; the contract is written out here.
"""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf.distributions import SquashedGaussian, Tanh, entropy_estimate

tfb, tfd = tfp.bijectors, tfp.distributions
BOXES = [(-1.0, 1.0), (0.0, 1.0), (0.1, 0.7), (-2.0, [1.0, 3.0, 4.0]), ([-3.0, -2, -1], [0, 1, 5])]


@pytest.mark.parametrize(("low", "high"), BOXES)
def test_the_contract_of_a_bijector(low: object, high: object) -> None:
    # Oracle: inverse and forward undo each other; the log-Jacobian is that of autodiff, and its
    # negative at the image; it sums over event dimensions.
    bijector = Tanh(low, high)
    u = tf.constant(np.random.default_rng(0).uniform(-4, 4, size=(5, 3)))
    with tf.GradientTape() as tape:
        tape.watch(u)
        y = bijector.forward(u)
    slope = tape.gradient(y, u)
    np.testing.assert_allclose(bijector.inverse(tf.identity(y)), u, rtol=1e-11)
    each = bijector.forward_log_det_jacobian(u, event_ndims=0)
    np.testing.assert_allclose(each, np.log(slope), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        bijector.inverse_log_det_jacobian(tf.identity(y), event_ndims=0),
        -each,
        rtol=1e-8,
        atol=1e-9,
    )
    total = bijector.forward_log_det_jacobian(u, event_ndims=1)
    np.testing.assert_allclose(total, tf.reduce_sum(each, -1), rtol=1e-13)
    assert np.all(np.diff(bijector.forward(tf.sort(u, 0)), axis=0) > 0)


def test_matches_tfp_where_tfp_is_accurate() -> None:
    # Oracle: tfp.bijectors.Tanh.
    u = tf.constant(np.linspace(-8, 8, 41))
    ours, theirs = Tanh(), tfb.Tanh()
    y = theirs.forward(u)
    np.testing.assert_allclose(ours.forward(u), y, rtol=1e-15)
    np.testing.assert_allclose(ours.inverse(y), u, rtol=1e-8)
    expected = theirs.forward_log_det_jacobian(u, event_ndims=0)
    np.testing.assert_allclose(
        ours.forward_log_det_jacobian(u, event_ndims=0), expected, atol=1e-14
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), BOXES)
def test_the_image_stays_in_the_box_and_its_inverse_is_finite(
    dtype: type, low: object, high: object
) -> None:
    # Oracle: the box, as the dtype has it; arctanh(1 - eps / 2) bounds the inverse.
    bijector = Tanh(low, high)
    u = np.concatenate([np.linspace(-50, 50, 2001), [-np.inf, np.inf]])[:, None] * np.ones(3)
    y = bijector.forward(tf.constant(u, dtype))
    assert np.all((y >= np.asarray(low, dtype)) & (y <= np.asarray(high, dtype)))
    edge = np.arctanh(1 - np.finfo(dtype).eps.astype(float) / 2) * (1 + 1e-6)
    assert np.all(np.abs(bijector.inverse(y)) <= edge)
    far = bijector.inverse(tf.constant([[-1e6] * 3, [1e6] * 3], dtype))
    np.testing.assert_allclose(far, [[-edge] * 3, [edge] * 3], rtol=2e-6)


@pytest.mark.parametrize(("low", "high"), BOXES)
def test_gradient_of_the_inverse(low: object, high: object) -> None:
    # Oracle: du / da = 1 / ((1 - t^2) half width), at the middle too; 0 beyond the bounds.
    low, high = np.broadcast_to(low, 3).astype(float), np.broadcast_to(high, 3).astype(float)
    middle, half = (low + high) / 2, (high - low) / 2
    t = np.array([[-0.9], [0.0], [0.3], [1.5], [-2.0]]) * np.ones(3)
    action = tf.constant(middle + half * t)
    with tf.GradientTape() as tape:
        tape.watch(action)
        inverse = Tanh(low, high).inverse(action)
    gradient = tape.gradient(inverse, action).numpy()
    np.testing.assert_allclose(gradient[:3], 1 / ((1 - t[:3] ** 2) * half), rtol=1e-12)
    np.testing.assert_array_equal(gradient[3:], 0.0)


def test_actions_near_a_bound_at_zero_keep_their_digits() -> None:
    # Oracle: the logit: (0, 1) is resolved near 0 much better than (-1, 1) near -1.
    action = np.array([1e-7, 1e-4, 0.3, 0.9])
    expected = 0.5 * np.log(action / (1 - action))
    inverse = Tanh(0.0, 1.0).inverse(tf.constant(action, tf.float32))
    np.testing.assert_allclose(inverse, expected, rtol=1e-6)


def test_nothing_is_remembered_that_would_kill_a_gradient() -> None:
    # Oracle: d/du log(1 - tanh(u)^2) = -2 tanh(u). TFP's bijector gives None here, since it has
    # seen the tensor before, outside the tape; so does a new instance that equals the first.
    u = tf.constant([0.3, 2.0])
    y = Tanh().forward(u)
    Tanh().forward_log_det_jacobian(u, event_ndims=0)
    Tanh().inverse_log_det_jacobian(y, event_ndims=0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([u, y])
        forward = Tanh().forward_log_det_jacobian(u, event_ndims=0)
        inverse = Tanh().inverse_log_det_jacobian(y, event_ndims=0)
    np.testing.assert_allclose(tape.gradient(forward, u), -2 * np.tanh(u), rtol=1e-6)
    t = y.numpy()
    np.testing.assert_allclose(tape.gradient(inverse, y), 2 * t / (1 - t**2), rtol=1e-5)


def test_distributions_keep_their_gradients_after_use_outside_a_tape() -> None:
    # Oracle: the gradients of a distribution that was not used before.
    loc, scale, action = tf.constant([0.3]), tf.constant([1.2]), tf.constant([0.7])

    def gradients(d: SquashedGaussian) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([loc, scale, action])
            value = d.log_prob(action) + d.entropy() + tf.reduce_sum(d.mean() + d.stddev())
            value += entropy_estimate(d, 10, seed=0, method="antithetic").value
        return tape.gradient(value, [loc, scale, action])

    expected = gradients(SquashedGaussian(loc, scale))
    used = SquashedGaussian(loc, scale)
    used.log_prob(action), used.entropy(), used.mean(), used.stddev()
    entropy_estimate(used, 10, seed=0, method="antithetic")
    for ours, theirs in zip(gradients(used), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("jit", [False, True])
def test_log_prob_of_a_sample_survives_graphs_clips_and_numpy(jit: bool) -> None:
    # Oracle: finiteness, where a density that relies on TFP's cache is NaN: saturated samples that
    # have been clipped, stored in NumPy, or come from another function.
    d = SquashedGaussian([9.0, -9.0], [1.0, 3.0])
    draw = tf.function(lambda: d.sample(100, seed=1), jit_compile=jit)
    log_prob = tf.function(d.log_prob, jit_compile=jit)
    action = draw()
    assert np.any(np.abs(action) == 1)
    for stored in (action, tf.clip_by_value(action, -1, 1), np.array(action), action * 1.000001):
        assert np.all(np.isfinite(log_prob(tf.constant(stored))))


def test_serves_in_tfps_transformed_distribution() -> None:
    # Oracle: SquashedGaussian; jointly with the sample, exact where the action has rounded to 1.
    base = tfd.MultivariateNormalDiag([12.0], [0.5])
    d = tfd.TransformedDistribution(base, Tanh(0.0, 1.0))
    action, log_prob = d.experimental_sample_and_log_prob(20, seed=(1, 2))
    np.testing.assert_array_equal(action, 1.0)
    u = base.sample(20, seed=(1, 2))
    expected = SquashedGaussian([12.0], [0.5], 0.0, 1.0).log_prob_from_gaussian(u)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5)
