"""Records against what was put in: TensorBoard and the CSV file read back."""

import csv
import math
import pathlib
import sys
import time
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from maxent_tf.training.records import Recorder, boundaries

ROWS = [
    {
        "env_steps": np.asarray(30),
        "loss": np.float32([1.0, 3.0]),
        "episode_return": np.float32([4.5, np.nan]),
    },
    {
        "env_steps": np.asarray(50),
        "loss": np.float32([0.5, np.nan]),
        "episode_return": np.float32([7.0, 0.5]),
    },
]


def show(recorder: Recorder) -> None:
    for row in ROWS:
        recorder.show(row)


@pytest.mark.parametrize("records", [1, 3, 7, 100])
def test_boundaries_divide_evenly(records: int) -> None:
    # Oracle: what a division into at most so many equal parts, the last one shorter, must be.
    for total in range(1, 60):
        ends = list(boundaries(0, total, records))
        sizes = np.diff([0, *ends])
        assert ends[-1] == total
        assert len(ends) <= records
        assert np.all(sizes[:-1] == sizes[0])
        assert 0 < sizes[-1] <= sizes[0]
        assert len(ends) == total or len(ends) > records / 2
        # A continued run records where one from the start would.
        for start in range(total + 2):
            assert list(boundaries(start, total, records)) == [end for end in ends if end > start]


def test_tensorboard_reads_back_the_means_over_learners(tmp_path: pathlib.Path) -> None:
    # Oracle: TensorBoard's own reader; NaN counts for nothing.
    with Recorder(50, log_dir=tmp_path / "run") as recorder:
        show(recorder)
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    expected = {"train/loss": (2.0, 0.5), "rollout/episode_return": (4.5, 3.75)}
    assert set(events.Tags()["tensors"]) == {*expected, "time/steps_per_second"}
    for name, values in expected.items():
        written = events.Tensors(name)
        assert [event.step for event in written] == [30, 50]
        read = [float(tf.make_ndarray(event.tensor_proto)) for event in written]
        np.testing.assert_allclose(read, values)


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
        Recorder(50, **arguments)


def test_records_must_be_positive() -> None:
    with pytest.raises(ValueError, match="records must be at least 1, not 0"):
        next(boundaries(0, 5, 0))


def test_a_metric_that_is_nowhere_finite_is_written_as_nan(tmp_path: pathlib.Path) -> None:
    with Recorder(5, log_dir=tmp_path) as recorder:
        recorder.show({"env_steps": np.asarray(5), "loss": np.float32([np.nan, np.nan])})
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    (event,) = events.Tensors("train/loss")
    assert math.isnan(float(tf.make_ndarray(event.tensor_proto)))


@pytest.mark.parametrize("earlier", [0, 1, 2])
def test_the_csv_file_has_every_learner_however_often_it_is_continued(
    tmp_path: pathlib.Path, earlier: int
) -> None:
    # Oracle: the rows. Lines that a killed run wrote after its last checkpoint are gone.
    with Recorder(50, log_dir=tmp_path) as recorder:
        show(recorder)
    with Recorder(50, log_dir=tmp_path, earlier=ROWS[:earlier]) as recorder:
        for row in ROWS[earlier:]:
            recorder.show(row)
    with (tmp_path / "metrics.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(int(line["env_steps"]), int(line["learner"])) for line in lines] == [
        (30, 0),
        (30, 1),
        (50, 0),
        (50, 1),
    ]
    for name in ("loss", "episode_return"):
        read = np.reshape([float(line[name]) for line in lines], (2, 2))
        np.testing.assert_array_equal(read, [row[name] for row in ROWS])


def test_steps_per_second_are_those_of_the_clock(tmp_path: pathlib.Path) -> None:
    # Oracle: the clock around the two records, of 30 and of 20 steps.
    before = time.perf_counter()
    with Recorder(50, log_dir=tmp_path) as recorder:
        for row in ROWS:
            time.sleep(0.1)
            recorder.show(row)
    longest = time.perf_counter() - before - 0.1
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    rates = [
        float(tf.make_ndarray(event.tensor_proto))
        for event in events.Tensors("time/steps_per_second")
    ]
    for rate, steps in zip(rates, (30, 20), strict=True):
        assert steps / longest <= rate <= steps / 0.1


def test_the_csv_file_of_one_learner(tmp_path: pathlib.Path) -> None:
    with Recorder(50, log_dir=tmp_path) as recorder:
        recorder.show({"env_steps": np.asarray(5), "loss": np.float32(0.25)})
    assert (tmp_path / "metrics.csv").read_text() == "env_steps,learner,loss\n5,0,0.25\n"
