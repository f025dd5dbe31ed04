"""Draws are the same however they are compiled, and have their distributions."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf import draws

SEEDS = [[5, 7], [5, -7], [-(2**31), 2**31 - 1]]


@pytest.mark.parametrize("seed", SEEDS, ids=str)
@pytest.mark.parametrize("shape", [[], [1], [7], [2, 5, 3]], ids=str)
def test_bits_are_the_same_compiled(shape: list[int], seed: list[int]) -> None:
    # Oracle: eagerly. Whoever takes another generator under XLA gets other bits.
    for dtype in (tf.uint32, tf.uint64):
        eager = draws.bits(shape, seed, dtype)
        for jit in (False, True):
            compiled = tf.function(
                lambda seed, dtype=dtype: draws.bits(shape, seed, dtype), jit_compile=jit
            )
            np.testing.assert_array_equal(compiled(tf.constant(seed)), eager)


@pytest.mark.parametrize("draw", [draws.uniform, draws.normal])
@pytest.mark.parametrize("shape", [[], [3], [2, 5]], ids=str)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=lambda x: x.name)
def test_graph_and_xla_give_the_eager_numbers(draw, shape: list[int], dtype: tf.DType) -> None:
    # Oracle: eagerly.
    seed = tf.constant([5, -7])
    expected = draw(shape, seed, dtype)
    assert expected.shape == shape
    assert expected.dtype == dtype
    graph = tf.function(lambda seed: draw(shape, seed, dtype))(seed)
    np.testing.assert_array_equal(graph, expected)
    compiled = tf.function(lambda seed: draw(shape, seed, dtype), jit_compile=True)(seed)
    if draw is draws.uniform:
        np.testing.assert_array_equal(compiled, expected)
    else:  # XLA has its own erfinv.
        np.testing.assert_allclose(compiled, expected, rtol=1e-5, atol=1e-6)


def first_draws(draw, seeds: tf.Tensor) -> np.ndarray:
    """The first number of each seed."""
    draw_one = tf.function(
        lambda seeds: tf.map_fn(lambda s: draw([], s), seeds, fn_output_signature=tf.float32)
    )
    return draw_one(seeds).numpy()


@pytest.mark.parametrize(
    ("draw", "distribution"),
    [(draws.uniform, scipy.stats.uniform()), (draws.normal, scipy.stats.norm())],
    ids=["uniform", "normal"],
)
def test_draws_have_their_distribution(draw, distribution) -> None:
    # Oracle: the Kolmogorov-Smirnov test; within one seed, and over the first draws of many seeds.
    sample = draw([20_000], seed=1).numpy()
    assert scipy.stats.kstest(sample, distribution.cdf).pvalue > 1e-3
    first = first_draws(draw, tf.stack([tf.zeros(2_000, tf.int32), tf.range(2_000)], -1))
    assert scipy.stats.kstest(first, distribution.cdf).pvalue > 1e-3
    first = first_draws(draw, draws.split(seed=1, num=2_000))
    assert scipy.stats.kstest(first, distribution.cdf).pvalue > 1e-3
    fold = tf.function(lambda: tf.map_fn(lambda i: draws.fold_in(1, i), tf.range(2_000)))
    folded = fold()
    first = first_draws(draw, folded)
    assert scipy.stats.kstest(first, distribution.cdf).pvalue > 1e-3
    sample = draw([20_000], seed=2, dtype=tf.float64).numpy()
    assert scipy.stats.kstest(first, distribution.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(sample[1:], sample[:-1])[0, 1]) < 4 / np.sqrt(len(sample))


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_derived_seeds_are_the_same_compiled_and_all_different(seed: list[int]) -> None:
    # Oracle: eagerly; and counting: 2,000 random pairs of words collide with probability 1e-13.
    def derive(seed: tf.Tensor) -> tf.Tensor:
        folded = tf.map_fn(lambda i: draws.fold_in(seed, i), tf.range(1_000))
        return tf.concat([draws.split(seed, 1_000), folded], axis=0)

    graph = tf.function(derive)(tf.constant(seed)).numpy()
    assert len(np.unique(graph, axis=0)) == len(graph)
    compiled = tf.function(derive, jit_compile=True)(tf.constant(seed))
    np.testing.assert_array_equal(compiled, graph)
    eager = [draws.split(seed, 1_000), [draws.fold_in(seed, i) for i in range(9)]]
    np.testing.assert_array_equal(np.concatenate(eager), graph[:1_009])


def test_integers_and_categories_have_their_probabilities() -> None:
    # Oracle: the chi-squared test; what has no probability is never drawn.
    num = tf.constant([3, 7])
    drawn = draws.integers([20_000, 2], seed=1, num=num).numpy()
    for i, n in enumerate((3, 7)):
        values, counts = np.unique(drawn[:, i], return_counts=True)
        np.testing.assert_array_equal(values, np.arange(n))
        assert scipy.stats.chisquare(counts).pvalue > 1e-3
    probs = np.array([[0.0, 2.0, 0.0, 6.0], [1.0, 0.0, 3.0, 0.0]])  # not normalised
    drawn = draws.categorical(tf.constant(probs), seed=2, sample_shape=[20_000]).numpy()
    assert drawn.shape == (20_000, 2)
    for i, (rare, often) in enumerate(((1, 3), (0, 2))):
        values, counts = np.unique(drawn[:, i], return_counts=True)
        np.testing.assert_array_equal(values, [rare, often])
        assert scipy.stats.chisquare(counts, [5_000, 15_000]).pvalue > 1e-3


def test_permutations_are_uniform_and_the_same_compiled() -> None:
    # Oracle: the chi-squared test over all 24 orders of four.
    seeds = draws.split(seed=2, num=2_400)
    draw_all = tf.function(
        lambda: tf.map_fn(lambda s: draws.permutation(4, s), seeds, fn_output_signature=tf.int32)
    )
    orders, counts = np.unique(draw_all().numpy(), axis=0, return_counts=True)
    np.testing.assert_array_equal(np.sort(orders, -1), np.tile(np.arange(4), (24, 1)))
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    compiled = tf.function(lambda: draws.permutation(1_000, seed=7), jit_compile=True)
    np.testing.assert_array_equal(compiled(), draws.permutation(1_000, seed=7))


def test_draws_stay_inside_their_ranges() -> None:
    # Oracle: the ends of the range of bits, where rounding could reach 1 or infinity.
    sample = draws.uniform([1_000_000], seed=0).numpy()
    assert sample.min() >= 0
    assert sample.max() <= 1 - 2.0**-24
    assert np.all(np.isfinite(draws.normal([1_000_000], seed=0)))


def test_dirichlet_shares_have_their_distribution_and_are_the_same_compiled() -> None:
    # Oracle: each share is a Beta variable, by the Kolmogorov-Smirnov test; eagerly, up to the
    # rounding of logarithms. Concentrations below 1, above 1 and of 0.
    concentration = np.array([0.03, 0.5, 0.0, 2.5])
    rows = tf.tile(tf.constant(concentration)[None], [5_000, 1])
    shares = draws.dirichlet(rows, seed=4).numpy()
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-14)
    np.testing.assert_array_equal(shares[:, 2], 0)
    for i in (0, 1, 3):
        beta = scipy.stats.beta(concentration[i], concentration.sum() - concentration[i])
        assert scipy.stats.kstest(shares[:, i], beta.cdf).pvalue > 1e-3
    compiled = tf.function(lambda: draws.dirichlet(rows, seed=4), jit_compile=True)
    np.testing.assert_allclose(compiled(), shares, atol=1e-12)
