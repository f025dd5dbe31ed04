"""The history against what was put in, before and after a round trip through bytes."""

import numpy as np
import pytest

from maxent_tf.training.history import History
from maxent_tf.training.loop import Interval
from maxent_tf.training.rollout import Episodes

INTERVALS = [
    (30, {"loss": np.float32([1.0, 3.0])}, Episodes(*np.float32([[2, 0], [9, 0], [6, 0]]))),
    (50, {"loss": np.float32([0.5, np.nan])}, Episodes(*np.float32([[1, 4], [7, 2], [3, 8]]))),
]


def filled() -> History:
    history = History()
    for env_steps, metrics, episodes in INTERVALS:
        history.add(env_steps, Interval(metrics, episodes))
    return history


@pytest.mark.parametrize("restored", [False, True])
def test_history_holds_means_over_episodes(restored: bool) -> None:
    # Oracle: arithmetic by hand.
    history = filled()
    if restored:
        data, history = history.serialize(), History()
        history.deserialize(data)
    arrays = history.arrays()
    assert list(arrays) == ["env_steps", "loss", "episode_return", "episode_length"]
    np.testing.assert_array_equal(arrays["env_steps"], [30, 50])
    np.testing.assert_array_equal(arrays["loss"], [[1, 3], [0.5, np.nan]])
    np.testing.assert_array_equal(arrays["episode_return"], [[4.5, np.nan], [7, 0.5]])
    np.testing.assert_array_equal(arrays["episode_length"], [[3, np.nan], [3, 2]])
    for name, array in filled().arrays().items():
        assert arrays[name].dtype == array.dtype


def test_a_restored_history_goes_on() -> None:
    # Oracle: the history that was never stored; an empty one is stored too.
    empty, history = History(), filled()
    history.deserialize(empty.serialize())
    assert history.arrays() == {}
    history.deserialize(filled().serialize())
    env_steps, metrics, episodes = INTERVALS[0]
    row = history.add(env_steps, Interval(metrics, episodes))
    assert row["env_steps"] == 30
    np.testing.assert_array_equal(history.arrays()["loss"], [[1, 3], [0.5, np.nan], [1, 3]])
