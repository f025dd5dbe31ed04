"""TwoGoalGrid is the world of the premature-convergence ablation."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import TwoGoalGrid

UP, DOWN, LEFT, RIGHT = range(4)


@pytest.mark.parametrize(
    ("actions", "value"),
    [([DOWN] * 4, 0.8 * 0.99**3), ([RIGHT] * 4 + [DOWN] * 4, 0.99**7)],
    ids=["trap", "optimum"],
)
def test_the_two_ways_are_worth_what_they_should(actions: list[int], value: float) -> None:
    # Oracle: the discounted payment of the shortest way to either goal.
    env = TwoGoalGrid()
    state, _ = env.reset([], seed=0)
    total = 0.0
    for t, action in enumerate(actions):
        state, timestep = env.step(state, tf.constant(action), seed=0)
        total += 0.99**t * float(timestep.reward)
        assert bool(timestep.terminated) == (t == len(actions) - 1)
    assert total == pytest.approx(value, abs=1e-6)


def test_the_optimal_value_is_that_of_the_far_goal() -> None:
    # Oracle: value iteration in float64 over the tables.
    env, value = TwoGoalGrid(), np.zeros(25)
    for _ in range(100):
        value = (env.reward + 0.99 * value[env.next_state])[..., 0].max(-1)
    assert value[0] == pytest.approx(0.99**7, abs=1e-12)


def test_is_cut_after_200_steps() -> None:
    env = TwoGoalGrid()
    state, _ = env.reset([], seed=0)
    for elapsed, truncated in [(198, False), (199, True)]:
        _, timestep = env.step(
            state._replace(elapsed=tf.constant(elapsed)), tf.constant(UP), seed=0
        )
        assert bool(timestep.truncated) == truncated
