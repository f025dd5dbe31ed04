"""What replicas exchange, on two devices, against NumPy on the whole batch."""

import json
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import replicas

PROGRAM = pathlib.Path(__file__).with_name("replicas_program.py")
T, B, R = 2, 3, 2


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report of a process of its own: the devices of this one are no longer to be chosen."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        cwd=PROGRAM.parents[1],
        env={"PYTHONPATH": ".", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("REPORT")[1])


def test_means_count_the_valid_samples_of_all_replicas(report: dict[str, Any]) -> None:
    # Oracle: NumPy's weighted average, 0 where nothing is valid. The mean of the two means would
    # be wrong: the replicas have unequal numbers of valid samples.
    means, valid = np.array(report["means"]), np.array(report["valid"])
    number = valid.sum(axis=-1)
    assert np.any(number[0] != number[1])
    expected = np.zeros(means.shape[1:])
    for i in range(3):
        expected[i] = np.average(means[:, i], axis=0, weights=number[:, i])
    for replica in report["mean"]:
        np.testing.assert_allclose(replica["a"], expected, rtol=1e-6, atol=1e-7)
    for replica in report["plain_mean"]:
        np.testing.assert_allclose(replica, means.mean(axis=0), rtol=1e-6)


def test_every_replica_knows_the_values_of_all(report: dict[str, Any]) -> None:
    # Oracle: NumPy.
    assert report["count"] == [R, R]
    x = np.array(report["x"])
    for replica in range(R):
        np.testing.assert_array_equal(report["of_each"][replica], x)


def test_moments_are_those_of_the_samples_of_all_replicas(report: dict[str, Any]) -> None:
    # Oracle: NumPy's moments of all valid samples together. One learner has none in one replica.
    samples, valid = np.array(report["samples"]), np.array(report["valid"])
    together = [samples[:, i][valid[:, i]] for i in range(3)]
    for means, variances, maxima in report["moments"]:
        np.testing.assert_allclose(means[:3], [x.mean() for x in together], rtol=1e-6)
        np.testing.assert_allclose(variances[:3], [x.var() for x in together], rtol=1e-5)
        np.testing.assert_array_equal(maxima[:3], [x.max() for x in together])
        assert means[3] == variances[3] == 0


def test_the_rows_of_a_batch_are_divided(report: dict[str, Any]) -> None:
    # Oracle: the whole batch, numbered; the environments of the first replica come first.
    whole = np.arange(T * R * B).reshape(T, R, B)
    rows = np.array(report["rows"])
    for replica in range(R):
        own = whole[:, replica].ravel()
        expected = [row for row in rows if row in own]
        np.testing.assert_array_equal(own[report["own_rows"][replica]], expected)
    assert len(report["own_rows"][0]) != len(report["own_rows"][1])


def test_draws_are_those_of_one_device(report: dict[str, Any]) -> None:
    # Oracle: the same policy at the whole batch, which draws by the same seed.
    alone = np.array(report["drawn_alone"]).reshape(2, T, R, B, 4)
    for replica in range(R):
        own = alone[:, :, replica].reshape(2, T * B, 4)
        np.testing.assert_allclose(report["drawn"][replica], own, rtol=1e-6)
    first, second = report["own_seed"]
    assert first != second


def test_replicas_exchange_numbers_inside_a_loop(report: dict[str, Any]) -> None:
    # Oracle: the recurrence x <- mean over replicas of (k + 1) y + x, in NumPy.
    x = np.array(report["x"])
    expected = np.zeros(x.shape[1:])
    for k in range(3):
        expected = np.mean((k + 1) * x + expected, axis=0)
    for replica in report["repeated"]:
        np.testing.assert_allclose(replica, expected, rtol=1e-6)


def test_without_replicas_nothing_is_added_to_a_program() -> None:
    # Oracle: the arguments themselves, and the operations of a program before and after.
    with tf.Graph().as_default() as graph:
        x, valid, rows = tf.zeros([2, 3]), tf.ones([2, 3], tf.bool), tf.range(3)
        before = len(graph.get_operations())
        assert replicas.mean((x,), valid)[0] is x
        assert replicas.moments(x, x, x, valid) == (x, x, x)
        assert replicas.own_rows(rows, 3) is rows
        assert replicas.own_seed(rows) is rows
        assert replicas.drawn(lambda policy: policy, x, 1) is x
        assert replicas.count() == 1
        assert len(graph.get_operations()) == before
