"""The backward recurrence against a naive loop, in every way it is compiled."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators.recurrence import LONGEST_UNROLLED, backward_recurrence

LENGTHS = [1, 5, LONGEST_UNROLLED, LONGEST_UNROLLED + 1, 100]


def naive(add: np.ndarray, factor: np.ndarray, final: np.ndarray) -> np.ndarray:
    result = np.empty_like(add)
    for t in reversed(range(len(add))):
        final = result[t] = add[t] + factor[t] * final
    return result


def problem(steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(steps)
    return rng.normal(size=(steps, 2, 3)), rng.uniform(size=(steps, 2, 3)), rng.normal(size=(2, 3))


@pytest.mark.parametrize("compiled", ["eager", "graph", "xla"])
@pytest.mark.parametrize("steps", LENGTHS)
def test_matches_a_naive_loop(steps: int, compiled: str) -> None:
    add, factor, final = problem(steps)
    function = backward_recurrence
    if compiled != "eager":
        function = tf.function(function, jit_compile=compiled == "xla")
    actual = function(tf.constant(add), tf.constant(factor), tf.constant(final))
    np.testing.assert_allclose(actual, naive(add, factor, final), rtol=1e-13)


def test_accepts_a_length_known_only_when_it_runs() -> None:
    unknown = tf.TensorSpec([None, 2, 3], tf.float64)
    function = tf.function(backward_recurrence).get_concrete_function(
        unknown, unknown, tf.TensorSpec([2, 3], tf.float64)
    )
    add, factor, final = problem(7)
    actual = function(tf.constant(add), tf.constant(factor), tf.constant(final))
    np.testing.assert_allclose(actual, naive(add, factor, final), rtol=1e-13)


@pytest.mark.parametrize("steps", [5, 100])
def test_gradients_under_xla_match_the_products_of_factors(steps: int) -> None:
    # Oracle: d x_0 / d add_t = prod_{k < t} factor_k, and the whole product for `final`.
    add, factor, final = map(tf.constant, problem(steps))

    @tf.function(jit_compile=True)
    def gradients() -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([add, final])
            first = backward_recurrence(add, factor, final)[0]
        return tape.gradient(first, (add, final))

    products = np.cumprod(np.concatenate([np.ones([1, 2, 3]), factor.numpy()]), axis=0)
    actual_add, actual_final = gradients()
    np.testing.assert_allclose(actual_add, products[:-1], rtol=1e-12)
    np.testing.assert_allclose(actual_final, products[-1], rtol=1e-12)
