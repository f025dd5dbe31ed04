"""The tree of sums against NumPy's running sums."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay.sum_tree import SumTree


@pytest.mark.parametrize("capacity", [1, 2, 5, 8, 33])
@pytest.mark.parametrize("compiled", [False, True])
def test_finds_what_the_running_sum_does(capacity: int, compiled: bool) -> None:
    # Oracle: np.searchsorted in the cumulative sum; integer weights, so that sums are exact.
    rng = np.random.default_rng(0)
    tree = SumTree(3, capacity)
    set_, find = tree.set, tree.find
    if compiled:
        set_, find = tf.function(set_, jit_compile=True), tf.function(find, jit_compile=True)
    weights = np.zeros((3, capacity))
    for _ in range(5):
        leaf = np.stack([rng.permutation(capacity)[: (capacity + 1) // 2] for _ in range(3)])
        weight = rng.integers(4, size=leaf.shape).astype(float)
        weight[:, 0] += 1
        ignored = (rng.random(leaf.shape) < 0.2) & (np.arange(leaf.shape[1]) > 0)
        set_(tf.constant(np.where(ignored, -1, leaf)), tf.constant(weight))
        for i in range(3):
            kept = ~ignored[i]
            weights[i, leaf[i, kept]] = weight[i, kept]
        np.testing.assert_array_equal(tree.total, weights.sum(1))
        np.testing.assert_array_equal(
            tree.get(tf.tile(tf.range(capacity, dtype=tf.int64)[None], [3, 1])), weights
        )
        mass = np.linspace(0, 1, 50, endpoint=False) * weights.sum(1)[:, None]
        found = find(tf.constant(mass))
        for i in range(3):
            expected = np.searchsorted(np.cumsum(weights[i]), mass[i], side="right")
            np.testing.assert_array_equal(found[i], expected)


def test_never_finds_an_empty_leaf_and_never_drifts() -> None:
    # Oracle: sums anew. Weights over forty orders of magnitude round at every node.
    rng = np.random.default_rng(0)
    tree, weights = SumTree(1, 100), np.zeros(100)
    for _ in range(40):
        leaf = rng.permutation(100)[:10]
        weights[leaf] = 10 ** rng.uniform(-20, 20, 10) * (rng.random(10) < 0.5)
        tree.set(tf.constant(leaf[None]), tf.constant(weights[leaf][None]))
    np.testing.assert_allclose(tree.total[0], weights.sum(), rtol=1e-14)
    total = float(tree.total[0])
    mass = np.concatenate([total * rng.random(1000), [0.0, np.nextafter(total, 0), total]])
    assert np.all(weights[tree.find(tf.constant(mass[None]))[0].numpy()] > 0)
