"""What holds for every optimiser: Keras's numbers, independent learners, schedules, compilation."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.optimizers import SGD, Adam, RMSProp

try:
    import tf_keras as keras
except ImportError:  # TensorFlow 2.15 has Keras 2 itself.
    from tensorflow import keras

STEPS = 50
# Exact in float32, in which Keras keeps it.
RATE = 2.0**-7
PAIRS = {
    "adam": (Adam(RATE), keras.optimizers.Adam(RATE, epsilon=1e-8)),
    "adam-other": (
        Adam(RATE, beta_1=0.5, beta_2=0.75, epsilon=1e-3),
        keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.75, epsilon=1e-3),
    ),
    "rmsprop": (RMSProp(RATE), keras.optimizers.RMSprop(RATE)),
    "rmsprop-other": (
        RMSProp(RATE, rho=0.75, epsilon=1e-2),
        keras.optimizers.RMSprop(RATE, rho=0.75, epsilon=1e-2),
    ),
    "sgd": (SGD(RATE), keras.optimizers.SGD(RATE)),
}
MAKERS = [Adam, RMSProp, SGD]


def random_like(params: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    # Gradients over ten orders of magnitude, so that epsilon matters in some.
    return tf.nest.map_structure(
        lambda p: tf.constant(
            rng.normal(size=p.shape) * 10.0 ** rng.uniform(-8, 2, size=p.shape), p.dtype
        ),
        params,
    )


def parameters(dtype: tf.DType, batch_shape: tuple[int, ...] = ()) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "layers": [
            (
                tf.constant(rng.normal(size=(*batch_shape, 3, 4)), dtype),
                tf.zeros([*batch_shape, 4], dtype),
            ),
            (tf.constant(rng.normal(size=(*batch_shape, 4)), dtype),),
        ],
        "scale": tf.ones(batch_shape, dtype),
    }


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("name", PAIRS)
def test_equals_keras_step_by_step(name: str, dtype: tf.DType) -> None:
    ours, theirs = PAIRS[name]
    theirs = type(theirs).from_config(theirs.get_config())
    params = parameters(dtype)
    variables = [tf.Variable(p) for p in tf.nest.flatten(params)]
    state = ours.init(params)
    # Keras rounds its betas to float32 for the bias correction: at .999 that moves a step by 7e-6.
    exact = dtype == tf.float64 and name != "adam"
    tolerance = 1e-12 if exact else 1e-5
    for step in range(STEPS):
        grads = random_like(params, step)
        params, state = ours.update(grads, state, params)
        theirs.apply_gradients(zip(tf.nest.flatten(grads), variables, strict=True))
        for p, variable in zip(tf.nest.flatten(params), variables, strict=True):
            assert p.dtype == dtype
            largest = np.max(np.abs(variable.numpy()))
            np.testing.assert_allclose(p, variable, rtol=0, atol=tolerance * largest)
    assert int(state.step) == STEPS


@pytest.mark.parametrize("make", MAKERS)
def test_a_batch_of_learning_rates_equals_each_learner_alone(make: Any) -> None:
    rates = np.float32([[0.1], [0.01]])
    params = parameters(tf.float32, (2, 3))
    together, state = params, make(tf.constant(rates)).init(params)
    for step in range(5):
        together, state = make(tf.constant(rates)).update(
            random_like(params, step), state, together, batch_ndims=2
        )
    for index in np.ndindex(2, 3):
        optimizer = make(float(rates[index[0], 0]))
        alone = tf.nest.map_structure(lambda p, i=index: p[i], params)
        state = optimizer.init(alone)
        for step in range(5):
            grads = tf.nest.map_structure(lambda g, i=index: g[i], random_like(params, step))
            alone, state = optimizer.update(grads, state, alone)
        tf.nest.map_structure(
            lambda p, q, i=index: np.testing.assert_allclose(p[i], q, rtol=1e-6, atol=1e-6),
            together,
            alone,
        )


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("make", MAKERS)
def test_perturbing_one_learner_changes_no_other_to_the_bit(make: Any, compiled: bool) -> None:
    params = parameters(tf.float32, (4, 3))
    grads = random_like(params, 0)
    perturbed = tf.nest.map_structure(
        lambda g: tf.tensor_scatter_nd_update(g, [[1, 2]], [g[1, 2] * 1e6 + np.nan]), grads
    )
    optimizer = make(tf.constant([[0.1], [0.2], [0.3], [0.4]]))

    def step(grads: Any) -> Any:
        return optimizer.update(grads, optimizer.init(params), params, batch_ndims=2)[0]

    step = tf.function(step, jit_compile=True) if compiled else step
    for p, q in zip(tf.nest.flatten(step(grads)), tf.nest.flatten(step(perturbed)), strict=True):
        others = np.ones((4, 3), bool)
        others[1, 2] = False
        np.testing.assert_array_equal(p.numpy()[others], q.numpy()[others])
        assert np.all(np.isnan(q.numpy()[1, 2]))


@pytest.mark.parametrize("make", MAKERS)
def test_a_schedule_gives_the_rate_of_each_update(make: Any) -> None:
    # Oracle: an optimiser with the rate of that step, its moments carried over.
    rates = tf.constant([0.5, 0.25, 0.0, 1.0])
    scheduled = make(lambda step: rates[step])
    params = constant = tf.constant([1.0, -2.0])
    state = scheduled.init(params)
    constant_state = state
    for step in range(4):
        grads = tf.constant([3.0, float(step)])
        params, state = scheduled.update(grads, state, params)
        constant, constant_state = make(rates[step]).update(grads, constant_state, constant)
        np.testing.assert_array_equal(params, constant)


@pytest.mark.parametrize("make", MAKERS)
def test_xla_loop_equals_eager_steps(make: Any) -> None:
    optimizer = make(0.01)
    params = parameters(tf.float32)
    grads = random_like(params, 0)

    @tf.function(jit_compile=True)
    def compiled() -> Any:
        return tf.while_loop(
            lambda i, *_: i < 20,
            lambda i, p, s: (i + 1, *optimizer.update(grads, s, p)),
            (0, params, optimizer.init(params)),
        )[1]

    eager, state = params, optimizer.init(params)
    for _ in range(20):
        eager, state = optimizer.update(grads, state, eager)
    tf.nest.map_structure(
        lambda p, q: np.testing.assert_allclose(p, q, rtol=1e-5, atol=1e-6), compiled(), eager
    )


@pytest.mark.parametrize("make", MAKERS)
def test_bad_learning_rates_are_named(make: Any) -> None:
    for bad in (-1.0, np.nan, tf.constant([0.1, -0.1])):
        with pytest.raises(ValueError, match="learning_rate must be finite and at least 0"):
            make(bad)
    params = tf.zeros([2, 3])
    optimizer = make(tf.constant([0.1, 0.2]))
    with pytest.raises(ValueError, match="batch_ndims=0"):
        optimizer.update(params, optimizer.init(params), params)


def test_bad_decay_rates_and_epsilons_are_named() -> None:
    with pytest.raises(ValueError, match=r"beta_2 must be in \[0, 1\), not 1\.0"):
        Adam(0.1, beta_2=1.0)
    with pytest.raises(ValueError, match=r"rho must be in \[0, 1\), not -0\.1"):
        RMSProp(0.1, rho=-0.1)
    for make in (Adam, RMSProp):
        with pytest.raises(ValueError, match="epsilon must be positive, not 0"):
            make(0.1, epsilon=0.0)


def test_adam_debiases_the_first_step_to_full_float32_accuracy() -> None:
    # Oracle: after one step from zero moments m / sqrt(v) is exactly the gradient's sign. With
    # 1 - .999 rounded in float32 the step is off by 6e-6.
    params = tf.zeros([2])
    optimizer = Adam(1.0, epsilon=1e-30)
    params, _ = optimizer.update(tf.constant([3.0, -0.2]), optimizer.init(params), params)
    np.testing.assert_allclose(params, [-1, 1], rtol=3e-7)


def test_adam_without_momentum_is_rmsprop_with_bias_correction() -> None:
    # Oracle: the formula, written out, at beta_1 = 0.
    params = tf.zeros([], tf.float64)
    optimizer = Adam(0.1, beta_1=0.0, beta_2=0.75, epsilon=1e-8)
    state, second, expected = optimizer.init(params), 0.0, 0.0
    for step, grad in enumerate([3.0, -1.0, 0.5], start=1):
        params, state = optimizer.update(tf.constant(grad, tf.float64), state, params)
        second = 0.75 * second + 0.25 * grad**2
        expected -= 0.1 * np.sqrt(1 - 0.75**step) * grad / (np.sqrt(second) + 1e-8)
        np.testing.assert_allclose(params, expected, rtol=1e-13)
