"""Records against what was put in: the history, the bar, and TensorBoard read back."""

import math
import pathlib
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from maxent_tf.training.records import Recorder
from maxent_tf.training.rollout import Episodes

ROWS = [
    (30, {"loss": np.float32([1.0, 3.0])}, Episodes(*np.float32([[2, 0], [9, 0], [6, 0]]))),
    (50, {"loss": np.float32([0.5, np.nan])}, Episodes(*np.float32([[1, 4], [7, 2], [3, 8]]))),
]


def fill(recorder: Recorder) -> None:
    for row in ROWS:
        recorder.add(*row)


@pytest.mark.parametrize("records", [1, 3, 7, 100])
def test_boundaries_divide_evenly(records: int) -> None:
    # Oracle: what a division into at most so many equal parts, the last one shorter, must be.
    for total in range(1, 60):
        ends = list(Recorder(records, 1).boundaries(total))
        sizes = np.diff([0, *ends])
        assert ends[-1] == total
        assert len(ends) <= records
        assert np.all(sizes[:-1] == sizes[0])
        assert 0 < sizes[-1] <= sizes[0]
        assert len(ends) == total or len(ends) > records / 2


def test_history_holds_means_over_episodes() -> None:
    recorder = Recorder(2, 50)
    fill(recorder)
    history = recorder.history()
    assert list(history) == ["env_steps", "loss", "episode_return", "episode_length"]
    np.testing.assert_array_equal(history["env_steps"], [30, 50])
    np.testing.assert_array_equal(history["loss"], [[1, 3], [0.5, np.nan]])
    np.testing.assert_array_equal(history["episode_return"], [[4.5, np.nan], [7, 0.5]])
    np.testing.assert_array_equal(history["episode_length"], [[3, np.nan], [3, 2]])


def test_tensorboard_reads_back_the_means_over_learners(tmp_path: pathlib.Path) -> None:
    # Oracle: TensorBoard's own reader; NaN counts for nothing.
    with Recorder(2, 50, log_dir=tmp_path / "run") as recorder:
        fill(recorder)
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    expected = {"loss": (2.0, 0.5), "episode_return": (4.5, 3.75), "episode_length": (3.0, 2.5)}
    assert set(events.Tags()["tensors"]) == set(expected)
    for name, values in expected.items():
        written = events.Tensors(name)
        assert [event.step for event in written] == [30, 50]
        read = [float(tf.make_ndarray(event.tensor_proto)) for event in written]
        np.testing.assert_allclose(read, values)


def test_the_bar_shows_progress_and_live_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: tqdm's text on the terminal.
    with Recorder(2, 45, progress=True) as recorder:
        fill(recorder)
    text = capsys.readouterr().err
    assert "100%" in text
    assert "45.0/45.0" in text
    assert "loss=0.5" in text
    assert "episode_return=3.75" in text


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("tqdm.auto", {"progress": True}, "progress=True needs tqdm: pip install"),
        ("tensorboard", {"log_dir": "unused"}, "log_dir needs TensorBoard: pip install"),
    ],
)
def test_a_missing_tool_is_named(
    module: str, arguments: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=message):
        Recorder(2, 50, **arguments)


def test_records_must_be_positive() -> None:
    with pytest.raises(ValueError, match="records must be at least 1, not 0"):
        Recorder(0, 50)


def test_a_metric_that_is_nowhere_finite_is_written_as_nan(tmp_path: pathlib.Path) -> None:
    with Recorder(1, 5, log_dir=tmp_path) as recorder:
        recorder.add(5, {}, Episodes(*np.zeros([3, 2], np.float32)))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    (event,) = events.Tensors("episode_return")
    assert math.isnan(float(tf.make_ndarray(event.tensor_proto)))
