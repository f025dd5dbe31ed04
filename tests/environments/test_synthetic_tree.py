"""Synthetic trees: rewards of all paths, and the distribution of the weights."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import SyntheticTree


def test_every_path_earns_its_leaf() -> None:
    # Oracle: the table of leaves, in the order of the paths as numbers of base 3.
    env = SyntheticTree(3, 2, stddev=0.0, tree_seed=4)
    state, timestep = env.reset([9], 0)
    for action in (np.arange(9) // 3, np.arange(9) % 3):
        assert not np.any(timestep.terminated)
        state, timestep = env.step(state, tf.constant(action, tf.int32), 0)
    assert np.all(timestep.terminated)
    np.testing.assert_allclose(timestep.reward, env.leaves, rtol=1e-6)
    assert env.leaves.min() == 0
    assert env.leaves.max() == 1


def test_means_are_sums_of_weights_on_paths() -> None:
    # Oracle: the weights, drawn level by level, added up along each path and then scaled.
    rng = np.random.default_rng(7)
    weights = [rng.uniform(size=2**level) for level in (1, 2, 3)]
    sums = [sum(weights[level][leaf >> (2 - level)] for level in range(3)) for leaf in range(8)]
    scaled = (np.array(sums) - min(sums)) / (max(sums) - min(sums))
    np.testing.assert_allclose(SyntheticTree(2, 3, tree_seed=7).leaves, scaled, atol=1e-15)


def test_bad_values_are_named() -> None:
    with pytest.raises(ValueError, match="branching must be an integer of at least 2, not 1"):
        SyntheticTree(1, 2)
    with pytest.raises(ValueError, match="stddev must be finite and at least 0"):
        SyntheticTree(2, 2, stddev=-1.0)
