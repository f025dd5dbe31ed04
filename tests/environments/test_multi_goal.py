"""MultiGoal moves, costs and ends as described."""

from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf.environments import MultiGoal
from maxent_tf.environments.multi_goal import MultiGoalState


@pytest.mark.parametrize("costs", [(30.0, 1.0, 10.0), (1.0, 0.1, 1.0)], ids=["sql", "sac"])
def test_steps_are_those_of_a_naive_loop(costs: tuple[float, float, float]) -> None:
    # Oracle: a loop over points and goals in float64, actions beyond the bounds included.
    generator = np.random.default_rng(0)
    position = generator.uniform(-7, 7, [500, 2]).astype(np.float32)
    action = generator.uniform(-1.5, 1.5, [500, 2]).astype(np.float32)
    goals = [(5, 0), (-5, 0), (0, 5), (0, -5)]
    state = MultiGoalState(tf.constant(position), tf.zeros([500], tf.int32))
    _, timestep = MultiGoal(*costs).step(state, tf.constant(action), seed=0)
    checked = 0
    for i in range(500):
        x, a = position[i].astype(np.float64), np.clip(action[i].astype(np.float64), -1, 1)
        if min(np.hypot(*(x - g)) for g in goals) < 1:
            continue  # Such a world has ended already.
        x = np.clip(x + a, -7, 7)
        distance = min(np.hypot(*(x - g)) for g in goals)
        reward = -costs[0] * (a @ a) - costs[1] * distance**2 + costs[2] * (distance < 1)
        np.testing.assert_allclose(timestep.observation[i], x, atol=1e-6)
        np.testing.assert_allclose(timestep.reward[i], reward, rtol=1e-5, atol=1e-5)
        assert bool(timestep.terminated[i]) == (distance < 1)
        checked += 1
    assert checked > 400
    assert np.any(timestep.terminated)


def test_starts_normal_about_the_middle() -> None:
    # Oracle: the Kolmogorov-Smirnov test of either coordinate.
    _, timestep = MultiGoal().reset([20_000], seed=0)
    for coordinate in timestep.observation.numpy().T:
        assert scipy.stats.kstest(coordinate, scipy.stats.norm(0, 0.1).cdf).pvalue > 1e-3


def test_truncates_after_30_steps() -> None:
    # Oracle: the step count.
    env = MultiGoal()
    state, _ = env.reset([], seed=0)
    for step in range(1, 31):
        state, timestep = env.step(state, tf.zeros([2]), seed=0)
        assert bool(timestep.truncated) == (step == 30)


@pytest.mark.parametrize(
    "arguments", [{"actuation_cost": -1.0}, {"distance_cost": np.nan}, {"goal_reward": np.inf}]
)
def test_impossible_costs_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be finite, at least 0"):
        MultiGoal(**arguments)
