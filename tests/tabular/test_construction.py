"""Processes from worlds, against the worlds' own steps."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.envs.toy_text.cliffwalking import CliffWalkingEnv
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from gymnasium.envs.toy_text.taxi import TaxiEnv

from maxent_tf.environments import (
    Bandit,
    Chain,
    DeepSea,
    FiniteWorld,
    FourRooms,
    IcyGrid,
    Pendulum,
    RiverSwim,
    TwoGoalGrid,
)
from maxent_tf.tabular import (
    TabularMDP,
    from_environment,
    from_transition_table,
    soft_value_iteration,
)


@pytest.mark.parametrize(
    "world",
    [TwoGoalGrid(), FourRooms(), DeepSea(4), Chain(5), RiverSwim(), Bandit([1.0, 0.9, 0.1])],
    ids=["TwoGoalGrid", "FourRooms", "DeepSea", "Chain", "RiverSwim", "Bandit"],
)
def test_tables_match_a_naive_loop_over_outcomes(world: FiniteWorld) -> None:
    m = from_environment(world, discount=0.9)
    for s in range(world.num_states):
        for a in range(world.num_actions):
            row, paid = np.zeros(world.num_states), 0.0
            outcomes = (world.next_state, world.probability, world.reward)
            for target, chance, reward in zip(*(x[s, a] for x in outcomes), strict=True):
                row[target] += chance
                paid += chance * reward
            np.testing.assert_allclose(m.transition[s, a], row, atol=1e-15)
            np.testing.assert_allclose(m.reward[s, a], paid, atol=1e-15)
    np.testing.assert_array_equal(m.initial, world.initial)
    np.testing.assert_array_equal(m.terminal, world.terminal)


def test_tables_match_simulated_steps() -> None:
    # Oracle: frequencies of IcyGrid's own steps; 5 standard errors, 100 state-action pairs.
    world, draws = IcyGrid(), 20_000
    m = from_environment(world, discount=0.9)
    pairs = [(s, a) for s in range(24) for a in range(4)]
    state, action = (np.repeat(x, draws) for x in zip(*pairs, strict=True))
    before, _ = world.reset([len(state)], seed=0)
    before = before._replace(index=tf.constant(state, tf.int32))
    after, timestep = world.step(before, tf.constant(action, tf.int32), seed=1)
    for i, (s, a) in enumerate(pairs):
        rows = slice(i * draws, (i + 1) * draws)
        found = np.bincount(after.index.numpy()[rows], minlength=25) / draws
        truth = m.transition[s, a].numpy()
        error = np.sqrt(truth * (1 - truth) / draws)
        assert np.all(np.abs(found - truth) <= 5 * error + 1e-6)
        paid = timestep.reward.numpy()[rows].astype(np.float64)
        tolerance = 5 * paid.std() / np.sqrt(draws) + 1e-6
        assert abs(paid.mean() - m.reward[s, a].numpy()) <= tolerance


def test_discount_one_is_for_worlds_that_end() -> None:
    assert from_environment(DeepSea(3), discount=1.0).discount == 1
    with pytest.raises(ValueError, match="discount must be below 1"):
        from_environment(TwoGoalGrid(), discount=1.0)


def test_several_discounts_make_a_batch() -> None:
    # Closed form: the nearest goal, weighed against the farther one, at each discount.
    m = from_environment(TwoGoalGrid(), discount=[0.9, 0.99])
    v = soft_value_iteration(m, 0.0).v[:, 0]
    np.testing.assert_allclose(v, [max(0.8 * g**3, g**7) for g in (0.9, 0.99)], rtol=1e-12)


def test_a_world_without_tables_is_refused() -> None:
    with pytest.raises(TypeError, match="world must be a FiniteWorld, not Pendulum"):
        from_environment(Pendulum(), discount=0.9)  # type: ignore[arg-type]


def _process(env: Any, discount: Any) -> TabularMDP:
    return from_transition_table(env.P, discount=discount, initial=env.initial_state_distrib)


def test_frozen_lake_without_ice_is_worth_its_shortest_path() -> None:
    # Closed form: 6 moves on the 4 x 4 map, the last of which pays 1.
    m = _process(FrozenLakeEnv(is_slippery=False), 0.99)
    solution = soft_value_iteration(m, 0.0)
    np.testing.assert_allclose(float(solution.v[0]), 0.99**5, rtol=1e-12)


def test_frozen_lake_on_ice_is_worth_its_published_value() -> None:
    # Oracle: 0.542 for the start at discount 0.99, the value that tutorials on FrozenLake print
    # (0.54202593); and the probability of success, 14/17, known for discount near 1.
    m = _process(FrozenLakeEnv(), [0.99, 1 - 1e-9])
    v = soft_value_iteration(m, 0.0, tolerance=1e-6, max_iterations=20_000).v
    np.testing.assert_allclose(float(v[0, 0]), 0.54202593, atol=1e-6)
    np.testing.assert_allclose(float(v[1, 0]), 14 / 17, atol=1e-6)


def test_cliff_walking_costs_its_thirteen_steps() -> None:
    # Closed form: up, eleven steps to the right, down, each costing 1.
    m = _process(CliffWalkingEnv(), 0.99)
    start = int(np.argmax(m.initial))
    truth = -(1 - 0.99**13) / (1 - 0.99)
    np.testing.assert_allclose(float(soft_value_iteration(m, 0.0).v[start]), truth, rtol=1e-12)


def test_taxi_is_worth_what_plain_value_iteration_over_its_table_gives() -> None:
    # Oracles: dictionaries and loops; and without discount 7.93, the mean over starts that every
    # comparison on Taxi names as its optimum.
    env = TaxiEnv()
    truth = np.zeros(500)
    for _ in range(25):
        truth = np.array(
            [
                max(
                    sum(p * (r + 0.99 * truth[t] * (not end)) for p, t, r, end in outcomes)
                    for outcomes in env.P[s].values()
                )
                for s in range(500)
            ]
        )
    m = _process(env, [0.99, 1 - 1e-9])
    v = soft_value_iteration(m, 0.0, max_iterations=100).v.numpy()
    starts = env.initial_state_distrib
    np.testing.assert_allclose(v[0, :500][starts > 0], truth[starts > 0], atol=1e-9)
    np.testing.assert_allclose(v[1, :500] @ starts, 7.93, atol=0.005)


def test_a_broken_table_is_named() -> None:
    good = [(1.0, 0, 0.0, False)]
    with pytest.raises(ValueError, match=r"same actions .* not \[\] in state 1"):
        from_transition_table({0: {0: good}, 1: {}}, discount=0.9)
    with pytest.raises(ValueError, match=r"same actions .* not \[\] in state 0"):
        from_transition_table({0: {}}, discount=0.9)
    with pytest.raises(ValueError, match=r"states 0 \.\. S - 1, not \[1\]"):
        from_transition_table({1: {0: good}}, discount=0.9)
    with pytest.raises(ValueError, match="transition must sum to one"):
        from_transition_table({0: {0: [(0.9, 0, 0.0, True)]}}, discount=0.9)
