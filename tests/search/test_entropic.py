"""Regularised maxima in the tree: the exhaustive recursion, the rate of exploration."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.search.tree import Node

BRANCHING, DEPTH, ALPHA = 2, 3, 0.3
LEAVES = np.random.default_rng(0).uniform(size=(2, BRANCHING**DEPTH))
PRIOR = np.array([0.7, 0.3])


def model(params: Any, state: Any, action: tf.Tensor, seed: Any) -> Any:
    """A full tree whose leaves have fixed values: the state is (index, level)."""
    index, level = state
    index, level = index * BRANCHING + action, level + 1
    reward = tf.where(level == DEPTH, tf.gather(LEAVES, index % BRANCHING**DEPTH, batch_dims=1), 0)
    zero = tf.zeros_like(reward)
    discount = tf.where(level < DEPTH, tf.ones_like(zero), zero)
    logits = tf.tile(tf.constant(np.log(PRIOR))[None], [2, 1])
    return mx.search.ModelStep(reward, discount, logits, zero), (index, level)


def recursion(q: np.ndarray, soft_max: Any) -> np.ndarray:
    while q.shape[1] > 1:
        q = soft_max(tf.constant(q.reshape(2, -1, BRANCHING))).numpy()
    return q[:, 0]


@pytest.mark.parametrize("name", ["ments", "rents", "tents", "reverse"])
def test_a_full_tree_has_the_values_of_the_recursion(name: str) -> None:
    # Oracle: the soft maxima of all leaves, level by level.
    given, made = {
        "ments": (mx.regularizers.Shannon(), mx.regularizers.Shannon()),
        "rents": (mx.regularizers.KL, mx.regularizers.KL(PRIOR)),
        "tents": (mx.regularizers.Tsallis(), mx.regularizers.Tsallis()),
        "reverse": (mx.regularizers.ReverseKL, mx.regularizers.ReverseKL(PRIOR)),
    }[name]
    rule = mx.search.Entropic(given, ALPHA, epsilon=1.0)
    zeros = tf.zeros([2], tf.int32)
    root = mx.search.Root(
        tf.tile(tf.constant(np.log(PRIOR))[None], [2, 1]), tf.zeros([2], tf.float64), (zeros, zeros)
    )

    @tf.function(autograph=False)
    def search() -> Any:
        return mx.search.search(model, None, root, 120, rule, seed=1)

    tree = search()
    # Every edge was tried.
    assert np.all(np.sum(tree.visits > 0, axis=(1, 2)) == 2 + 4 + 8)
    expected = recursion(LEAVES, lambda q: made.soft_max(q, ALPHA))
    np.testing.assert_allclose(mx.search.summary(tree).value, expected, atol=1e-12)
    policy = made.greedy(tree.q[:, 0], ALPHA)
    np.testing.assert_allclose(mx.search.summary(tree).policy, policy, atol=1e-12)


def test_the_temperature_may_fall_with_the_visits() -> None:
    # Oracle: the hard maximum, at a schedule that is 0 from 100 visits on.
    rule = mx.search.Entropic(
        mx.regularizers.Shannon(), lambda n: tf.where(n < 100, 0.3, 0.0), epsilon=1.0
    )
    q = tf.constant([[0.2, 0.7], [0.2, 0.7]], tf.float64)
    visits = tf.constant([[20.0, 30.0], [60.0, 50.0]], tf.float64)
    node = Node(tf.math.log(tf.fill([2, 2], tf.constant(0.5, tf.float64))), visits, q, q[:, 0])
    soft = 0.3 * np.log(np.exp(0.2 / 0.3) + np.exp(0.7 / 0.3))
    np.testing.assert_allclose(rule.value(node), [soft, 0.7], rtol=1e-6)


def test_exploration_is_the_papers() -> None:
    # Oracle: Xiao et al. (2019), section 4, the frequencies of 20,000 draws, within 5 standard
    # errors: epsilon A / log(1 + n) uniformly over the three legal actions.
    batch, q, visits = 20_000, np.array([0.1, 9.0, 0.4, 0.2]), np.array([40.0, 0.0, 30.0, 20.0])
    log_prior = np.array([-1.0, -np.inf, -1.0, -1.0])
    tile = [tf.constant(np.tile(x, (batch, 1)), tf.float32) for x in (log_prior, visits, q)]
    rule = mx.search.Entropic(mx.regularizers.Shannon(), 0.1, epsilon=0.5)
    action = rule.select(Node(*tile, tf.zeros([batch])), tf.constant([0, 5]))
    rate = 0.5 * 3 / np.log(1 + 90)
    soft = np.where(np.arange(4) == 1, 0, np.exp(q / 0.1))
    expected = (1 - rate) * soft / soft.sum() + rate * np.array([1, 0, 1, 1]) / 3
    found = np.bincount(action, minlength=4) / batch
    np.testing.assert_allclose(found, expected, atol=5 * np.sqrt(0.25 / batch))
    assert found[1] == 0


def test_bad_values_are_named() -> None:
    with pytest.raises(ValueError, match="regularizer must be one of"):
        mx.search.Entropic("shannon", 0.1)
    with pytest.raises(ValueError, match="alpha must be finite and at least 0"):
        mx.search.Entropic(mx.regularizers.Shannon(), -0.1)
    with pytest.raises(ValueError, match="epsilon must be finite and at least 0"):
        mx.search.Entropic(mx.regularizers.Shannon(), 0.1, epsilon=-1.0)
