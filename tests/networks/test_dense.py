"""The dense layer against linear algebra and the Haar measure's moments."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.networks import dense
from maxent_tf.seeds import as_seed
from maxent_tf.training.compilation import compiled

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("batch_shape", [(), (2, 3)])
@pytest.mark.parametrize(("inputs", "outputs"), [(7, 4), (4, 7), (5, 5), (1, 6)])
def test_kernels_are_orthogonal(batch_shape: tuple[int, ...], inputs: int, outputs: int) -> None:
    # Oracle: the definition. K^T K or K K^T, whichever is smaller, is gain^2 times the identity.
    kernel = dense.orthogonal(as_seed(3), batch_shape, inputs, outputs, gain=1.7).numpy()
    assert kernel.shape == (*batch_shape, inputs, outputs)
    transposed = np.swapaxes(kernel, -1, -2)
    gram = transposed @ kernel if inputs >= outputs else kernel @ transposed
    identity = np.broadcast_to(np.eye(min(inputs, outputs)), gram.shape)
    np.testing.assert_allclose(gram, 1.7**2 * identity, atol=1e-5)


def test_kernels_follow_the_haar_measure() -> None:
    # Oracle: moments on O(3), E tr Q = 0, E (tr Q)^2 = 1, E tr Q^2 = 1, within 4.5 standard
    # errors. (LAPACK's own Q has -.5, .5 and 1.5.)
    q = dense.orthogonal(as_seed(0), [20_000], 3, 3, gain=1.0).numpy()
    trace = np.trace(q, axis1=-2, axis2=-1)
    for sample, mean in ((trace, 0), (trace**2, 1), (np.trace(q @ q, axis1=-2, axis2=-1), 1)):
        assert abs(sample.mean() - mean) < 4.5 * sample.std() / np.sqrt(len(sample))


def test_each_learner_has_a_kernel_of_its_own() -> None:
    # Oracle: independent Haar columns of length 40 have inner products of mean 0, variance 1 / 40.
    column = dense.orthogonal(as_seed(1), [200], 40, 1, gain=1.0).numpy()[..., 0]
    products = (column @ column.T)[np.triu_indices(200, 1)]
    assert abs(np.std(products) * np.sqrt(40) - 1) < 0.05
    assert abs(products.mean()) < 4.5 / np.sqrt(40 * len(products))


@pytest.mark.parametrize("rows", [1, 4])
def test_apply_is_the_affine_map_of_every_learner(rows: int) -> None:
    # Oracle: a NumPy loop over learners in float64; one row takes a path of its own.
    x = RNG.normal(size=(2, 3, rows, 5))
    kernel, bias = RNG.normal(size=(2, 3, 5, 4)), RNG.normal(size=(2, 3, 1, 4))
    params = dense.DenseParams(tf.constant(kernel), tf.constant(bias))
    actual = dense.apply(params, tf.constant(x))
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(actual[i, j], x[i, j] @ kernel[i, j] + bias[i, j], rtol=1e-12)


def test_a_single_row_has_the_gradients_of_the_matrix_product() -> None:
    # Oracle: d sum(w * (x K)) / dK = x^T w and / dx = w K^T.
    x, kernel, w = (tf.constant(RNG.normal(size=s)) for s in ((3, 1, 5), (3, 5, 4), (3, 1, 4)))
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        total = tf.reduce_sum(w * dense.product(x, kernel))
    for_x, for_kernel = tape.gradient(total, [x, kernel])
    np.testing.assert_allclose(for_kernel, np.swapaxes(x, -1, -2) @ w.numpy(), rtol=1e-12)
    np.testing.assert_allclose(for_x, w @ np.swapaxes(kernel, -1, -2), rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "inputs", "outputs", "special"),
    [(2, 5, 4, True), (8, 64, 64, True), (9, 5, 4, False), (8, 65, 64, False), (1, 5, 4, False)],
)
def test_few_rows_under_xla_have_the_gradients_of_the_matrix_product(
    rows: int, inputs: int, outputs: int, special: bool
) -> None:
    # Oracle: d sum(w * (x K)) / dK = x^T w and / dx = w K^T, in NumPy; and for second derivatives
    # the plain matrix product of eager TensorFlow.
    shapes = ((2, 3, rows, inputs), (2, 3, inputs, outputs), (2, 3, rows, outputs))
    x, kernel, w = (tf.constant(RNG.normal(size=s)) for s in shapes)

    def first(x: tf.Tensor, kernel: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            total = tf.reduce_sum(w * dense.product(x, kernel))
        return tape.gradient(total, [x, kernel])

    def second(x: tf.Tensor, kernel: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch([x, kernel])
            with tf.GradientTape() as inner:
                inner.watch([x, kernel])
                total = tf.reduce_sum(tf.square(dense.product(x, kernel)) * w)
            inside = tf.add_n([tf.reduce_sum(g**2) for g in inner.gradient(total, [x, kernel])])
        return outer.gradient(inside, [x, kernel])

    program = compiled(first, "xla", auto="xla")
    for_x, for_kernel = program(x, kernel)
    np.testing.assert_allclose(for_kernel, np.swapaxes(x, -1, -2) @ w.numpy(), rtol=1e-11)
    np.testing.assert_allclose(for_x, w @ np.swapaxes(kernel, -1, -2), rtol=1e-11)
    names = [op.type for op in program.get_concrete_function(x, kernel).graph.get_operations()]
    assert ("IdentityN" in names) == special
    for actual, expected in zip(
        compiled(second, "xla", auto="xla")(x, kernel), second(x, kernel), strict=True
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-9)


def test_a_kernel_for_all_learners_has_the_sum_of_their_gradients() -> None:
    # Oracle: TensorFlow's gradient of a product that broadcasts.
    x, kernel = tf.constant(RNG.normal(size=(3, 2, 5))), tf.constant(RNG.normal(size=(5, 4)))

    def gradient(product: Callable[..., tf.Tensor]) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            total = tf.reduce_sum(product(x, kernel) ** 2)
        return tape.gradient(total, kernel)

    actual = compiled(lambda: gradient(dense.product), "xla", auto="xla")()
    np.testing.assert_allclose(actual, gradient(tf.matmul), rtol=1e-12)


def test_a_fresh_layer_maps_zero_to_zero() -> None:
    # Oracle: its documented zero bias.
    params = dense.init(as_seed(0), [2], 5, 3, gain=1.0)
    np.testing.assert_array_equal(dense.apply(params, tf.zeros([2, 4, 5])), np.zeros([2, 4, 3]))
