"""DeepSea pays only whom never turns left."""

import itertools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.environments import DeepSea
from maxent_tf.environments.finite import FiniteState
from maxent_tf.tabular import evaluate_policy, from_environment

DRAWS = 4_000


class BsuiteDeepSea:
    """The rules of bsuite's DeepSea, 0.3.6, with its generators and the order of their draws.

    `seed` is None in the deterministic variant, as in the experiment "deep_sea", and otherwise the
    seed of the stochastic variant, as in the experiment "deep_sea_stochastic".
    """

    def __init__(self, size: int, mapping_seed: int | None, seed: int | None) -> None:
        self.size, self.random = size, None if seed is None else np.random.RandomState(seed)
        self.right = np.ones([size, size], int)
        if mapping_seed is not None:
            self.right = np.random.RandomState(mapping_seed).binomial(1, 0.5, [size, size])
        self.row = self.column = 0

    def step(self, action: int) -> tuple[float, bool]:
        """Returns the reward and whether the episode ends; changes the row and the column."""
        last, reward, moves = self.size - 1, 0.0, True
        goes_right = action == self.right[self.row, self.column]
        if goes_right and self.column == last:
            reward += 1.0
        if self.random and self.row == last and self.column in (0, last):
            reward += self.random.randn()
        if goes_right:
            if self.random:
                moves = self.random.rand() > 1 / self.size
            self.column = min(self.column + moves, last)
            reward -= 0.01 / self.size
        else:
            self.column = max(self.column - 1, 0)
        self.row += 1
        return reward, self.row == self.size


@pytest.mark.parametrize("mapping_seed", [None, 42, 7])
@pytest.mark.parametrize("size", [1, 4, 10])
def test_follows_bsuite_step_for_step(size: int, mapping_seed: int | None) -> None:
    # Oracle: bsuite's rules, in Python, under the same actions. Half of the episodes mostly move
    # right, so that some find the treasure.
    generator = np.random.default_rng(0)
    env, episodes = DeepSea(size, mapping_seed=mapping_seed), 64
    theirs = [BsuiteDeepSea(size, mapping_seed, None) for _ in range(episodes)]
    persistent = np.where(np.arange(episodes) % 2, 1.0, 0.5)
    state, _ = env.reset([episodes], seed=0)
    found = 0.0
    for t in range(size):
        right = np.array([their.right[their.row, their.column] for their in theirs])
        action = np.where(generator.random(episodes) < persistent, right, 1 - right)
        state, timestep = env.step(state, tf.constant(action, tf.int32), seed=0)
        rewards, ends = zip(
            *(their.step(a) for their, a in zip(theirs, action, strict=True)), strict=True
        )
        np.testing.assert_allclose(timestep.reward, rewards, atol=1e-7)
        np.testing.assert_array_equal(timestep.terminated, ends)
        assert set(ends) == {t == size - 1}
        if t < size - 1:
            position = [their.row * size + their.column for their in theirs]
            np.testing.assert_array_equal(state.index, position)
        found = max(rewards)
    assert found > 0.9


@pytest.mark.parametrize("mapping_seed", [None, 42])
def test_the_tables_of_slip_are_bsuites_rule(mapping_seed: int | None) -> None:
    # Oracle: bsuite's rule, in words: right fails with probability 1 / size and then stays in its
    # column, left never fails, and rewards are noisy in both ends of the last row.
    size = 4
    env, rules = (
        DeepSea(size, slip=True, mapping_seed=mapping_seed),
        BsuiteDeepSea(size, mapping_seed, 0),
    )
    m = from_environment(env, discount=1.0)
    for row, column, action in np.ndindex(size, size, 2):
        state = row * size + column
        expected = np.zeros(env.num_states)
        goes_right = action == rules.right[row, column]
        moves = [(1.0, -1)] if not goes_right else [(1 - 1 / size, 1), (1 / size, 0)]
        for probability, move in moves:
            below = (row + 1) * size + min(max(column + move, 0), size - 1)
            expected[below if row < size - 1 else size * size] += probability
        np.testing.assert_allclose(m.transition[state, action], expected, atol=1e-15)
        reward = goes_right * ((column == size - 1) - 0.01 / size)
        assert float(m.reward[state, action]) == pytest.approx(reward, abs=1e-15)
        noisy = row == size - 1 and column in (0, size - 1)
        assert env.reward_noise[state, action] == float(noisy)
    assert not np.any(env.reward_noise[-1])


@pytest.mark.parametrize("size", [1, 2, 10])
def test_exact_return_of_always_moving_right_with_slip(size: int) -> None:
    # Closed form: the treasure needs size - 1 moves that do not fail, and every move costs.
    m = from_environment(DeepSea(size, slip=True), discount=1.0)
    policy = np.tile([0.0, 1.0], [size * size + 1, 1])
    value = float(evaluate_policy(m, policy).v[0])
    assert value == pytest.approx((1 - 1 / size) ** (size - 1) - 0.01, abs=1e-9)


def test_drawn_failures_and_rewards_are_those_of_bsuite() -> None:
    # Oracle: 4,000 draws of bsuite's own rules in every cell, under both actions: the numbers of
    # failures by Fisher's exact test, the rewards by the two-sample test of Kolmogorov and Smirnov.
    size, pvalues = 4, []
    env = DeepSea(size, slip=True, mapping_seed=42)
    rules = BsuiteDeepSea(size, 42, seed=1)
    for cell, (row, column, action) in enumerate(np.ndindex(size, size, 2)):
        index = tf.fill([DRAWS], row * size + column)
        taken = tf.fill([DRAWS], action)
        state, timestep = env.step(FiniteState(index, tf.zeros_like(index)), taken, seed=cell)
        below, rewards = np.zeros(DRAWS, int), np.zeros(DRAWS)
        for i in range(DRAWS):
            rules.row, rules.column = row, column
            rewards[i], end = rules.step(action)
            below[i] = size * size if end else rules.row * size + rules.column
        counts = [np.bincount(x, minlength=env.num_states) for x in (state.index.numpy(), below)]
        np.testing.assert_array_equal(counts[0] > 0, counts[1] > 0)
        possible = np.flatnonzero(counts[0])
        if len(possible) == 2:
            pvalues.append(scipy.stats.fisher_exact(np.array(counts)[:, possible]).pvalue)
        if np.ptp(rewards):
            pvalues.append(scipy.stats.ks_2samp(timestep.reward.numpy(), rewards).pvalue)
        else:
            np.testing.assert_allclose(timestep.reward, rewards, atol=1e-7)
    assert len(pvalues) == 9 + 4  # right can fail in 3 x 3 cells; both actions pay noise in 2
    assert min(pvalues) > 1e-3 / len(pvalues)


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


@pytest.mark.parametrize("mapping_seed", [-1, 2**32, 1.0])
def test_mapping_seed_must_be_one_of_numpys(mapping_seed: float) -> None:
    with pytest.raises(ValueError, match="mapping_seed must be None or an integer"):
        DeepSea(3, mapping_seed=mapping_seed)  # type: ignore[arg-type]


def test_slip_is_not_a_probability() -> None:
    with pytest.raises(ValueError, match=r"slip must be True or False, not 0.1: the probability"):
        DeepSea(3, slip=0.1)  # type: ignore[arg-type]
