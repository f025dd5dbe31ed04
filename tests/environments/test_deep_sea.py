"""DeepSea pays only whom never turns left."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import DeepSea


def test_every_path_returns_what_a_naive_dive_returns() -> None:
    # Oracle: all 2^5 action sequences, simulated with a row and a column in Python.
    size = 5
    actions = np.array(list(itertools.product((0, 1), repeat=size)), np.int32)
    expected = np.zeros(len(actions))
    for i, path in enumerate(actions):
        column = 0
        for action in path:
            if action:
                expected[i] += (column == size - 1) - 0.01 / size
            column = min(column + 1, size - 1) if action else max(column - 1, 0)
    env = DeepSea(size)
    state, _ = env.reset([len(actions)], seed=0)
    total = np.zeros(len(actions))
    for t in range(size):
        state, timestep = env.step(state, tf.constant(actions[:, t]), seed=0)
        total += timestep.reward.numpy()
        np.testing.assert_array_equal(timestep.terminated, t == size - 1)
    np.testing.assert_allclose(total, expected, atol=1e-6)
    assert np.flatnonzero(total > 0.5).tolist() == [2**size - 1]


@pytest.mark.parametrize("size", [1, 10, 30])
def test_exact_success_and_value(size: int) -> None:
    # Oracle: 2^-size and 0.99, the closed forms, by dynamic programming over the float64 tables.
    env = DeepSea(size)
    best, chance = np.zeros(env.num_states), np.zeros(env.num_states)
    for _ in range(size):
        best = (env.reward + best[env.next_state])[..., 0].max(-1)
        chance = ((env.reward > 0.5) + chance[env.next_state])[..., 0].mean(-1)
    assert best[0] == pytest.approx(0.99, abs=1e-12)
    assert chance[0] == pytest.approx(2.0**-size, rel=1e-12)


@pytest.mark.parametrize("size", [0, 2.0])
def test_size_must_be_a_positive_integer(size: float) -> None:
    with pytest.raises(ValueError, match="size must be a positive integer"):
        DeepSea(size)  # type: ignore[arg-type]
