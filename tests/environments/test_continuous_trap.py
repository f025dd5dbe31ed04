"""ContinuousTrap pays its two hills, once."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import ContinuousTrap


def test_reward_is_the_sum_of_two_gaussian_hills() -> None:
    # Oracle: the formula, in float64 NumPy.
    action = np.linspace(-1, 1, 201)
    expected = 0.7 * np.exp(-(((action + 0.2) / 0.15) ** 2) / 2)
    expected += np.exp(-(((action - 0.7) / 0.15) ** 2) / 2)
    env = ContinuousTrap()
    np.testing.assert_allclose(env.reward(tf.constant(action)), expected, rtol=1e-14)
    state, _ = env.reset([201], seed=0)
    _, timestep = env.step(state, tf.constant(action[:, None], tf.float32), seed=0)
    np.testing.assert_allclose(timestep.reward, expected, atol=1e-6)
    assert np.all(timestep.terminated)


def test_the_far_hill_is_the_optimum_whatever_the_widths() -> None:
    # Oracle: a grid search in float64.
    action = tf.constant(np.linspace(-1, 1, 20_001))
    for env in (ContinuousTrap(), ContinuousTrap(widths=(0.3, 0.1))):
        best = float(action[tf.argmax(env.reward(action))])
        assert abs(best - 0.7) < 1e-3


def test_actions_beyond_the_bounds_act_as_the_nearest_bound() -> None:
    env = ContinuousTrap()
    state, _ = env.reset([2], seed=0)
    _, beyond = env.step(state, tf.constant([[-3.0], [1.5]]), seed=0)
    _, bound = env.step(state, tf.constant([[-1.0], [1.0]]), seed=0)
    np.testing.assert_array_equal(beyond.reward, bound.reward)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heights": (1.0,)}, "must have one length, at least 1, not 1, 2 and 2"),
        ({"heights": (1.0, np.nan)}, "heights must be finite"),
        ({"centres": (0.0, 1.5)}, "centres must lie in"),
        ({"widths": (0.1, 0.0)}, "widths must be positive"),
    ],
)
def test_impossible_hills_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ContinuousTrap(**arguments)
