"""The automatic temperature against tape gradients, Keras's Adam, and where it must end."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.temperature import AutoTemperature, forced_probability, implied_alpha, linear

try:
    import tf_keras as keras
except ImportError:  # TensorFlow 2.15 has Keras 2 itself.
    from tensorflow import keras


@pytest.mark.parametrize("parametrisation", ["log_alpha", "alpha"])
def test_matches_keras_adam_on_the_loss_written_out(parametrisation: str) -> None:
    temperature = AutoTemperature(-1.0, 0.5, 2.0**-6, parametrisation)  # type: ignore[arg-type]
    state = temperature.init()
    log_alpha = tf.Variable(np.log(np.float32(0.5)))
    adam = keras.optimizers.Adam(2.0**-6, epsilon=1e-8)
    for log_prob in np.float32(np.random.default_rng(0).normal(size=(40, 8))):
        with tf.GradientTape() as tape:
            weight = log_alpha if parametrisation == "log_alpha" else tf.exp(log_alpha)
            loss = -tf.reduce_mean(weight * (log_prob - 1.0))
        adam.apply_gradients([(tape.gradient(loss, log_alpha), log_alpha)])
        state, metrics = temperature.update(state, tf.constant(-log_prob.mean()))
        np.testing.assert_allclose(metrics.loss, loss, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(metrics.alpha, tf.exp(log_alpha), rtol=1e-4)
        np.testing.assert_allclose(temperature.alpha(state), metrics.alpha, rtol=1e-7)


@pytest.mark.parametrize("parametrisation", ["log_alpha", "alpha"])
def test_ends_at_the_alpha_that_meets_the_target(parametrisation: str) -> None:
    # Oracle: two actions of gap 2 under the Boltzmann policy, for which the alpha is known; from
    # above and from below, for two targets, in one program.
    gap, targets = 2.0, np.float32([[0.3], [0.6]])
    temperature = AutoTemperature(
        tf.constant(targets),
        tf.constant([5.0, 0.2]),
        0.02,
        parametrisation,  # type: ignore[arg-type]
    )

    @tf.function(jit_compile=True)
    def run() -> tf.Tensor:
        def body(i: tf.Tensor, state: object) -> tuple:
            logits = gap / temperature.alpha(state)
            p = tf.sigmoid(logits)
            entropy = tf.nn.softplus(logits) - p * logits
            return i + 1, temperature.update(state, entropy)[0]

        return temperature.alpha(
            tf.while_loop(lambda i, _: i < 3000, body, (0, temperature.init([2, 2])))[1]
        )

    alpha = run()
    expected = np.broadcast_to(implied_alpha(gap, targets), [2, 2])
    np.testing.assert_allclose(alpha, expected, rtol=1e-3)
    np.testing.assert_allclose(
        tf.sigmoid(gap / alpha), np.broadcast_to(forced_probability(targets), [2, 2]), rtol=1e-3
    )


def test_the_two_losses_differ_once_alpha_has_moved() -> None:
    # Oracle: after alpha has grown by e^4 under a constant gap, the gradients of the second loss
    # have grown with it, beyond their running size, and its steps are the longer ones.
    changes = []
    for parametrisation in ("log_alpha", "alpha"):
        temperature = AutoTemperature(1.0, 1.0, 0.1, parametrisation)  # type: ignore[arg-type]
        state = temperature.init()
        for _ in range(40):
            before = state.log_alpha
            state, _ = temperature.update(state, tf.constant(0.0))
        changes.append(float(state.log_alpha - before))
    np.testing.assert_allclose(changes[0], 0.1, rtol=1e-4)
    assert changes[1] > 0.12


@pytest.mark.parametrize(("entropy", "bound", "limit"), [(-9.0, 1.0, 3.0), (9.0, -1.0, 0.5)])
def test_an_unreachable_target_ends_at_a_bound_and_the_metrics_say_so(
    entropy: float, bound: float, limit: float
) -> None:
    temperature = AutoTemperature(0.0, learning_rate=0.2, bounds=(0.5, 3.0))
    state, metrics = temperature.update(temperature.init(), tf.constant(entropy))
    assert metrics.bound == 0
    for _ in range(20):
        state, metrics = temperature.update(state, tf.constant(entropy))
    assert metrics.bound == bound
    np.testing.assert_allclose(metrics.alpha, limit, rtol=1e-6)
    for _ in range(40):  # And it leaves the bound when the sign of the gap turns.
        state, metrics = temperature.update(state, tf.constant(-entropy))
    assert metrics.bound == -bound


def test_an_annealed_target_is_followed_step_by_step() -> None:
    # Oracle: an entropy equal to the annealed target leaves alpha where it is.
    temperature = AutoTemperature(linear(0.6, 0.1, 50), learning_rate=0.1)
    state = temperature.init([2])
    for step in range(60):
        target = 0.6 - 0.5 * min(step / 50, 1)
        np.testing.assert_allclose(temperature.target_at(state), target, rtol=1e-5)
        state, metrics = temperature.update(state, temperature.target_at(state) * tf.ones([2]))
        np.testing.assert_allclose(metrics.target_entropy, [target] * 2, rtol=1e-5)
    np.testing.assert_array_equal(temperature.alpha(state), [1, 1])


def test_learners_are_independent_to_the_bit() -> None:
    temperature = AutoTemperature(0.0, tf.constant([[0.1], [1.0]]), tf.constant([0.1, 0.2]))
    entropy = tf.constant([[0.3, -0.2], [0.5, -1.0]])
    perturbed = tf.constant([[0.3, -0.2], [np.nan, -1.0]], tf.float32)
    state = other = temperature.init([2, 2])
    for _ in range(3):
        state, _ = temperature.update(state, entropy)
        other, _ = temperature.update(other, perturbed)
    kept = np.array([[True, True], [False, True]])
    np.testing.assert_array_equal(state.log_alpha.numpy()[kept], other.log_alpha.numpy()[kept])
    assert np.isnan(other.log_alpha[1, 0])


def test_no_gradient_flows_into_the_policy() -> None:
    # Oracle: the dual loss is the temperature's alone.
    entropy = tf.constant(0.5)
    with tf.GradientTape() as tape:
        tape.watch(entropy)
        temperature = AutoTemperature(0.0)
        loss = temperature.update(temperature.init(), entropy)[1].loss
    assert tape.gradient(loss, entropy) is None


def test_bad_attributes_are_named() -> None:
    with pytest.raises(ValueError, match=r'"log_alpha" or "alpha", not .beta.'):
        AutoTemperature(0.0, parametrisation="beta")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"bounds must satisfy .* not \(0\.0, 1\.0\)"):
        AutoTemperature(0.0, bounds=(0.0, 1.0))
    with pytest.raises(ValueError, match=r"initial_alpha must be within .* not 0\.0"):
        AutoTemperature(0.0, initial_alpha=0.0)
    with pytest.raises(ValueError, match="target_entropy must be finite, not nan"):
        AutoTemperature(np.nan)
    with pytest.raises(ValueError, match="learning_rate must be"):
        AutoTemperature(0.0, learning_rate=-1.0)
    temperature = AutoTemperature(0.0)
    with pytest.raises(ValueError, match=r"batch shape \(3,\), not \(3, 8\): average"):
        temperature.update(temperature.init([3]), tf.zeros([3, 8]))
