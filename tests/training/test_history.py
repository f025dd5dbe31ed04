"""The history against what was put in, before and after a round trip through bytes."""

import io

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


def test_the_best_state_and_what_was_measured_at_some_records_are_stored() -> None:
    # Oracle: what was put in; NaN where a row lacks a metric.
    history = filled()
    history.rows[1]["file"] = np.float32([1.0, 2.0])
    history.best.arrays = [np.float32([5.0, 6.0]), np.int64([[1], [2]])]
    restored = History()
    restored.deserialize(history.serialize())
    np.testing.assert_array_equal(restored.arrays()["file"], [[np.nan, np.nan], [1, 2]])
    for kept, given in zip(restored.best.arrays, history.best.arrays, strict=True):
        np.testing.assert_array_equal(kept, given)
        assert kept.dtype == given.dtype
    restored.deserialize(filled().serialize())
    assert restored.best.arrays == []


def test_the_earlier_form_is_read() -> None:
    # Oracle: the rows; the names stood bare, without a best state.
    file = io.BytesIO()
    np.savez(file, **filled().arrays())
    restored = History()
    restored.deserialize(file.getvalue())
    np.testing.assert_array_equal(restored.arrays()["loss"], filled().arrays()["loss"])
    assert list(restored.arrays()) == list(filled().arrays())
