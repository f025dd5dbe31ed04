"""Threefry gives its published bits, and the draws made from it their distributions."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf import draws


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_threefry_gives_the_published_bits(
    key: tuple[int, int], counter: tuple[int, int], expected: tuple[int, int]
) -> None:
    # Oracle: the known-answer tests of Random123, the library of the generator's authors.
    found = draws.threefry(
        tuple(tf.constant(x, tf.uint32) for x in key),
        tuple(tf.constant(x, tf.uint32) for x in counter),
    )
    assert tuple(int(x) for x in found) == expected


@pytest.mark.parametrize("draw", [draws.uniform, draws.normal])
@pytest.mark.parametrize("shape", [[], [3], [2, 5]], ids=str)
def test_graph_and_xla_give_the_eager_numbers(draw, shape: list[int]) -> None:
    seed = tf.constant([5, -7])
    expected = draw(shape, seed)
    assert expected.shape == shape
    graph = tf.function(lambda seed: draw(shape, seed))(seed)
    np.testing.assert_array_equal(graph, expected)
    compiled = tf.function(lambda seed: draw(shape, seed), jit_compile=True)(seed)
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
    first = first_draws(draw, tf.stack(draws.split(seed=1, num=2_000)))
    assert scipy.stats.kstest(first, distribution.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(sample[1:], sample[:-1])[0, 1]) < 4 / np.sqrt(len(sample))


def test_split_seeds_are_the_same_compiled_and_all_different() -> None:
    # Oracle: counting; 1,000 random pairs of 32-bit words collide with probability 3e-14.
    eager = np.stack(draws.split(seed=3, num=1_000))
    compiled = tf.function(lambda: tf.stack(draws.split(seed=3, num=1_000)), jit_compile=True)()
    np.testing.assert_array_equal(compiled, eager)
    assert len(np.unique(eager, axis=0)) == len(eager)


def test_permutations_are_uniform_and_the_same_compiled() -> None:
    # Oracle: the chi-squared test over all 24 orders of four.
    seeds = tf.stack(draws.split(seed=2, num=2_400))
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
