"""What a callback returns: into history, CSV and TensorBoard, or an error that names it."""

import csv
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.training.callback import further_metrics

CHAIN = mx.environments.Chain(4)


def a2c() -> A2C:
    return A2C(CHAIN.spec, A2CConfig(network="table", rollout_length=2), [2])


def test_further_metrics_reach_history_csv_and_tensorboard(tmp_path: pathlib.Path) -> None:
    # Oracle: the numbers that the callback returned; NaN at the records where it returned none.
    def callback(step: int, metrics: Any, state: Any) -> Any:
        if step == 16:
            return "stop"
        return None if step == 4 else {"twice": 2 * step, "own/each": np.float32([step, -step])}

    expected = {"twice": [[np.nan] * 2, [16, 16], [24, 24], [np.nan] * 2]}
    expected["own/each"] = [[np.nan] * 2, [8, -8], [12, -12], [np.nan] * 2]
    result = mx.train(
        a2c(), CHAIN, 20, records=5, compile="eager", callback=callback, log_dir=tmp_path
    )
    assert result.env_steps == 16
    with (tmp_path / "metrics.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for name, tag in (("twice", "train/twice"), ("own/each", "own/each")):
        np.testing.assert_array_equal(result.history[name], expected[name])
        read = np.reshape([float(line[name]) for line in lines], (4, 2))
        np.testing.assert_array_equal(read, expected[name])
        means = [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
        np.testing.assert_allclose(means, np.mean(expected[name][1:3], axis=-1))


def test_further_metrics_outlive_an_interruption(tmp_path: pathlib.Path) -> None:
    # Oracle: the history of the whole run.
    def measure(step: int, metrics: Any, state: Any) -> Any:
        return {"file": step} if step % 8 == 0 else None

    def interrupt(step: int, metrics: Any, state: Any) -> Any:
        if step == 12:
            raise KeyboardInterrupt
        return measure(step, metrics, state)

    arguments: dict[str, Any] = {"num_steps": 16, "records": 4, "compile": "eager"}
    whole = mx.train(a2c(), CHAIN, **arguments, callback=measure)
    with pytest.raises(KeyboardInterrupt):
        mx.train(a2c(), CHAIN, **arguments, callback=interrupt, checkpoint_dir=tmp_path)
    assert mx.training.load(a2c(), tmp_path).env_steps == 12
    resumed = mx.train(a2c(), CHAIN, **arguments, callback=measure, checkpoint_dir=tmp_path)
    np.testing.assert_array_equal(resumed.history["file"][:, 0], [np.nan, 8, np.nan, 16])
    tf.nest.map_structure(np.testing.assert_array_equal, resumed.history, whole.history)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("halt", "must return \"stop\", a mapping of further metrics or None, not 'halt'"),
        (0.5, "a mapping of further metrics or None, not 0.5"),
        ({"loss": 1.0}, "with the name 'loss', which must be a string that is not the name of"),
        ({3: 1.0}, "with the name 3, which must be a string"),
        ({"mine": float("nan")}, "mine=nan, which must be a finite number"),
        ({"mine": "much"}, "mine='much', which must be a finite number"),
        ({"mine": [1.0, 2.0, 3.0]}, r"mine=\[1.0, 2.0, 3.0\], .* batch shape, \(2,\)"),
    ],
)
def test_what_is_no_answer_is_named(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        further_metrics(answer, {"loss": np.zeros(2, np.float32)}, (2,))
