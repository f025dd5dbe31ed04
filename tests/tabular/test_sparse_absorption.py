"""The sparse checks of absorption against the dense ones and closed forms."""

import numpy as np
import pytest

from maxent_tf.tabular import Successors, TabularMDP, absorption, soft_value_iteration
from maxent_tf.tabular.sparse_absorption import longest_horizon, state_kept_forever


def test_states_kept_forever_are_those_of_the_dense_check() -> None:
    # Oracle: the dense fixed point, on 500 graphs of which some keep states and some do not.
    rng = np.random.default_rng(0)
    shape = (500, 6, 2, 2)
    next_state = rng.integers(0, 6, shape)
    probability = rng.dirichlet(np.ones(2), shape[:-1])
    probability[rng.random(shape[:-1]) < 0.1] = [1.0, 0.0]
    next_state[:, -1], terminal = 5, np.tile(np.arange(6) == 5, (500, 1))
    transition = Successors(next_state, probability)
    kept = state_kept_forever(transition, terminal)
    np.testing.assert_array_equal(kept, absorption.state_kept_forever(transition.dense(), terminal))
    assert 50 < kept.any(-1).sum() < 450


@pytest.mark.parametrize("end", [0.5, 0.1, 0.001])
def test_the_horizon_is_at_most_two_percent_beyond_the_longest(end: float) -> None:
    # Oracle: the dense policy iteration with linear solves; every action may end.
    rng = np.random.default_rng(0)
    next_state = rng.integers(0, 8, (20, 8, 3, 3))
    next_state[..., 0], next_state[:, 0] = 0, 0
    probability = rng.dirichlet(np.ones(2), (20, 8, 3))
    rest = rng.uniform(end, 1, (20, 8, 3, 1))
    probability = np.concatenate([rest, probability * (1 - rest)], -1)
    discount = np.where(np.arange(20) % 5, 1.0, 0.9)
    terminal = np.tile(np.arange(8) == 0, (20, 1))
    transition = Successors(next_state.astype(np.int32), probability)
    found = longest_horizon(transition, discount, terminal)
    truth = absorption.longest_horizon(transition.dense(), discount, terminal)
    assert np.all(found >= truth * (1 - 1e-9))
    assert np.all(found <= 1.02 * truth)


def test_a_coin_that_rarely_ends_has_its_expected_steps() -> None:
    # Closed form: 1 / p steps until an event of probability p.
    next_state = np.array([[[0, 1]], [[1, 1]]], np.int32)
    transition = Successors(next_state, np.array([[[0.999, 0.001]], [[1.0, 0.0]]]))
    found = longest_horizon(transition, np.array(1.0), np.array([False, True]))
    assert 1000 <= found <= 1020


def test_a_long_corridor_without_discount() -> None:
    # Closed form: every state is one step farther from the end, at a cost of 1 each.
    states = 4000
    own = np.arange(states)[:, None, None]
    transition = Successors(np.minimum(own + 1, states - 1), np.ones((states, 1, 1)))
    reward = np.full((states, 1), -1.0)
    reward[-1] = 0
    m = TabularMDP(transition, reward, 1.0, np.eye(states)[0])
    solution = soft_value_iteration(m, 0.0, tolerance=1e-3)
    np.testing.assert_array_equal(solution.v, np.arange(states) - (states - 1))
    assert bool(solution.converged)
